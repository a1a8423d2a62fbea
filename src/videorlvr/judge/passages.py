"""From what single cores pass through to the states of a board, in their order.

    passage   a core goes from one figure to another, by way of others that are there for a while; `start` is when the
              first change is half done, in frames, and frame t lasts from t - 1/2 to t + 1/2

Laws: changes at one time are one state. What passes through a core and leaves it as it was shows how long it was there,
but hardly when it came: that is when it left a cell beside, or went from here into one.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from videorlvr.worlds.api import Cells

SAME_TIME = 0.35
"""Frames: changes that are nearer in time happen at once."""
NEAR_TIME = 2.5
"""Frames by which the start of a passage may be off that leaves a core as it was."""
LATE = 1.5
"""Frames by which a state may be counted late, where states follow each other closely."""
NOTHING = 0


class UnclearError(ValueError):
    """What is between states, from a frame on, cannot be told. odd: it is no motion, so nothing speaks for it.
    since: the first frame that is no state."""

    def __init__(self, frame: int, why: str, *, odd: bool = False) -> None:
        super().__init__(f"frame {frame}: {why}")
        self.since, self.odd = frame, odd


@dataclass(frozen=True)
class Passage:
    """figures: before, those that are there for a while, after; shown: for how long each of the latter is."""

    cell: tuple[int, int]
    start: float
    figures: tuple[int, ...]
    shown: tuple[float, ...] = ()

    @property
    def returns(self) -> bool:
        return self.figures[0] == self.figures[-1]

    def changes(self) -> list[Change]:
        times = itertools.accumulate(self.shown, initial=self.start)
        pairs = itertools.pairwise(self.figures)
        return [Change(time, self.cell, *pair) for time, pair in zip(times, pairs, strict=True)]


@dataclass(frozen=True)
class Change:
    time: float
    cell: tuple[int, int]
    before: int
    after: int


def in_order(passages: Iterable[Passage], start: Cells, num_frames: int) -> Cells:
    """The state of each frame, [T, R, C].

    Raises:
        UnclearError: If no order of states explains the changes.
    """
    figure, state, at = np.repeat(start[None], num_frames, axis=0), start.copy(), 0
    for group in _at_once(_all_changes(passages)):
        time = float(np.mean([change.time for change in group])) + 0.5
        if len({change.cell for change in group}) < len(group):
            raise UnclearError(round(time), "a cell changes twice at once")
        for change in group:
            if state[change.cell] != change.before:
                raise UnclearError(round(time), "the order of changes cannot be told")
            state[change.cell] = change.after
        at = max(at + 1, round(time))
        if at > time + LATE or at >= num_frames:
            raise UnclearError(at, "more states are shown than frames")
        figure[at:] = state
    return figure


def _all_changes(passages: Iterable[Passage]) -> list[Change]:
    """In the order of time. Passages that return are joined, one by one, to the earliest change they may belong to."""
    known, open_ones = list[Change](), list[Passage]()
    for passage in sorted(passages, key=lambda passage: passage.start):
        if passage.returns:
            open_ones.append(passage)
        else:
            known += passage.changes()
    while open_ones:
        single = [change for change in known if not any(_two_sides(change, other) for other in known)]
        joints = [
            (c.time, abs(c.time - p.start), i)
            for c in single
            for i, p in enumerate(open_ones)
            if _joins(p, c)
        ]
        time, _, number = min(joints, default=(open_ones[0].start, 0.0, 0))
        known += dataclasses.replace(open_ones.pop(number), start=time).changes()
    return sorted(known, key=lambda change: change.time)


def _joins(passage: Passage, change: Change) -> bool:
    """May the passage's first change be the other side of this one?"""
    first = Change(change.time, passage.cell, *passage.figures[:2])
    return abs(change.time - passage.start) <= NEAR_TIME and _two_sides(first, change)


def _two_sides(one: Change, other: Change) -> bool:
    """Did something go, at one time, from one of two cells beside each other into the other?"""
    beside = abs(one.cell[0] - other.cell[0]) + abs(one.cell[1] - other.cell[1]) == 1
    went = one.before == other.after != NOTHING or other.before == one.after != NOTHING
    return beside and went and abs(one.time - other.time) <= SAME_TIME


def _at_once(changes: Sequence[Change]) -> list[list[Change]]:
    groups = list[list[Change]]()
    for change in changes:
        if groups and change.time - groups[-1][-1].time <= SAME_TIME:
            groups[-1].append(change)
        else:
            groups.append([change])
    return groups
