"""A close look at large cells: small squares of a board, each explained by the picture around it.

Zones of a large cell are many pixels, so a line or a spot hides in their means. Here every cell is cut into squares
(about a sixteenth of its side, so that each lies in one part of the cell) and each square is compared with what the
state that was read must show there, in the frame's own colours, mixed as this frame mixes neighbours all over:

    own colour  of a frame: the median of the squares that show a colour and have only its like around them
    mixing      nine shares >= 0 of a square and those around it, one set for brightness and two for colour, fitted to
                the whole frame: blur, a part of a pixel's shift, colours at half the resolution
    left        Euclidean distance over R, G, B of a square from that; grey levels

Laws: no cell is measured by what is wrong with other cells, so a pattern in all of them is as unexplained as one mark.
A frame may be as hazy as the first one, which everyone is given, by a bounded amount, and as its own grain, which is
seen within squares, not in their means. Shares no code with the hand (`draw`).

T frames, R rows, C columns, S squares along a cell's side, Y = R * S, X = C * S, K colours.
"""

from __future__ import annotations

import itertools
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import WALL_EAST, WALL_NORTH, WALL_SOUTH, WALL_WEST, Cells, Layout, Theme, Video

Floats = npt.NDArray[np.floating[Any]]
Codes = npt.NDArray[np.int64]

SQUARES, LEAST_PX = 16, 3
"""Squares along a cell's side, unless they were smaller than so many pixels."""
BORNE = 55.0
"""What may be left of a square in a clear file: a line of a sixteenth of a cell, at a third of its strength."""
HAZE, MAX_HAZE = 2.0, 45.0
"""... and so many times as much more as is left in the first frame itself, up to a bound."""
GRAIN = 6.0
"""Or so many standard errors of a square's mean under the frame's own noise, up to `MAX_GRAIN` grey levels of it."""
MAX_GRAIN = 64.0
LUMA_CHROMA = np.array([[0.299, 0.587, 0.114], [-0.169, -0.331, 0.5], [0.5, -0.419, -0.081]])
AROUND = [(down, right) for down in (0, 1, 2) for right in (0, 1, 2)]


def left_over(plain: Video, layout: Layout, ground: Cells, figure: Cells, theme: Theme) -> Floats:
    """How much of each cell is unexplained, as a multiple of what is borne: [T, R, C]; above 1 is too much.

    plain: uint8 [T, H, W, 3] as it came, in `layout`; ground, figure: what was read, uint8 [T, R, C].
    """
    edges = _edges(layout.cell_px)
    seen, grain = _squares(plain, layout, edges)
    codes = _codes(theme, layout.cell_px)[ground, figure]
    frames, rows, cols, side, _ = codes.shape
    codes = codes.transpose(0, 1, 3, 2, 4).reshape(frames, rows * side, cols * side)
    left = np.empty(codes.shape)
    for frame, (colours, which) in enumerate(zip(seen, codes, strict=True)):
        expected = _own_colours(colours, which, len(_palette(theme)))[which]
        left[frame] = np.linalg.norm(colours - expected, axis=-1)
        if left[frame].max() > BORNE:
            left[frame] = np.linalg.norm(colours - _mixed(colours, expected), axis=-1)
    haze = BORNE + HAZE * min(float(left[0].max()), MAX_HAZE)
    borne = np.maximum(haze, GRAIN * np.minimum(grain, MAX_GRAIN / edges[1]))
    worst = left.reshape(frames, rows, side, cols, side).max(axis=(2, 4))
    return np.asarray(worst / borne[:, None, None])


@lru_cache(maxsize=64)
def _edges(cell_px: int) -> Codes:
    """Where squares begin and end along a side of a cell; no square lies across the edge of a zone."""
    stripe, core = round(cell_px / 8), round(cell_px / 4)
    marks = (0, stripe, core, cell_px - core, cell_px - stripe, cell_px)
    wanted = max(LEAST_PX, cell_px / SQUARES)
    cuts = [0]
    for start, stop in itertools.pairwise(marks):
        count = max(1, round((stop - start) / wanted))
        cuts += [start + round((stop - start) * number / count) for number in range(1, count + 1)]
    return np.array(cuts, np.int64)


def _squares(plain: Video, layout: Layout, edges: Codes) -> tuple[Floats, Floats]:
    """Mean colours of squares [T, Y, X, 3], and the standard error of one under the noise within them, [T]."""
    size, rows, cols = layout.cell_px, layout.rows, layout.cols
    top, left = layout.top_px, layout.left_px
    board = plain[:, top : top + rows * size, left : left + cols * size]
    ys, xs = ((np.arange(count)[:, None] * size + edges[:-1]).ravel() for count in (rows, cols))
    sides = np.diff(edges)
    areas = np.outer(np.tile(sides, rows), np.tile(sides, cols))[..., None].astype(np.float32)
    means = np.empty((len(board), len(ys), len(xs), 3), np.float32)
    grain = np.empty(len(board))
    for frame, picture in enumerate(board):
        levels = picture.astype(np.float32)
        means[frame], squares = (
            np.add.reduceat(np.add.reduceat(part, ys, axis=0), xs, axis=1) / areas
            for part in (levels, levels * levels)
        )
        within = np.maximum(squares - means[frame] ** 2, 0) * (areas / np.maximum(areas - 1, 1))
        grain[frame] = np.sqrt(np.median(within / areas))
    return means, grain


@lru_cache(maxsize=64)
def _palette(theme: Theme) -> tuple[tuple[int, int, int], ...]:
    """The theme's different colours."""
    return tuple(dict.fromkeys([*theme.tiles, *theme.figures, theme.wall]))


@lru_cache(maxsize=64)
def _codes(theme: Theme, cell_px: int) -> Codes:
    """Which colour each square shows: [ground code, figure code, S, S]."""
    edges, number = _edges(cell_px), _palette(theme).index
    middle = (edges[:-1] + edges[1:]) / 2
    stripe, core = round(cell_px / 8), round(cell_px / 4)
    sides = (
        (middle < stripe, 0),
        (middle > cell_px - stripe, 1),
        (middle > cell_px - stripe, 0),
        (middle < stripe, 1),
    )
    within = [(middle > far) & (middle < cell_px - far) for far in (stripe, core)]
    ring, inner = (np.outer(part, part) for part in within)
    out = np.full(
        (16 * len(theme.tiles), len(theme.figures), len(middle), len(middle)), number(theme.tiles[0])
    )
    for tile, colour in enumerate(theme.tiles):
        out[16 * tile : 16 * tile + 16, :, ring] = number(colour)
    for figure, colour in enumerate(theme.figures):
        out[:, figure, inner] = number(colour)
    for bit, (where, axis) in zip((WALL_NORTH, WALL_EAST, WALL_SOUTH, WALL_WEST), sides, strict=True):
        walled = (np.arange(len(out)) & bit) > 0
        strip = np.broadcast_to(where[:, None] if axis == 0 else where[None], out.shape[2:])
        out[np.ix_(walled, np.arange(out.shape[1]))] = np.where(
            strip, number(theme.wall), out[np.ix_(walled, np.arange(out.shape[1]))]
        )
    return np.asarray(out, np.int64)


def _own_colours(seen: Floats, codes: Codes, count: int) -> Floats:
    """[K, 3]: see the head of this file; 0 for a colour that is not there."""
    around = np.pad(codes, 1, mode="edge")
    alike = np.ones(codes.shape, bool)
    for down, right in AROUND:
        alike &= around[down : down + codes.shape[0], right : right + codes.shape[1]] == codes
    own = np.zeros((count, 3))
    for code in np.unique(codes):
        clear = alike & (codes == code)
        own[code] = np.median(seen[clear if clear.any() else codes == code], axis=0)
    return own


def _mixed(seen: Floats, expected: Floats) -> Floats:
    """The expected squares [Y, X, 3], mixed with those around them as it fits the whole frame best."""
    around = np.pad(expected @ LUMA_CHROMA.T, ((1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = expected.shape[:2]
    parts = np.stack([around[y : y + height, x : x + width] for y, x in AROUND], axis=-1)
    wanted = seen @ LUMA_CHROMA.T
    mixed = np.empty_like(wanted)
    for channel in range(3):
        known = parts[..., channel, :].reshape(-1, len(AROUND))
        mixed[..., channel] = parts[..., channel, :] @ _shares(known, wanted[..., channel].ravel())
    return np.asarray(mixed @ np.linalg.inv(LUMA_CHROMA).T)


def _shares(known: Floats, wanted: Floats) -> Floats:
    """Least squares with shares >= 0: negative ones are left out, and the others fitted again."""
    square, product = known.T @ known, known.T @ wanted
    ridge = 1e-3 * max(float(np.trace(square)) / len(square), 1.0)
    used, shares = np.ones(len(square), bool), np.zeros(len(square))
    for _ in AROUND:
        shares[:] = 0
        part = square[np.ix_(used, used)] + ridge * np.eye(int(used.sum()))
        shares[used] = np.linalg.solve(part, product[used])
        if (shares >= 0).all():
            break
        used &= shares > 0
    return shares
