"""Suites: named and versioned lists of addresses that results are reported on.

Law: a suite's name, the worlds and their versions fix its problems, and `fingerprint` says so in a few
letters. A suite takes every world that has its level, so a new world joins by itself; it changes the
fingerprint of the whole suite but not that of `small-v1:maze`, the suite restricted to one world.

Test splits are for reporting. Whatever is chosen by looking at results is chosen on `*-val-*` suites.
"""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import NamedTuple

from videorlvr.base.choices import unknown
from videorlvr.evaluation.progress import map_in_order
from videorlvr.worlds import WORLDS, world_of
from videorlvr.worlds.api import Address, Problem, Split
from videorlvr.worlds.problems import make_problem


class Part(NamedTuple):
    """The problems 0 to size - 1 of one world, level and split."""

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


def _every_world(name: str, level: str, split: Split, count: int) -> Suite:
    return Suite(
        name,
        tuple(Part(world.name, level, split, count) for world in WORLDS.values() if level in world.levels),
    )


SUITES: list[Suite] = [
    _every_world("smoke-v1", "micro", "test", 8),
    _every_world("micro-v1", "micro", "test", 200),
    _every_world("small-v1", "small", "test", 1000),
    _every_world("paper-v1", "paper", "test", 1000),
    _every_world("hard-v1", "hard", "test", 200),
    _every_world("micro-val-v1", "micro", "val", 256),
    _every_world("small-val-v1", "small", "val", 256),
]


def suite_of(name: str) -> Suite:
    """The suite of that name; `small-v1:maze` is its part of one world.

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
    """The suite's addresses in suite order."""
    return [
        Address(part.world, world_of(part.world).version, part.level, part.split, index)
        for part in suite.parts
        for index in range(part.size)
    ]


def fingerprint(suite: Suite) -> str:
    """Sixteen hexadecimal digits that stand for the suite's addresses, world versions included."""
    text = "\n".join(str(address) for address in addresses(suite))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def problems(suite: Suite, *, workers: int | None = None) -> list[Problem]:
    """The suite's problems in suite order, made by a pool of processes and kept for the next caller.

    Args:
        workers: Processes; None takes one a core, 1 stays in this process.
    """
    return list(_problems(suite, workers))


@functools.lru_cache(maxsize=4)
def _problems(suite: Suite, workers: int | None) -> tuple[Problem, ...]:
    return tuple(map_in_order(_make, addresses(suite), f"making {suite.name}", workers=workers))


def _make(address: Address) -> Problem:
    return make_problem(world_of(address.world), address.level, address.split, address.index)
