"""How a state becomes the next on screen: at once, by sliding, or by a dissolve. The hand: no judge imports this.

    level     small~slide-4: the boards of `small`, each move shown over 4 frames, its figures sliding
    slide     a figure that goes from one cell to the next is drawn between them; one that grows, out of its neighbour;
              what neither goes nor grows dissolves in its place
    dissolve  every pixel is a mixture of both states

Law: the frame in which a move ends shows the new state as it is, and what is drawn before it only leads there.

T frames, R rows, C columns.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from videorlvr.worlds import draw
from videorlvr.worlds.api import Cells, Layout, Theme, Video
from videorlvr.worlds.ways import SLIDE, Motion

Floats = npt.NDArray[np.float32]
Cell = tuple[int, int]
Way = tuple[Cell, Cell, int]
"""From one cell to another, and the figure that goes there."""
NOTHING = 0
BESIDE = ((-1, 0), (0, 1), (1, 0), (0, -1))


def in_motion(
    ground: Cells, figure: Cells, *, layout: Layout, theme: Theme, motion: Motion, frames_per_move: int
) -> Video:
    """Frames of a trace: uint8 [T, R, C] twice -> uint8 [T, H, W, 3]. Before a frame with a new state, as many as a
    move takes show the way to it, if the state before it is held for so long."""
    video = draw.render(ground, figure, layout=layout, theme=theme)
    changes = [0, *(1 + np.flatnonzero((figure[1:] != figure[:-1]).any(axis=(1, 2)))).tolist()]
    for last, frame in itertools.pairwise(changes):
        lead = min(frames_per_move - 1, frame - last - 1)
        for number in range(1, lead + 1):
            share = number / (lead + 1)
            at = frame - 1 - lead + number
            states = ground[at], figure[frame - 1], figure[frame]
            if motion == SLIDE:
                video[at] = slid(*states, share, layout=layout, theme=theme)
            else:
                video[at] = _mixed(video[last], video[frame], share)
    return video


def _mixed(before: Video, after: Video, share: float) -> Video:
    return np.asarray(np.rint((1 - share) * before.astype(np.float32) + share * after), np.uint8)


def slid(ground: Cells, before: Cells, after: Cells, share: float, *, layout: Layout, theme: Theme) -> Video:
    """A frame [H, W, 3] between two states, after so much of the way."""
    ways = ways_between(before, after)
    left, come = before.copy(), before.copy()
    come[before != after] = after[before != after]
    for start, end, _ in ways:
        # Under what goes is what comes after it, unless that is still on its way too; where it goes, what was there.
        left[start] = come[start]
        come[end] = left[end] = before[end]
    for _, end, _ in ways:
        if any(start == end for start, _, _ in ways):
            come[end] = left[end] = NOTHING
    both = np.stack([left, come])
    frames = draw.render(ground, both, layout=layout, theme=theme)
    picture = _mixed(frames[0], frames[1], share).astype(np.float32)
    for way in ways:
        _draw(picture, way, share, layout, theme)
    return np.asarray(np.rint(picture), np.uint8)


def ways_between(before: Cells, after: Cells) -> list[Way]:
    """What went from a cell to the next, or grew out of it."""
    changed = [(int(row), int(col)) for row, col in np.argwhere(before != after)]
    taken, ways = set[Cell](), list[Way]()
    for cell in changed:
        starts = [start for start in _beside(cell, before) if before[start] == after[cell] != NOTHING]
        gone = [start for start in starts if after[start] != before[start] and start not in taken]
        if gone:
            taken.add(gone[0])
            ways.append((gone[0], cell, int(after[cell])))
    ends = {end for _, end, _ in ways}
    for cell in changed:
        grown = [start for start in _beside(cell, before) if before[start] == after[start] == after[cell]]
        if grown and before[cell] == NOTHING and cell not in ends:
            ways.append((grown[0], cell, int(after[cell])))
    return ways


def _beside(cell: Cell, board: Cells) -> Sequence[Cell]:
    rows, cols = board.shape
    others = [(cell[0] + down, cell[1] + right) for down, right in BESIDE]
    return [(row, col) for row, col in others if 0 <= row < rows and 0 <= col < cols]


def _draw(picture: Floats, way: Way, share: float, layout: Layout, theme: Theme) -> None:
    """A core between two cells; pixels that it covers in part take part of its colour."""
    size, core = layout.cell_px, round(layout.cell_px / 4)
    (row, col), (to_row, to_col), code = way
    top = layout.top_px + (row + share * (to_row - row)) * size + core
    left = layout.left_px + (col + share * (to_col - col)) * size + core
    down = _covered(top, size - 2 * core, picture.shape[0])
    across = _covered(left, size - 2 * core, picture.shape[1])
    cover = (down[:, None] * across)[..., None]
    picture += cover * (np.array(theme.figures[code], np.float32) - picture)


def _covered(first: float, length: int, size: int) -> Floats:
    """How much of each pixel of a line a stretch covers, [size]."""
    edges = np.arange(size + 1)
    inside = np.clip(edges, first, first + length)
    return np.asarray(np.diff(inside), np.float32)
