"""A solution in steps, and what a solver knows of each: its place, the ways that were open, whether it was a choice.

A trace is written at a `verbosity`:

    plain     the world's own move text
    compress  runs of one move: `<step>R*3`
    expand    each move with the ways that were open, and whether it decides anything: `<step>R<ways>R D<choice>`
    restate   each move with the board after it: `<step>R<state>[17.2]...`, `times` times over

Laws: `read_trace(write_trace(...))` are the moves, at any verbosity; every fact of a trace is true of the game; after
`corrupted` exactly one is not.
"""

from __future__ import annotations

import dataclasses
import itertools
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from videorlvr.worlds.api import Grid, Problem, World
from videorlvr.worlds.game import Game, IllegalMoveError
from videorlvr.worlds.written.boards import cells_text, read_cells

Verbosity = Literal["plain", "compress", "expand", "restate"]
STEP, WAYS, CHOICE, FORCED, STATE = "<step>", "<ways>", "<choice>", "<forced>", "<state>"
_PART = re.compile(r"(<[a-z]+>)")
_RUN = re.compile(r"(.+)\*(\d{1,4})", re.DOTALL)
MAX_RUN = 1024


@dataclass(frozen=True)
class Step:
    """A move of a solution, and what is true of it.

    number: from 1. ways: the moves that were legal. is_choice: see `Game.is_choice`. after: the state that it led to.
    """

    number: int
    move: str
    ways: tuple[str, ...]
    is_choice: bool
    after: Grid


@dataclass(frozen=True)
class Fact:
    """One thing that a trace says. tag: `<step>` a move, `<ways>`, `<choice>` or `<forced>`, `<state>`."""

    number: int
    tag: str
    text: str


def steps_of(world: World, problem: Problem, moves: str | None = None) -> list[Step]:
    """The steps of a solution, by default the reference.

    Raises:
        IllegalMoveError: If a move is illegal.
    """
    game: Game[Any] = world.game(problem.grid)
    state, steps = game.start(), list[Step]()
    for number, move in enumerate(game.read_moves(problem.solution if moves is None else moves), start=1):
        ways, choice = tuple(game.legal(state)), game.is_choice(state, move)
        state = game.step(state, move)
        steps.append(Step(number, move, ways, choice, Grid(problem.grid.ground, game.figure(state))))
    return steps


def facts_of(steps: Sequence[Step], verbosity: Verbosity, *, times: int = 1) -> list[Fact]:
    """What a trace of these steps says, in its order; of `plain` and `compress` the moves alone.

    times: how often each state is said, of `restate`.
    """
    facts = []
    for step in steps:
        facts.append(Fact(step.number, STEP, step.move))
        if verbosity == "expand":
            facts.append(Fact(step.number, WAYS, " ".join(step.ways)))
            facts.append(Fact(step.number, CHOICE if step.is_choice else FORCED, ""))
        if verbosity == "restate":
            facts += [Fact(step.number, STATE, cells_text(step.after))] * times
    return facts


def text_of_facts(game: Game[Any], facts: Sequence[Fact], verbosity: Verbosity) -> str:
    """A trace as text."""
    moves = [fact.text for fact in facts if fact.tag == STEP]
    if verbosity == "plain":
        return game.write_moves(moves)
    if verbosity == "compress":
        runs = ((move, len(list(run))) for move, run in itertools.groupby(moves))
        return "".join(f"{STEP}{move}*{count}" for move, count in runs)
    return "".join(fact.tag + fact.text for fact in facts)


def write_trace(world: World, problem: Problem, verbosity: Verbosity, *, times: int = 1) -> str:
    """The reference solution as a trace."""
    facts = facts_of(steps_of(world, problem), verbosity, times=times)
    return text_of_facts(world.game(problem.grid), facts, verbosity)


def read_facts(text: str) -> list[Fact]:
    """The facts of a trace with tags; inverse of `text_of_facts` at `expand` and `restate`.

    Raises:
        ValueError: If the text does not begin with a step.
    """
    words = _PART.split(text)
    if words[0] or (len(words) > 1 and words[1] != STEP):
        raise ValueError(f"a trace begins with {STEP}; found '{text:.40}'")
    facts, number = [], 0
    for tag, said in zip(words[1::2], words[2::2], strict=True):
        number += tag == STEP
        facts.append(Fact(number, tag, said))
    return facts


def read_trace(game: Game[Any], text: str, verbosity: Verbosity) -> list[str]:
    """The moves of a trace; inverse of `write_trace`. Whether what it says is true is not asked.

    Raises:
        ValueError: If it is no trace of this verbosity.
    """
    if verbosity == "plain":
        return game.read_moves(text)
    moves = [fact.text for fact in read_facts(text) if fact.tag == STEP]
    if verbosity != "compress":
        return moves
    out = list[str]()
    for move in moves:
        run = _RUN.fullmatch(move)
        if run is None or not 0 < int(run[2]) <= MAX_RUN:
            raise ValueError(f"a run of moves is written as R*3; found '{move:.40}'")
        out += [run[1]] * int(run[2])
    return out


def false_facts(world: World, problem: Problem, facts: Iterable[Fact]) -> list[Fact]:
    """Those facts of a trace that are not true of the moves that it makes: an illegal move, ways that are not those,
    a board that is another. After an illegal move nothing more is known."""
    game: Game[Any] = world.game(problem.grid)
    state = before = game.start()
    move, wrong = "", list[Fact]()
    for fact in facts:
        if fact.tag == STEP:
            before, move = state, fact.text
            try:
                state = game.step(state, move)
            except IllegalMoveError:
                return [*wrong, fact]
        elif not _is_true(game, problem.grid, before, state, move, fact):
            wrong.append(fact)
    return wrong


def _is_true(game: Game[Any], grid: Grid, before: Any, after: Any, move: str, fact: Fact) -> bool:
    match fact.tag:
        case "<ways>":
            return fact.text.split(" ") == list(game.legal(before))
        case "<choice>" | "<forced>":
            return game.is_choice(before, move) == (fact.tag == CHOICE)
        case "<state>":
            try:
                return read_cells(fact.text) == Grid(grid.ground, game.figure(after))
            except ValueError:
                return False
    return False


def corrupted(facts: Sequence[Fact], rng: np.random.Generator, *, figures: int = 3) -> tuple[list[Fact], int]:
    """The facts with one of them made false, and its place. Moves stay, so that the trace still solves.

    figures: how many figure codes the world has.

    Raises:
        ValueError: If the trace says nothing but moves.
    """
    places = [place for place, fact in enumerate(facts) if fact.tag != STEP]
    if not places:
        raise ValueError("a trace of moves alone has no fact to corrupt: write it at expand or restate")
    place = places[int(rng.integers(len(places)))]
    return [*facts[:place], _made_false(facts[place], rng, figures), *facts[place + 1 :]], place


def _made_false(fact: Fact, rng: np.random.Generator, figures: int) -> Fact:
    match fact.tag:
        case "<choice>" | "<forced>":
            return dataclasses.replace(fact, tag=FORCED if fact.tag == CHOICE else CHOICE)
        case "<ways>":
            ways = fact.text.split(" ")
            del ways[int(rng.integers(len(ways)))]
            return dataclasses.replace(fact, text=" ".join(ways))
    grid = read_cells(fact.text)
    figure = grid.figure.copy()
    cell = np.unravel_index(int(rng.integers(figure.size)), figure.shape)
    figure[cell] = (int(figure[cell]) + int(rng.integers(1, figures))) % figures
    return dataclasses.replace(fact, text=cells_text(Grid(grid.ground, figure)))
