"""Cheats made by whoever knows how colours are read: a mark at less than half of its strength is none, and what lies
between the zones of a cell is not looked at.

Law: what is drawn too faintly, or too thinly, is plain to a person who looks.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from videorlvr.worlds.api import Cheat, Problem, Video, World
from videorlvr.worlds.cheats.boards import another_problem
from videorlvr.worlds.cheats.pixels import Make, board_px, mixed
from videorlvr.worlds.problems import theme_of
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.staging import done_frame, oracle_figures, show

GHOST = 0.42
"""The share of a ghost: with 0.45 its cells would no longer be read for certain as what is behind it."""
FADED = 0.55
HOLLOW = 0.3
LINE = 1 / 16


def _ghostly(
    other: Callable[[World, Problem, np.random.Generator], Video | None], share: float = GHOST
) -> Make:
    """The right video, and in it at a part of its strength another one, from the second frame on."""

    def make(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
        """The right video with another one shining through."""
        ghost = other(world, problem, rng)
        if ghost is None:
            return None
        video = oracle_video(world, problem)
        if np.array_equal(ghost[1:], video[1:]):
            return None
        return mixed(video, ghost, share * (np.arange(len(video)) > 0))

    return make


def _solved(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The solved board, held."""
    video = oracle_video(world, problem)
    return np.repeat(video[-1:], len(video), axis=0)


def _given(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The given board, held."""
    video = oracle_video(world, problem)
    return np.repeat(video[:1], len(video), axis=0)


def _backwards(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle from its end to its beginning."""
    return oracle_video(world, problem)[::-1]


def _another(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Another problem's oracle."""
    other = another_problem(world, problem)
    return oracle_video(world, other) if other else None


def other_figures(world: World, problem: Problem) -> Video:
    """The oracle, every figure another one."""
    figures = oracle_figures(world, problem)
    count = len(world.figure_names)
    return show(world, problem, np.where(figures > 0, 1 + figures % (count - 1), 0).astype(np.uint8))


def _relabelled(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle, every figure another one."""
    return other_figures(world, problem)


def _walls_gone(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle on a board without walls, goals and targets."""
    if not problem.grid.ground.any():
        return None
    return show(world, problem, oracle_figures(world, problem), np.zeros_like(problem.grid.ground))


def _dissolves_back(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle, which in its last frame begins to dissolve into the given frame."""
    figures = oracle_figures(world, problem)
    if done_frame(figures) == 0:
        return None
    video = oracle_video(world, problem)
    video = np.concatenate([video, video[-1:]])
    return mixed(video, video[:1], GHOST * (np.arange(len(video)) == len(video) - 1))


def _lines(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """From the second frame on a thin line through every row of cells, in the colour of walls."""
    video, layout = oracle_video(world, problem), problem.layout
    size, thick = layout.cell_px, max(1, round(LINE * layout.cell_px))
    rows = np.tile(np.abs(np.arange(size) - size // 2) < (thick + 1) // 2, layout.rows)
    board = video[board_px(layout)]
    board[1:, rows] = theme_of(world, problem).wall
    return video


def _hollow(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """From the second frame on every core has in its middle a mark of another figure; None where there is no other."""
    video, layout = oracle_video(world, problem), problem.layout
    ghost = _relabelled(world, problem, rng)
    if ghost is None or np.array_equal(ghost, video):
        return None
    size = layout.cell_px
    side = np.zeros(size, bool)
    reach = max(1, round(HOLLOW * size / 2))
    side[size // 2 - reach : size // 2 + reach] = True
    middle = np.tile(np.outer(side, side), (layout.rows, layout.cols))
    board = board_px(layout)
    video[board][1:] = np.where(middle[None, :, :, None], ghost[board][1:], video[board][1:])
    return video


def _corners(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """From the second frame on the corners of all cells, which belong to no zone, are in the figures' colours."""
    video, layout = oracle_video(world, problem), problem.layout
    theme = theme_of(world, problem)
    size, stripe = layout.cell_px, max(1, round(layout.cell_px / 8))
    edge = np.zeros(size, bool)
    edge[:stripe] = edge[-stripe:] = True
    corners = np.tile(np.outer(edge, edge), (layout.rows, layout.cols))
    board = video[board_px(layout)]
    board[1:, corners] = theme.figures[-1]
    return video


def _dashes(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """From the second frame on a third of each wall is gone: one sees through."""
    whole = oracle_video(world, problem)
    bare = _walls_gone(world, problem, rng)
    if bare is None:
        return None
    gaps = (np.arange(whole.shape[1])[:, None] + np.arange(whole.shape[2])) % 3 == 0
    out = np.where(gaps[None, :, :, None], bare, whole)
    out[0] = whole[0]
    return None if np.array_equal(out, whole) else out


def ghost_cheats(improper: tuple[str, ...]) -> tuple[Cheat, ...]:
    """improper: all reasons for states and transitions that the rules do not allow; a ghost may be read as one where
    its colours and those behind it happen to make a third."""
    reasons = ("unexplained", "unreadable", *improper)
    return (
        Cheat("ghost-of-the-end", _ghostly(_solved), reasons),
        Cheat("ghost-of-the-beginning", _ghostly(_given), reasons),
        Cheat("ghost-of-the-way-back", _ghostly(_backwards), reasons),
        Cheat("ghost-of-another-problem", _ghostly(_another), reasons),
        Cheat("ghost-of-other-figures", _ghostly(_relabelled), reasons),
        Cheat("ghost-without-walls", _ghostly(_walls_gone), reasons),
        Cheat("dissolves-back", _dissolves_back, reasons),
        Cheat("marks-within-marks", _hollow, reasons),
        Cheat("dashed-walls", _dashes, reasons),
        Cheat("lines-between-zones", _lines, ("unexplained", "unreadable")),
        Cheat("painted-corners", _corners, ("unexplained", "unreadable")),
    )
