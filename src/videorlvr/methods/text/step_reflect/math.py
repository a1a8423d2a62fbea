"""Corrected trajectories as passages, and errors that can be made up for. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.written.boards import BoardForm
from videorlvr.worlds.written.guide import Guide
from videorlvr.worlds.written.passages import ANSWER, END, WRONG, Passage, Piece, question

Kind = Literal["own", "error", "reflection", "correction"]


@dataclass(frozen=True)
class Said:
    """One thing in a trajectory: a move, or a reflection."""

    text: str
    kind: Kind


def can_be_made_up_for(guide: Guide, state: Any, move: str) -> bool:
    """Is a move wrong, legal, and followed by a way to the end?"""
    after = guide.after(state, move)
    return after is not None and guide.is_wrong(state, move) and guide.way(after) is not None


def trajectory_passage(
    world: World,
    problem: Problem,
    said: Sequence[Said],
    *,
    errors: str,
    rng: np.random.Generator,
    form: BoardForm = "cells",
) -> Passage:
    """A trajectory as a passage; what of it has no weight in the loss is said by `errors`: wrong moves, nothing, or as
    many others by chance."""
    places = [place for place, each in enumerate(said) if each.kind == "error"]
    if errors == "learnt":
        left_out = set[int]()
    elif errors == "masked":
        left_out = set(places)
    else:
        others = [place for place in range(len(said)) if place not in places]
        chosen = rng.permutation(len(others))[: len(places)]
        left_out = {others[number] for number in chosen}
    pieces = [
        Piece(each.text, "answer", 0.0 if place in left_out else 1.0) for place, each in enumerate(said)
    ]
    return Passage((question(world, problem, form), Piece(ANSWER), *pieces, Piece(END, "answer", 1.0)))


def corrected(guide: Guide, state: Any, move: str) -> tuple[list[Said], Any, bool]:
    """(what is said, the state after it, was it lost?) where a policy would make `move` and the teacher looks on.

    A right move stands. A wrong one that can be made up for is followed by a reflection and the solver's next move;
    any other is lost, and the solver's move stands in its place.
    """
    if not guide.is_wrong(state, move):
        return [Said(move, "own")], guide.after(state, move), False
    if can_be_made_up_for(guide, state, move):
        after = guide.after(state, move)
        way = guide.way(after)
        assert way  # it is not solved, for the move was wrong
        said = [Said(move, "error"), Said(WRONG, "reflection"), Said(way[0], "correction")]
        return said, guide.after(after, way[0]), False
    way = guide.way(state)
    assert way  # a trajectory ends where it is solved, and never leaves what has a way
    return [Said(way[0], "correction")], guide.after(state, way[0]), True


def injected(guide: Guide, moves: Sequence[str], rng: np.random.Generator) -> list[str] | None:
    """The first moves of a solution and then a wrong one that can be made up for, at a place by chance; None where a
    board has no such place."""
    state, found = guide.game.start(), list[list[str]]()
    for place, move in enumerate(moves):
        for other in guide.game.legal(state):
            if other != move and can_be_made_up_for(guide, state, other):
                found.append([*moves[:place], other])
        state = guide.game.step(state, move)
    return found[int(rng.integers(len(found)))] if found else None
