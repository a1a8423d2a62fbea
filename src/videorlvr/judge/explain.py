"""Is a frame really what it was read as? A state is one only if every pixel of its board looks like it.

What is read is a nearest colour. That alone would take a mark at half its strength for none, and would not see what
lies between the zones. So each cell is compared, whole, with how the state that was read must look: colours that are
known from geometry and theme, under the shift of colours that this frame itself shows.

    offset of a zone    |mean seen - mean expected|, Euclidean over R, G, B; grey levels
    residual of a cell  root mean square over its pixels and channels; grey levels

Laws: nothing is taken from another frame. Noise that a frame has all over is borne, by a bounded amount, and noise
in one cell is not. Shares no code with the hand (`draw`).

B videos, T frames, R rows, C columns, P = 10 parts of a cell (zones, then corners), 3 channels.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.judge.read import NUM_ZONES, Measured, part_counts
from videorlvr.worlds.api import WALL_EAST, WALL_NORTH, WALL_SOUTH, WALL_WEST, Cells, Theme

Floats = npt.NDArray[np.floating[Any]]

CORE, RING = 0, 1
MAX_OFFSET = 24.0
"""A zone may be this far off. Colours that one zone can show lie 80 apart or more: a mark at a third of its strength
is further off than this."""
MAX_RESIDUAL = 10.0
"""... and a cell's pixels this far, root mean square: a line a pixel wide through a cell of 8 px is about 30."""
MAX_NOISE = 20.0
"""Noise, standard deviation, that is borne where a frame has it all over."""
NOISE_OF_MEAN, NOISE_OF_CELL = 4.0, 1.4
"""Of a zone's mean by how many of its standard errors, and of a cell's residual by how many times its own."""
MAX_SHIFT = 20.0
"""By how much a frame may be brighter or darker as a whole, in each channel."""


def unexplained(measured: Measured, ground: Cells, figure: Cells, theme: Theme) -> Floats:
    """How far each cell is from how it was read, as a multiple of what is borne: [B, T, R, C]; above 1 is too far.

    ground, figure: what was read, uint8 [B, T, R, C]; what a cell that was not read is worth is of no meaning.
    """
    table = expected_parts(theme)
    expected = table[np.minimum(ground, len(table) - 1), np.minimum(figure, table.shape[1] - 1)]
    off = measured.zones - expected[..., :NUM_ZONES, :]
    counts = part_counts(measured.cell_px)
    square = _square_error(measured, expected, counts)
    pixels = 3 * measured.cell_px**2
    found = _excess(off, square / pixels)
    # Frames that are not as drawn are given the benefit of a shift and of noise, if these are theirs all over.
    doubtful = (found > 1).any(axis=(2, 3))
    if doubtful.any():
        rings = off[doubtful][..., (CORE, RING), :]
        shift = np.median(rings.reshape(len(rings), -1, 3), axis=1).clip(-MAX_SHIFT, MAX_SHIFT)[
            :, None, None, None
        ]
        sums, seen = measured.sums[doubtful], expected[doubtful] + shift
        within = measured.squares[doubtful] - (sums**2 / counts[:, None]).sum(axis=(-2, -1))
        scatter = np.sqrt(np.median(np.maximum(within, 0), axis=(1, 2)) / pixels)
        either = (np.linalg.norm(off[doubtful] - by, axis=-1) for by in (shift, 0))
        means = np.minimum(*either) * np.sqrt(counts[:NUM_ZONES])
        noise = np.minimum(scatter, noise_of_means(means.reshape(len(means), -1)))
        noise = noise.clip(0, MAX_NOISE)[:, None, None]
        part = Measured(measured.cell_px, measured.zones[doubtful], sums, measured.squares[doubtful])
        found[doubtful] = _excess(
            off[doubtful] - shift, _square_error(part, seen, counts) / pixels, noise, counts
        )
    return found


def noise_of_means(deviations: Floats) -> Floats:
    """The noise of frames by the means of their zones: [n, zones], each times the root of its pixels, -> [n]. By the
    quietest fifth, which noise does not spare and a pattern that is the same in every cell does: a fifth of all norms
    of three normal numbers are below 1."""
    return np.asarray(np.quantile(deviations, 0.2, axis=-1))


def _square_error(measured: Measured, expected: Floats, counts: Floats) -> Floats:
    """Of all levels of a cell from what is expected of them: [...]. From sums alone: (x - e)^2 = x^2 - 2xe + e^2."""
    inner = expected * (2 * measured.sums - expected * counts[:, None])
    return np.asarray(measured.squares - inner.sum(axis=(-2, -1))).clip(0)


def _excess(
    off: Floats, mean_square: Floats, noise: Floats | None = None, counts: Floats | None = None
) -> Floats:
    """off: of the means of zones, [..., 6, 3]; mean_square: of a cell's levels, [...]; noise: of each frame."""
    offsets = np.sqrt(np.einsum("...i,...i->...", off, off))
    if noise is None or counts is None:
        return np.asarray(np.maximum(offsets.max(axis=-1) / MAX_OFFSET, np.sqrt(mean_square) / MAX_RESIDUAL))
    borne = MAX_OFFSET + NOISE_OF_MEAN * noise[..., None] / np.sqrt(counts[:NUM_ZONES])
    residual = np.sqrt(mean_square) / (MAX_RESIDUAL + NOISE_OF_CELL * noise)
    return np.asarray(np.maximum((offsets / borne).max(axis=-1), residual))


@lru_cache(maxsize=64)
def expected_parts(theme: Theme) -> Floats:
    """How the parts of a cell look: [ground code, figure code, P, 3]; core, ring, stripes and corners, clockwise."""
    tiles, wall = np.array(theme.tiles, np.float32), np.array(theme.wall, np.float32)
    codes = np.arange(16 * len(tiles))
    sides = [(codes & bit)[:, None] > 0 for bit in (WALL_NORTH, WALL_EAST, WALL_SOUTH, WALL_WEST)]
    corners = [sides[one] | sides[(one + 1) % 4] for one in range(4)]
    out = np.empty((len(codes), len(theme.figures), NUM_ZONES + 4, 3), np.float32)
    out[:, :, CORE] = np.array(theme.figures, np.float32)
    out[:, :, RING] = tiles[codes // 16][:, None]
    for number, walled in enumerate((*sides, *corners), start=2):
        out[:, :, number] = np.where(walled, wall, tiles[0])[:, None]
    out.setflags(write=False)
    return out
