"""Problems of a level in which no board comes twice: what suites, exports and validation are made of.

Law: a problem counts as one piece of evidence, and a board that came twice would count as two. Two addresses may hold
the same board where boards are few, so the indices are walked in their order and a board that was met is passed by.
Mirror images and turns of a board are different boards here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from videorlvr.base.progress import map_in_order
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Split
from videorlvr.worlds.problems import make_problem

MAX_WALK = 40
"""Addresses that are looked at for each board that is wanted, before a level is called too small."""


class Part(NamedTuple):
    """The first `size` different boards of one world, level and split, from the index `start` on, in the order of
    their indices."""

    world: str
    level: str
    split: Split
    size: int
    start: int = 0


def different_boards(parts: Sequence[Part], what: str, *, workers: int | None = None) -> list[Problem]:
    """The problems of all parts, part by part, made by a pool of processes where there are many.

    Args:
        what: Who wants them, for messages: "suite small-v2".
        workers: Processes; None takes one a core, 1 stays in this process.

    Raises:
        ValueError: If a level has too few different boards, or there is no such level or split.
    """
    walks = {part: _Walk(part) for part in parts}
    while places := [place for walk in walks.values() for place in walk.next()]:
        made = map_in_order(_make, places, f"making {what}", workers=workers)
        for (part, _), problem in zip(places, made, strict=True):
            walks[part].take(problem)
        for part, walk in walks.items():
            if len(walk.met) < part.size and walk.walked >= MAX_WALK * part.size:
                raise ValueError(
                    f"{what} wants {part.size} different boards of {part.world}:{part.level}, but {walk.walked} "
                    f"problems of its {part.split} split, from {part.start} on, show only {len(walk.met)}: take "
                    "fewer, or a level with larger boards"
                )
    return [problem for part in parts for problem in walks[part].met.values()]


class _Walk:
    """One part being filled."""

    def __init__(self, part: Part) -> None:
        self.part, self.walked = part, 0
        self.met: dict[bytes, Problem] = {}

    def next(self) -> list[tuple[Part, int]]:
        """The places to look at next: as many as are missing, and some for the boards that will come again."""
        missing = self.part.size - len(self.met)
        count = missing if self.walked == 0 else 4 * missing
        first = self.part.start + self.walked
        self.walked += count
        return [(self.part, index) for index in range(first, first + count)]

    def take(self, problem: Problem) -> None:
        if len(self.met) < self.part.size:
            self.met.setdefault(_board(problem), problem)


def _make(place: tuple[Part, int]) -> Problem:
    part, index = place
    return make_problem(world_of(part.world), part.level, part.split, index)


def _board(problem: Problem) -> bytes:
    """The board as it is shown."""
    grid = problem.grid
    return bytes(grid.shape) + grid.ground.tobytes() + grid.figure.tobytes()
