"""Cheats of motion: what only looks like a move that is under way.

A smooth video is honest if what is between two states leads from the one to the other. Here it leads elsewhere, back,
or nowhere; or slowly to where no move leads.
"""

from __future__ import annotations

import numpy as np

from videorlvr.worlds.api import Cells, Cheat, Problem, Video, World
from videorlvr.worlds.motion import slid
from videorlvr.worlds.problems import theme_of
from videorlvr.worlds.staging import done_frame, oracle_figures, show

LONG = 12
"""Frames for which no honest move is under way."""


def _between(world: World, problem: Problem, figures: Cells, at: int, shares: list[float]) -> Video:
    """Before frame `at`, frames that mix it with the one before by these shares."""
    video = show(world, problem, figures)
    before, after = (show(world, problem, figures[[frame]])[0].astype(np.float32) for frame in (at - 1, at))
    mixed = [np.rint(before + share * (after - before)).astype(np.uint8) for share in shares]
    return np.concatenate([video[:at], np.stack(mixed), video[at:]])


def _slow_leap(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """From the given board to the solved one by a dissolve: slow, and no move."""
    figures = oracle_figures(world, problem)
    if done_frame(figures) < 2:
        return None
    leap = np.concatenate([figures[:1], figures[-1:].repeat(problem.num_frames, axis=0)])
    return _between(world, problem, leap, 1, [0.2, 0.4, 0.6, 0.8])


def _parked(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """Each pixel half of the first state and half of the second, for longer than a move takes."""
    figures = oracle_figures(world, problem)
    first = int(np.argmax((figures != figures[0]).any(axis=(1, 2))))
    return _between(world, problem, figures, first, [0.5] * LONG)


def _never_there(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The last state is only half there, for good."""
    figures = oracle_figures(world, problem)
    done = done_frame(figures)
    return _between(world, problem, figures[: done + 1], done, [0.25] + [0.5] * LONG)[:-1]


def _back_again(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The solved board, and a dissolve back to the state before, half of the way."""
    figures = oracle_figures(world, problem)
    back = figures[[*range(len(figures)), done_frame(figures) - 1]]
    return _between(world, problem, back, len(back) - 1, [0.25, 0.5])[:-1]


def _rubber_band(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A figure slides to where it does not go, and back, before the right move."""
    figures = oracle_figures(world, problem)
    start, theme = figures[0], theme_of(world, problem)
    places = np.argwhere(start == 0)
    after = start.copy()
    goes = (figures[1] != start) & (start > 0)
    for row, col in np.argwhere(goes if goes.any() else start > 0).tolist():
        beside = [cell for cell in places.tolist() if abs(cell[0] - row) + abs(cell[1] - col) == 1]
        beside = [cell for cell in beside if figures[1][tuple(cell)] == 0]
        if beside:
            after[row, col], after[tuple(beside[0])] = 0, start[row, col]
            shares = (0.25, 0.5, 0.75, 0.5, 0.25)
            way = [
                slid(problem.grid.ground, start, after, share, layout=problem.layout, theme=theme)
                for share in shares
            ]
            video = show(world, problem, figures)
            return np.concatenate([video[:1], np.stack(way), video[:1], video[1:]])
    return None


def motion_cheats(improper: tuple[str, ...], leap: tuple[str, ...], unfinished: str) -> tuple[Cheat, ...]:
    between = (*improper, "unreadable", "unexplained")
    return (
        Cheat("slow-leap", _slow_leap, (*between, *leap)),
        Cheat("half-way-for-long", _parked, between),
        Cheat("never-there", _never_there, (*between, unfinished)),
        Cheat("dissolved-back-a-move", _back_again, between),
        Cheat("slides-there-and-back", _rubber_band, between),
    )
