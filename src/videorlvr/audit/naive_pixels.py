"""Judges as they were published, in a few lines each: rules on pixels. See `naive_rules`.

SSIM here has flat windows of 7 px on brightness; pixels are those of our frames, which are small, so scores are not
those of the benchmarks, and are compared only with each other.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from videorlvr.audit.drifts import GREY
from videorlvr.audit.naive_rules import picture_solved
from videorlvr.audit.near_misses import seen
from videorlvr.worlds.api import Problem, Video, World
from videorlvr.worlds.cheats.pixels import board_px
from videorlvr.worlds.maze.rules import cells_where, goal_of, heads_of
from videorlvr.worlds.problems import oracle_trace, theme_of
from videorlvr.worlds.render import first_frame, oracle_video
from videorlvr.worlds.sokoban.rules import PLAYER

Floats = npt.NDArray[np.floating[Any]]
MATCH = 0.6
"""Correlation from which on VR-Bench's ncc tracker believes a match (`MATCH_THRESHOLD`)."""
WINDOW = 2.5
"""Cells that its search reaches beyond the last place; theirs is 50 px."""


def _grey(frame: Video) -> Floats:
    return np.asarray(frame @ GREY, np.float64)


def ssim(one: Video, other: Video) -> float:
    """Mean structural similarity of two pictures (Wang et al. 2004), flat windows of 7 px."""
    a, b = (sliding_window_view(_grey(frame), (7, 7)) for frame in (one, other))
    mean_a, mean_b = a.mean((2, 3)), b.mean((2, 3))
    cov = (a * b).mean((2, 3)) - mean_a * mean_b
    var = a.var((2, 3)) + b.var((2, 3))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    share = (2 * mean_a * mean_b + c1) * (2 * cov + c2)
    return float((share / ((mean_a**2 + mean_b**2 + c1) * (var + c2))).mean())


def _first_part(likeness: float) -> float:
    """SSIM to marks: 0 to .5 up to .70, .8 at .85, full from .95 on."""
    return float(np.interp(likeness, [0, 0.7, 0.85, 0.95], [0, 0.5, 0.8, 1]))


def _last_part(one: Video, other: Video) -> float:
    error = np.square(one.astype(np.float64) - other).mean()
    psnr = 10 * np.log10(255**2 / error) if error else np.inf
    return 0.7 * ssim(one, other) + 0.3 * float(np.clip((psnr - 20) / 20, 0, 1))


def _smoothness(video: Video) -> float:
    """From the spread and the largest of the mean changes between frames."""
    changes = np.abs(np.diff(video.astype(np.float64), axis=0)).mean((1, 2, 3)) / 255
    return float(0.6 * (1 - min(1.0, changes.std() / 0.1)) + 0.4 * (1 - min(1.0, changes.max() / 0.3)))


def _quality(video: Video) -> float:
    """Sharp and without fine structure: variance of the Laplacian, distance from a blurred copy."""
    marks = []
    for frame in video[:: max(1, len(video) // 10)]:
        grey = np.pad(_grey(frame), 2, mode="edge")
        inner = grey[2:-2, 2:-2]
        laplacian = grey[1:-3, 2:-2] + grey[3:-1, 2:-2] + grey[2:-2, 1:-3] + grey[2:-2, 3:-1] - 4 * inner
        bell = np.outer([1, 4, 6, 4, 1], [1, 4, 6, 4, 1]) / 256
        blurred = (sliding_window_view(grey, (5, 5)) * bell).sum((2, 3))
        noise = np.abs(inner - blurred).mean()
        marks.append(0.6 * min(1.0, laplacian.var() / 1000) + 0.4 * (1 - min(1.0, noise / 30)))
    return float(np.mean(marks))


def likeness(world: World, problem: Problem, video: Video) -> float:
    """.15 first frame like the given one + .35 last frame like the reference's + .15 smooth + .10 quality
    + .25 for the task, with half marks where there are too few frames to tell.

    The task's part, a scorer of its own for each task, is here whether the last frame looks solved: stricter than
    most of theirs. Source: Video-Reason/VBVR-EvalKit, vbvr_bench/evaluators/base_evaluator.py at c2d80f0.
    """
    first = _first_part(ssim(video[0], first_frame(world, problem))) if len(video) else 0.5
    last = _last_part(video[-1], oracle_video(world, problem)[-1]) if len(video) else 0.0
    smooth = _smoothness(video) if len(video) > 1 else 0.5
    quality = _quality(video) if len(video) else 0.0
    task = len(video) > 1 and picture_solved(problem, seen(world, problem, video[-1:]).figure[0])
    return float(0.15 * first + 0.35 * max(0.0, last) + 0.15 * smooth + 0.1 * quality + 0.25 * task)


def maze_with_floors(world: World, problem: Problem, video: Video) -> float:
    """.45 path off walls + .30 path at both ends + .20 path in one piece + .05 walls kept, of the last frame, where
    nothing drawn still gets .3, .3, .6 and 1 of these.

    Source: Video-Reason/VBVR-EvalKit, vbvr_bench/evaluators/maze_pathfinding.py at 298e637.
    """
    theme, figure = theme_of(world, problem), seen(world, problem, video[-1:]).figure[0]
    path = (video[-1] == np.array(theme.figures[1])).all(-1)
    walls, kept = ((frame == np.array(theme.wall)).all(-1) for frame in (video[0], video[-1]))
    valid = 1.0 if path.any() and (path & walls).sum() < 0.05 * path.sum() else 0.3
    drawn = set(cells_where((figure == 1) | (figure == 2))) if path.any() else set()
    ends = (heads_of(problem.grid.figure)[0], goal_of(problem.grid.ground))
    near = sum(any(abs(r - row) + abs(c - col) <= 1 for r, c in drawn) for row, col in ends)
    pieces = _num_pieces(drawn)
    return (
        0.45 * valid
        + 0.3 * (0.3, 0.6, 1.0)[near]
        + 0.2 * (1.0 if pieces == 1 else 0.6 if pieces <= 3 else 0.3)
        + 0.05 * (1.0 if (walls & kept).sum() > 0.9 * walls.sum() else 0.4)
    )


def _num_pieces(cells: set[tuple[int, int]]) -> int:
    """Pieces of cells that hang together by their sides."""
    left, pieces = set(cells), 0
    while left:
        pieces, stack = pieces + 1, [left.pop()]
        while stack:
            row, col = stack.pop()
            beside = {(row - 1, col), (row + 1, col), (row, col - 1), (row, col + 1)} & left
            left -= beside
            stack += beside
    return pieces


def _correlation(window: Floats, template: Floats) -> Floats:
    """Normalised correlation of a template [h, w, 3] at every place of a window [H, W, 3]."""
    places = sliding_window_view(window, template.shape)[:, :, 0]
    places = places - places.mean((2, 3, 4), keepdims=True)
    wanted = template - template.mean()
    scale = np.sqrt((places**2).sum((2, 3, 4)) * (wanted**2).sum())
    return np.asarray((places * wanted).sum((2, 3, 4)) / np.maximum(scale, 1e-9))


def ncc_tracker(world: World, problem: Problem, video: Video) -> float:
    """1 if a tracker, started on the agent's whole cell in the first frame, ends where the reference's agent ends.

    It looks near the last place, moves there before it asks whether the match is good enough, and if not, notes the
    place before. Source: FoundationAgents/VR-Bench issue #18, which quotes the code at 89b29a9.
    """
    size, board = problem.layout.cell_px, video[board_px(problem.layout)].astype(np.float64)
    code = agent_code(world)
    (row, col), *_ = cells_where(problem.grid.figure == code)
    template = board[0, row * size : (row + 1) * size, col * size : (col + 1) * size]
    place = noted = np.array([row * size, col * size])
    for frame in board[1:]:
        low = np.maximum(0, place - int(WINDOW * size))
        high = np.minimum(frame.shape[:2], place + size + int(WINDOW * size))
        scores = _correlation(frame[low[0] : high[0], low[1] : high[1]], template)
        place = low + np.unravel_index(scores.argmax(), scores.shape)
        noted = place if scores.max() >= MATCH else noted
    (row, col), *_ = cells_where(oracle_trace(world, problem).figure[-1] == code)
    return float(np.abs(noted - np.array([row, col]) * size).max() <= size / 2)


def agent_code(world: World) -> int:
    """The figure of a world's agent."""
    return world.figure_names.index("head") if world.name == "maze" else PLAYER
