"""Suites: named and versioned lists of addresses that results are reported on.

Law: a suite's name, the worlds and their versions fix its problems, and `suite_hash` says so in a few
letters. No board is there twice: a problem counts as one piece of evidence, and a board that came twice
would count as two. A suite says which worlds and levels it takes, so what else is installed changes no hash.

Test splits are for reporting. Whatever is chosen by looking at results is chosen on `*-val-*` suites.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from videorlvr.base.choices import unknown
from videorlvr.base.progress import map_in_order
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Address, Problem, Split
from videorlvr.worlds.problems import make_problem

MAX_WALK = 40
"""Addresses that are looked at for each problem that a suite wants, before its level is called too small."""


class Part(NamedTuple):
    """The first `size` different boards of one world, level and split, in the order of their indices."""

    world: str
    level: str
    split: Split
    size: int


@dataclass(frozen=True)
class Suite:
    """A list of addresses, part by part, index by index; that order is 'suite order' everywhere."""

    name: str
    parts: tuple[Part, ...]

    @property
    def size(self) -> int:
        return sum(part.size for part in self.parts)


def _ours(name: str, level: str, split: Split, count: int) -> Suite:
    return Suite(name, tuple(Part(world, level, split, count) for world in ("maze", "flowfree", "sokoban")))


SUITES: list[Suite] = [
    _ours("smoke-v1", "micro", "test", 8),
    _ours("micro-v2", "micro", "test", 200),
    _ours("small-v2", "small", "test", 1000),
    _ours("paper-v2", "paper", "test", 1000),
    _ours("hard-v1", "hard", "test", 200),
    _ours("micro-val-v2", "micro", "val", 256),
    _ours("small-val-v2", "small", "val", 256),
]


def suite_of(name: str) -> Suite:
    """The suite of that name; `small-v2:maze` is its part of one world.

    Raises:
        ChoiceError: For a suite, or a world in it, that does not exist; it names the nearest.
    """
    base, colon, world = name.partition(":")
    by_name = {suite.name: suite for suite in SUITES}
    if base not in by_name:
        raise unknown("suite", base, by_name)
    suite = by_name[base]
    if not colon:
        return suite
    parts = tuple(part for part in suite.parts if part.world == world)
    if not parts:
        raise unknown(f"world of suite {base}", world, [part.world for part in suite.parts])
    return Suite(name, parts)


def addresses(suite: Suite) -> list[Address]:
    """The suite's addresses in suite order. The boards decide which these are, so its problems are made."""
    return [problem.address for problem in problems(suite)]


def suite_hash(suite: Suite) -> str:
    """Sixteen hexadecimal digits that stand for the suite's addresses, world versions included."""
    text = "\n".join(str(address) for address in addresses(suite))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def problems(suite: Suite, *, workers: int | None = None) -> list[Problem]:
    """The suite's problems in suite order, made by a pool of processes and kept for the next caller.

    Args:
        workers: Processes; None takes one a core, 1 stays in this process.

    Raises:
        ValueError: If a level has too few different boards.
    """
    return list(_problems(suite, workers))


def num_puzzles(listed: Iterable[Problem]) -> dict[str, int]:
    """World -> different boards among `listed` when mirror images and turns count as one.

    Images are different problems to a model, and related ones: where this is far below the number of
    problems, an interval is somewhat wider in truth than it looks.
    """
    seen: dict[str, set[bytes]] = {}
    for problem in listed:
        world = world_of(problem.address.world)
        seen.setdefault(world.name, set()).add(world.canonical(problem.grid))
    return {name: len(boards) for name, boards in seen.items()}


class _Walk:
    """One part being filled: its indices are walked from 0, and boards that were met before are passed by."""

    def __init__(self, part: Part) -> None:
        self.part, self.walked = part, 0
        self.met: dict[bytes, Problem] = {}

    def next(self) -> list[tuple[Part, int]]:
        """The places to look at next: as many as are missing, and some for the boards that will come again."""
        missing = self.part.size - len(self.met)
        count = missing if self.walked == 0 else 4 * missing
        self.walked += count
        return [(self.part, index) for index in range(self.walked - count, self.walked)]

    def take(self, problem: Problem) -> None:
        if len(self.met) < self.part.size:
            self.met.setdefault(_board(problem), problem)


@functools.lru_cache(maxsize=4)
def _problems(suite: Suite, workers: int | None) -> tuple[Problem, ...]:
    walks = {part: _Walk(part) for part in suite.parts}
    while places := [place for walk in walks.values() for place in walk.next()]:
        for place, problem in zip(
            places, map_in_order(_make, places, f"making {suite.name}", workers=workers), strict=True
        ):
            walks[place[0]].take(problem)
        for part, walk in walks.items():
            if len(walk.met) < part.size and walk.walked >= MAX_WALK * part.size:
                raise ValueError(
                    f"suite {suite.name} wants {part.size} different boards of {part.world}:{part.level}, but the "
                    f"first {walk.walked} problems of its {part.split} split show only {len(walk.met)}: "
                    "take a smaller suite or a level with larger boards"
                )
    return tuple(problem for part in suite.parts for problem in walks[part].met.values())


def _make(place: tuple[Part, int]) -> Problem:
    part, index = place
    return make_problem(world_of(part.world), part.level, part.split, index)


def _board(problem: Problem) -> bytes:
    """The board as it is shown."""
    grid = problem.grid
    return bytes(grid.shape) + grid.ground.tobytes() + grid.figure.tobytes()
