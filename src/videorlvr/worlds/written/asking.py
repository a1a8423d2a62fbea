"""What somebody else's language model is told and asked, and how its reply is read: strictly, and with good will.

Rules, legend and letters come from the world's record and its `Game`, an example from its train split; so a world of
another package is asked in the same way.

Laws: what is asked holds no solution of the problem; a reply that ends with `MOVES: ` and the reference is read as the
reference, strictly and leniently; the lenient reading is the strict one wherever that consists of moves.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable
from typing import Any

from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.game import Game, IllegalMoveError, NotAMoveError
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.boards import board_text

LABEL = "MOVES:"
VERSION = 1
"""Of the wording; part of what an evaluation names."""
_STRICT = re.compile(rf"^{LABEL} ?(.*)$")
_LENIENT = re.compile(r"(?:moves|answer|solution|final answer)\W*?[:=]\**\s*(.*)", re.IGNORECASE)
_NAMES = {
    "up": "U",
    "right": "R",
    "down": "D",
    "left": "L",
    "north": "U",
    "east": "R",
    "south": "D",
    "west": "L",
}
_ARROWS = str.maketrans({"↑": "U", "→": "R", "↓": "D", "←": "L"})
MAX_REPLY = 2**18


Explain = Callable[[World, Problem], str]
"""A solved example -> what stands between its board and its moves."""


def rules_text(world: World, problem: Problem, *, shots: int = 1, explain: Explain | None = None) -> str:
    """The system's message: rules, how boards are drawn, how moves are written, solved examples, form of the reply."""
    parts = [f"You solve puzzles. The puzzle is {world.name}: {world.summary}.", world.rules.strip()]
    legend = inspect.getdoc(type(world.game(problem.grid)).text)
    if legend:
        parts.append(f"How boards are drawn: {legend}")
    parts.append(f"How moves are written: {_how_moves_are_written(world.game(problem.grid))}")
    for index in range(shots):
        example = make_problem(world, problem.address.level, "train", index)
        reasons = f"{explain(world, example)}\n" if explain else ""
        drawn = board_text(world, example.grid, "drawn")
        parts.append(f"Example:\n{drawn}\n{reasons}{LABEL} {example.solution}")
    parts.append(
        f"Think as long as you like. The last line of your reply is '{LABEL} ' and then all moves, from the first to "
        "the last, and nothing else."
    )
    return "\n\n".join(parts)


def board_question(world: World, problem: Problem) -> str:
    """The user's message."""
    return f"Solve this board.\n{board_text(world, problem.grid, 'drawn')}"


def messages(
    world: World, problem: Problem, *, shots: int = 1, explain: Explain | None = None
) -> list[dict[str, str]]:
    """What a chat model is sent."""
    return [
        {"role": "system", "content": rules_text(world, problem, shots=shots, explain=explain)},
        {"role": "user", "content": board_question(world, problem)},
    ]


def _how_moves_are_written(game: Game[Any]) -> str:
    """In the words with which the game refuses what is no move."""
    try:
        game.step(game.start(), "?")
    except IllegalMoveError as error:
        return str(error).partition(": ")[2]
    return "as in the example"


def strict_moves(reply: str) -> str | None:
    """The moves on the last line that is not empty, if that is `MOVES: ` and moves; None if it is anything else."""
    lines = [line for line in reply[-MAX_REPLY:].splitlines() if line.strip()]
    found = _STRICT.match(lines[-1]) if lines else None
    return found[1].rstrip() if found else None


def lenient_moves(world: World, problem: Problem, reply: str) -> str | None:
    """The moves that a reader who means well finds: behind the last label of any case, or on the last line that is all
    moves; in quotes, lists, code or bold, as words or arrows. None if there are none."""
    game: Game[Any] = world.game(problem.grid)
    strict = strict_moves(reply)
    if strict is not None and _is_moves(game, strict):
        return strict
    lines = [line.strip() for line in reply[-MAX_REPLY:].splitlines() if line.strip()]
    labelled = [found[1] for line in lines if (found := _LENIENT.search(line))]
    for text in [*labelled[::-1], *lines[::-1]]:
        for candidate in _readings(text):
            if candidate and _is_moves(game, candidate):
                return candidate
    return None


def _readings(text: str) -> list[str]:
    """Ways to read a piece of text, the most literal first."""
    bare = text.strip().strip("`*_\"'[](){}.<>$ ").translate(_ARROWS)
    words = re.sub(r"[\s,;>\-\[\]'\"]+", " ", bare).strip()
    named = "".join(_NAMES.get(word.lower(), word) for word in words.split(" "))
    spelt = re.sub(r"[^A-Za-z]", "", named)
    parted = " ".join(bare.replace(";", " ").replace(", ", " ").split())
    return list(dict.fromkeys([bare, parted, words, named, spelt, spelt.upper(), spelt.lower()]))


def _is_moves(game: Game[Any], text: str) -> bool:
    """Is every word of the text a move in some state? Nothing is no solution."""
    words = game.read_moves(text)
    return bool(words) and all(_is_a_move(game, word) for word in set(words))


def _is_a_move(game: Game[Any], word: str) -> bool:
    try:
        game.step(game.start(), word)
    except NotAMoveError:
        return False
    except IllegalMoveError:
        return True
    return True
