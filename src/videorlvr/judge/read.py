"""The eye: pixels to states, the same way for every world. Shares no code with the hand (`draw`).

Each cell is reduced to the mean colours of six zones (core, ring, four wall stripes) by one matrix
product, and each zone is given the nearest colour of the theme. A zone that is about as near to two
colours, or far from all, reads as UNSURE: faint marks and smears are refused, not guessed.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import UNSURE, Cells, Layout, Theme, Trace, Video

Floats = npt.NDArray[np.float32]

CORE, RING, STRIPES = 0, 1, slice(2, 6)
NUM_ZONES = 6

MAX_DISTANCE_RATIO = 0.8
"""A zone is sure when its colour's distance is at most this share of the second nearest colour's."""
MAX_DISTANCE_SHARE = 0.75
"""... and at most this share of the distance between that colour and its nearest neighbour in the theme."""

CHUNK_BYTES = 1 << 22
"""Float copies of pixels are made at most this many bytes at a time, so that they stay in the cache."""


@lru_cache(maxsize=64)
def zone_sums(cell_px: int) -> tuple[Floats, Floats]:
    """A 0/1 matrix that adds up each zone's colours, float32 [cell_px * cell_px * 3, zones * 3], and how many
    pixels that are, [zones * 3]. Zones stay clear of their edges in large cells.

    Sums of bytes are exact in float32, so a zone of one colour has exactly that colour as its mean.
    """
    stripe, core, clear = round(cell_px / 8), round(cell_px / 4), cell_px // 24
    zones = np.zeros((NUM_ZONES, cell_px, cell_px), np.float32)
    near, far = slice(stripe + clear, cell_px - stripe - clear), slice(clear, stripe - clear)
    zones[CORE, core + clear : cell_px - core - clear, core + clear : cell_px - core - clear] = 1
    zones[RING, near, near] = 1
    zones[RING, core - clear : cell_px - core + clear, core - clear : cell_px - core + clear] = 0
    last = slice(cell_px - stripe + clear, cell_px - clear)
    for zone, (rows, cols) in enumerate([(far, near), (near, last), (last, near), (near, far)], start=2):
        zones[zone, rows, cols] = 1
    each = zones.reshape(NUM_ZONES, -1, 1, 1) * np.eye(3, dtype=np.float32)
    matrix = np.ascontiguousarray(each.transpose(1, 2, 0, 3).reshape(-1, NUM_ZONES * 3))
    return matrix, matrix.sum(axis=0)


def zone_colours(videos: npt.NDArray[Any], layout: Layout) -> Floats:
    """Mean colours of all zones: videos [B, T, H, W, 3] -> float32 [B, T, R, C, zones, 3]."""
    batch, frames = videos.shape[:2]
    rows, cols, size = layout.rows, layout.cols, layout.cell_px
    board = videos[
        :, :, layout.top_px : layout.top_px + rows * size, layout.left_px : layout.left_px + cols * size
    ].reshape(batch * frames, rows, size, cols, size * 3)
    matrix, counts = zone_sums(size)
    out = np.empty((batch * frames, rows, cols, NUM_ZONES * 3), np.float32)
    step = max(1, CHUNK_BYTES // (4 * board[0].size))
    for start in range(0, len(board), step):
        # Whole pixel rows of cells are moved while they are bytes; then one matrix product.
        cells = np.ascontiguousarray(board[start : start + step].swapaxes(2, 3))
        out[start : start + step] = cells.reshape(*cells.shape[:3], -1).astype(np.float32) @ matrix
    out /= counts
    return out.reshape(batch, frames, rows, cols, NUM_ZONES, 3)


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
    expected = (layout.height_px, layout.width_px, 3)
    if videos.ndim != 5 or videos.shape[2:] != expected:
        raise ValueError(f"videos of shape {videos.shape} cannot be read: expected [B, T, *{expected}]")
    if videos.dtype != np.uint8:
        # So far out that one such pixel takes the mean of the largest zone with it; one sign, so none cancel.
        videos = np.nan_to_num(videos, nan=1e9, posinf=1e9, neginf=1e9)
    colours = zone_colours(videos, layout)
    figure, figure_margin = classify(colours[..., CORE, :], theme.figures)
    tile, tile_margin = classify(colours[..., RING, :], theme.tiles)
    wall, wall_margin = classify(colours[..., STRIPES, :], (theme.tiles[0], theme.wall))
    bits = (np.where(wall == 1, 1, 0) << np.arange(4)).sum(-1)
    unsure = (tile == UNSURE) | (wall == UNSURE).any(-1)
    ground = np.where(unsure, UNSURE, tile.astype(np.int64) * 16 + bits).astype(np.uint8)
    margin = np.minimum(np.minimum(figure_margin, tile_margin), wall_margin.min(-1)).min(axis=(2, 3))
    return [Trace(*parts) for parts in zip(ground, figure, margin, strict=True)]
