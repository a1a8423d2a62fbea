"""Rationales of the examples in a prompt, longer or shorter at equal information: a solution in steps, each followed by
the board after it, said so many times.

    Step 1: R
    The board is now:
    #####...

Laws: whatever the length and content, moves and answer are the same; filler has, line for line, as many characters as
the boards in whose place it stands; of a corrupted rationale exactly one board is false.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.game import Game

Content = Literal["exact", "filler", "corrupted"]
NOW = "The board is now:"


def rationale(
    world: World, problem: Problem, *, restatements: int, content: Content, rng: np.random.Generator
) -> str:
    """The reference solution in steps, with `restatements` boards behind each.

    Raises:
        ValueError: If a board is to be made false and none is said, or no other board comes up.
    """
    game: Game[Any] = world.game(problem.grid)
    state, moves, boards = game.start(), game.read_moves(problem.solution), list[str]()
    for move in moves:
        state = game.step(state, move)
        boards.append(game.text(state))
    false = _false_place(boards, restatements, rng) if content == "corrupted" else None
    lines = list[str]()
    for number, (move, board) in enumerate(zip(moves, boards, strict=True)):
        lines.append(f"Step {number + 1}: {move}")
        for again in range(restatements):
            said = _another(game, boards, number) if false == (number, again) else board
            restated = f"{NOW}\n{said}"
            lines.append(_filler(restated) if content == "filler" else restated)
    return "\n".join(lines)


def _false_place(boards: list[str], restatements: int, rng: np.random.Generator) -> tuple[int, int]:
    if not restatements:
        raise ValueError("content 'corrupted' with restatements 0: there is no board to make false")
    return int(rng.integers(len(boards))), int(rng.integers(restatements))


def _another(game: Game[Any], boards: list[str], number: int) -> str:
    """A board that is not the one after this step: that of the nearest step that looks otherwise, or the first."""
    others = [*boards[number + 1 :], *boards[:number][::-1], game.text(game.start())]
    return next(board for board in others if board != boards[number])


def _filler(text: str) -> str:
    """Dots in the place of all characters but the ends of lines."""
    return "\n".join("." * len(line) for line in text.split("\n"))
