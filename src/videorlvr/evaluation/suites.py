"""Suites: named and versioned lists of addresses that results are reported on.

Law: a suite's name, the worlds and their versions fix its problems, and `suite_hash` says so in a few
letters. No board is there twice (`worlds.different`). A suite says which worlds and levels it takes, so what else is
installed changes no hash; a world of another package has suites by its own levels.

Test splits are for reporting. Whatever is chosen by looking at results is chosen on `*-val-*` suites.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from videorlvr.base.choices import unknown
from videorlvr.worlds import WORLDS, world_of
from videorlvr.worlds.api import Address, Problem, Split, World
from videorlvr.worlds.different import Part, different_boards
from videorlvr.worlds.problems import level_of


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


LEVEL_SIZES = {"test": 200, "val": 256}
"""Problems of the suite of one level, where none are asked for."""


def suite_of(name: str) -> Suite:
    """The suite of that name; `small-v2:maze` is its part of one world, and `lights:small` a suite of any level of
    any world, another package's too: 200 test problems, or `lights:small-val` 256 of validation; `lights:small:50`
    takes 50.

    Raises:
        ChoiceError: For a suite, or a world or level in it, that does not exist; it names the nearest.
        ValueError: For a count that is none.
    """
    base, colon, rest = name.partition(":")
    by_name = {suite.name: suite for suite in SUITES}
    if base not in by_name:
        if colon and base in WORLDS:
            return _of_a_level(name, world_of(base), rest)
        wanted = f"{base}:LEVEL" if colon else base  # what is near to the name as it was meant
        raise unknown("suite", wanted, [*by_name, *(f"{world}:LEVEL" for world in WORLDS)])
    suite = by_name[base]
    if not colon:
        return suite
    parts = tuple(part for part in suite.parts if part.world == rest)
    if not parts:
        raise unknown(f"world of suite {base}", rest, [part.world for part in suite.parts])
    return Suite(name, parts)


def _of_a_level(name: str, world: World, rest: str) -> Suite:
    """The suite `WORLD:LEVEL`, `WORLD:LEVEL-val` or with `:COUNT` behind it."""
    level, colon, count = rest.partition(":")
    split: Split = "test"
    if level not in world.levels and level.endswith("-val"):
        level, split = level.removesuffix("-val"), "val"
    level_of(world, level)
    if colon and not (count.isdecimal() and int(count[:6]) > 0):
        raise ValueError(
            f"suite '{name:.80}' asks for '{count:.20}' problems: expected a count such as {world.name}:{level}:50"
        )
    return Suite(name, (Part(world.name, level, split, int(count[:6]) if colon else LEVEL_SIZES[split]),))


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


@functools.lru_cache(maxsize=4)
def _problems(suite: Suite, workers: int | None) -> tuple[Problem, ...]:
    return tuple(different_boards(suite.parts, f"suite {suite.name}", workers=workers))
