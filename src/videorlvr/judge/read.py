"""The eye: pixels to states, the same way for every world. Shares no code with the hand (`draw`).

Each cell is reduced to the mean colours of six zones (core, ring, four wall stripes) by one matrix
product, and each zone is given the nearest colour of the theme. A zone that is about as near to two
colours, or far from all, reads as UNSURE: faint marks and smears are refused, not guessed.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import UNSURE, Cells, Layout, Theme, Trace, Video

Floats = npt.NDArray[np.float32]

CORE, RING, STRIPES = 0, 1, slice(2, 6)
NUM_ZONES, NUM_CORNERS = 6, 4
NUM_PARTS = NUM_ZONES + NUM_CORNERS

MAX_DISTANCE_RATIO = 0.8
"""A zone is sure when its colour's distance is at most this share of the second nearest colour's."""
MAX_DISTANCE_SHARE = 0.75
"""... and at most this share of the distance between that colour and its nearest neighbour in the theme."""

CHUNK_BYTES = 1 << 22
"""Float copies of pixels are made at most this many bytes at a time, so that they stay in the cache."""


@dataclass(frozen=True, eq=False)
class Measured:
    """Cells of videos as numbers. All that is known of them: reading takes the zones, explaining the rest.

    zones: mean colours of what is read, float32 [B, T, R, C, 6, 3]; in large cells it stays clear of edges.
    sums: colours of the zones up to their edges and of the corners, added up: every pixel of the cell, [.., 10, 3].
    squares: of all levels of a cell, added up, [B, T, R, C].
    """

    cell_px: int
    zones: Floats
    sums: Floats
    squares: Floats


@lru_cache(maxsize=64)
def _masks(cell_px: int, clear: int) -> Floats:
    """0/1 pictures of a cell's zones and corners, float32 [10, cell_px, cell_px]: core, ring, stripes north, east,
    south, west, corners north-east, south-east, south-west, north-west. clear: px by which zones keep away from
    their edges; at 0 every pixel belongs to one part."""
    stripe, core = round(cell_px / 8), round(cell_px / 4)
    masks = np.zeros((NUM_ZONES + NUM_CORNERS, cell_px, cell_px), np.float32)
    near, far = slice(stripe + clear, cell_px - stripe - clear), slice(clear, stripe - clear)
    masks[CORE, core + clear : cell_px - core - clear, core + clear : cell_px - core - clear] = 1
    masks[RING, near, near] = 1
    masks[RING, core - clear : cell_px - core + clear, core - clear : cell_px - core + clear] = 0
    last = slice(cell_px - stripe + clear, cell_px - clear)
    places = [
        (far, near),
        (near, last),
        (last, near),
        (near, far),
        (far, last),
        (last, last),
        (last, far),
        (far, far),
    ]
    for zone, (rows, cols) in enumerate(places, start=2):
        masks[zone, rows, cols] = 1
    return masks


@lru_cache(maxsize=64)
def _sums(cell_px: int) -> Floats:
    """A 0/1 matrix that adds up colours: of the ten parts and, where zones keep clear of their edges, of the six
    zones behind them; float32 [cell_px * cell_px * 3, sums * 3].

    Sums of bytes are exact in float32, so a zone of one colour has exactly that colour as its mean.
    """
    clear = cell_px // 24
    masks = _masks(cell_px, 0)
    if clear:
        masks = np.concatenate([masks, _masks(cell_px, clear)[:NUM_ZONES]])
    each = masks.reshape(len(masks), -1, 1, 1) * np.eye(3, dtype=np.float32)
    return np.ascontiguousarray(each.transpose(1, 2, 0, 3).reshape(-1, len(masks) * 3))


@lru_cache(maxsize=64)
def part_counts(cell_px: int) -> Floats:
    """Pixels of each part of a cell, float32 [10]."""
    return np.asarray(_masks(cell_px, 0).sum(axis=(1, 2)), np.float32)


@lru_cache(maxsize=64)
def part_of_pixels(cell_px: int) -> npt.NDArray[np.int64]:
    """Which part of a cell each of its pixels belongs to, [cell_px, cell_px]."""
    return np.asarray(_masks(cell_px, 0).argmax(axis=0))


def cells_of(video: npt.NDArray[Any], layout: Layout) -> npt.NDArray[Any]:
    """The pixels of a board, cell by cell: [T, H, W, 3] -> [T, R, C, cell_px, cell_px, 3]."""
    rows, cols, size = layout.rows, layout.cols, layout.cell_px
    board = video[
        :, layout.top_px : layout.top_px + rows * size, layout.left_px : layout.left_px + cols * size
    ]
    return board.reshape(len(video), rows, size, cols, size, 3).swapaxes(2, 3)


def measure(videos: npt.NDArray[Any], layout: Layout) -> Measured:
    """The cells of videos [B, T, H, W, 3]. The margin around the board is not looked at."""
    batch, frames = videos.shape[:2]
    rows, cols, size = layout.rows, layout.cols, layout.cell_px
    board = videos[
        :, :, layout.top_px : layout.top_px + rows * size, layout.left_px : layout.left_px + cols * size
    ].reshape(batch * frames, rows, size, cols, size * 3)
    matrix = _sums(size)
    sums = np.empty((batch * frames, rows, cols, matrix.shape[1]), np.float32)
    squares = np.empty((batch * frames, rows, cols), np.float32)
    step = max(1, CHUNK_BYTES // (4 * board[0].size))
    for start in range(0, len(board), step):
        # Whole pixel rows of cells are moved while they are bytes; then one matrix product.
        cells = np.ascontiguousarray(board[start : start + step].swapaxes(2, 3))
        levels = cells.reshape(*cells.shape[:3], -1).astype(np.float32)
        sums[start : start + step] = levels @ matrix
        squares[start : start + step] = np.einsum("...i,...i->...", levels, levels)
    sums = sums.reshape(batch, frames, rows, cols, -1, 3)
    clear = size // 24
    areas = _masks(size, clear)[:NUM_ZONES].sum(axis=(1, 2))[:, None]
    zones = (sums[..., NUM_PARTS:, :] if clear else sums[..., :NUM_ZONES, :]) / areas
    return Measured(size, zones, sums[..., :NUM_PARTS, :], squares.reshape(batch, frames, rows, cols))


def zone_colours(videos: npt.NDArray[Any], layout: Layout) -> Floats:
    """Mean colours of all zones: videos [B, T, H, W, 3] -> float32 [B, T, R, C, zones, 3]."""
    return measure(videos, layout).zones


@lru_cache(maxsize=64)
def _palette(colours: tuple[tuple[int, int, int], ...]) -> tuple[Floats, Floats]:
    """Colours [n, 3] and how far from each a zone may lie [n]."""
    palette = np.array(colours, np.float32)
    apart = np.linalg.norm(palette[:, None] - palette[None], axis=-1)
    np.fill_diagonal(apart, np.inf)
    return palette, MAX_DISTANCE_SHARE * apart.min(axis=1)


def classify(colours: Floats, palette: tuple[tuple[int, int, int], ...]) -> tuple[Cells, Floats]:
    """Nearest colour's index, UNSURE where not sure, and the margin in [0, 1]: [..., 3] -> [...] twice."""
    table, reach = _palette(palette)
    channels = np.ascontiguousarray(colours.reshape(-1, 3).T)
    # One long row a colour; the differences themselves, since |a|^2 - 2ab + |b|^2 loses what lies near.
    distances = np.sqrt(sum((channels[c] - table[:, c, None]) ** 2 for c in range(3)))
    index = np.zeros(channels.shape[1], np.uint8)
    first, second = distances[0], np.full(channels.shape[1], np.inf, np.float32)
    for number in range(1, len(table)):
        nearer = distances[number] < first
        second = np.where(nearer, first, np.minimum(second, distances[number]))
        first = np.minimum(first, distances[number])
        index[nearer] = number
    sure = (first <= MAX_DISTANCE_RATIO * second) & (first <= reach[index])
    margin = (second - first) / np.maximum(second + first, 1e-6)
    shape = colours.shape[:-1]
    return np.where(sure, index, UNSURE).astype(np.uint8).reshape(shape), margin.reshape(shape)


def read(videos: Video, *, layout: Layout, theme: Theme) -> list[Trace]:
    """Traces of videos [B, T, H, W, 3] (uint8, or floats in 0-255) that share a layout.

    Non-finite pixels read as UNSURE. The margin around the board is not looked at.

    Raises:
        ValueError: If the frames are not of the layout's size.
    """
    return states(measure(check_size(videos, layout), layout).zones, theme)


def check_size(videos: Video, layout: Layout) -> Video:
    """Videos that can be measured, the very same ones if they are bytes.

    Raises:
        ValueError: If the frames are not of the layout's size.
    """
    expected = (layout.height_px, layout.width_px, 3)
    if videos.ndim != 5 or videos.shape[2:] != expected:
        raise ValueError(f"videos of shape {videos.shape} cannot be read: expected [B, T, *{expected}]")
    if videos.dtype != np.uint8:
        # So far out that one such pixel takes the mean of the largest zone with it; one sign, so none cancel.
        videos = np.nan_to_num(videos, nan=1e9, posinf=1e9, neginf=1e9)
    return videos


def states(zones: Floats, theme: Theme) -> list[Trace]:
    """Traces of videos by the colours of their zones [B, T, R, C, 6, 3]."""
    figure, figure_margin = classify(zones[..., CORE, :], theme.figures)
    tile, tile_margin = classify(zones[..., RING, :], theme.tiles)
    wall, wall_margin = classify(zones[..., STRIPES, :], (theme.tiles[0], theme.wall))
    bits = (np.where(wall == 1, 1, 0) << np.arange(4)).sum(-1)
    unsure = (tile == UNSURE) | (wall == UNSURE).any(-1)
    ground = np.where(unsure, UNSURE, tile.astype(np.int64) * 16 + bits).astype(np.uint8)
    margin = np.minimum(np.minimum(figure_margin, tile_margin), wall_margin.min(-1)).min(axis=(2, 3))
    return [Trace(*parts) for parts in zip(ground, figure, margin, strict=True)]
