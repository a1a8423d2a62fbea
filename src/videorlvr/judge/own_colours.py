"""Explained, for files: every pixel of a board looks like what was read, in the colours that its own frame shows.

A file may be tinted, faded, compressed and a little blurred. Whatever became of a colour became of it all over a frame:
what shows one colour of the theme must show one colour of the frame. So each frame has its own colours, the medians of
what was read as each of the theme's, and

    share     how far a zone's mean is from its own colour, over the distance to the nearest that it could show instead
    residual  root mean square of a cell's pixels from their own colours, less what blur does where colours meet
    astray    how far an own colour is from where the frame's ground says that it should be, over the same distance
    leap      by how much an own colour changes from one frame to the next, grey levels

Laws: a correction of colours is a frame's own, told by its own ground, and nothing that is corrected away on one frame
is believed of another. Pixels are taken as they came, before any correction.

T frames, R rows, C columns, K colours of a theme, Z zones of a board (R * C * 6), P parts of a cell.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.judge.explain import CORE, RING, expected_parts, noise_of_means, unexplained
from videorlvr.judge.read import NUM_ZONES, Measured, part_counts
from videorlvr.worlds.api import Cells, Theme

Floats = npt.NDArray[np.floating[Any]]
Codes = npt.NDArray[np.int64]

SMALL_CELL_PX = 12
"""In smaller cells, walls of a pixel and colours at half the resolution make every zone less certain."""
MAX_SHARE = {
    False: np.array([0.35, 0.44, 0.41, 0.41, 0.41, 0.41]),
    True: np.array([0.42, 0.80, 0.50, 0.50, 0.50, 0.50]),
}
"""Of core, ring and stripes, in large cells and in small ones. A ghost is as far as it is strong, or further."""
LEAST_APART = 94.0
"""Colours that are nearer are taken to be this far apart: a third of it is what 4:2:0 video does to a core of 4 px."""
MOST_APART = 140.0
"""... and figures that are further apart no further than this: of a core's mean, edges take little."""
MAX_RESIDUAL, MAX_NOISE, NOISE_OF_CELL = 12.0, 64.0, 1.4
BLUR = 0.35
"""The residual that blur may leave, as a share of how much a cell's own picture varies."""
HAZE, MAX_HAZE = 1.25, 1.6
"""Of a file whose first frame is hazier than is borne, others may be so many times as hazy, up to a bound."""
CLEAR, HAZE_OF_FRAME = 0.66, 5.5
"""Of a frame that is clear all over so much of this is borne, and so many times as much more as three quarters of its
cells stay below: blur and compression spare few cells, a mark spares most."""
CLEAR_PIXELS = 0.9
"""... and of pixels: what 4:2:0 video takes from the strongest colours is left in a few cells of a frame."""
MAX_ASTRAY, MAX_LEAP = 0.68, 52.0
MAX_CORNER, NOISE_OF_CORNER = {False: 45.0, True: 70.0}, 2.0
"""How far the corners of a cell, which no zone covers, may be from any mixture of two colours that meet there."""
RIDGE = 1e-3


@dataclass(frozen=True, eq=False)
class Doubt:
    """What is least explained in a video: `excess` 1 is the most that is borne; and what that is, where."""

    excess: float
    what: str
    frame: int
    cell: tuple[int, int] | None = None
    at_first: float = 0.0
    """The excess of the first frame, which everyone is given: how much of it is the file's fault."""

    def __str__(self) -> str:
        where = "" if self.cell is None else f", cell {self.cell[0]}, {self.cell[1]}"
        return f"frame {self.frame}{where}: {self.what}, {self.excess:.1f} times as much as is borne"


def doubt_of(measured: Measured, ground: Cells, figure: Cells, theme: Theme, *, small: bool) -> Doubt:
    """The greatest doubt about one video, [1, T, R, C] measured without corrections; read as [T, R, C].

    small: its cells were smaller than `SMALL_CELL_PX`, whatever they were enlarged to, or not all inside its frames.
    """
    # What could not be read is in doubt whatever it is taken for.
    ground, figure = np.minimum(ground, 16 * len(theme.tiles) - 1), np.minimum(figure, len(theme.figures) - 1)
    plain = unexplained(measured, ground[None], figure[None], theme)[0]
    if plain.max() <= 1:
        return Doubt(0.0, "", 0)
    table, alphabets = _colours_of_zones(theme)
    codes, nearest = table[ground, figure], alphabets[ground, figure]
    palette = _palette(theme)
    seen = measured.zones[0].astype(np.float64)
    own = _own_colours(seen, codes, len(palette), theme, small=small)
    scale = _contrast(own, palette)[:, None, None, None]
    share = np.linalg.norm(seen - own[np.arange(len(own))[:, None, None, None], codes], axis=-1) / (
        nearest * scale
    )
    share = share / MAX_SHARE[small]
    # Figures have no part in how hazy a frame is: marks in all cores are no haze.
    ring, core, bar = share[..., RING:].max(axis=-1), share[..., CORE], _bar(share[..., RING:].max(axis=-1))
    per_cell = np.maximum(core, ring)
    residual = _residual(measured, ground, figure, theme, own)
    haze = float(residual[0].max())
    residual /= min(max(1.0, HAZE * haze), MAX_HAZE)
    found = [
        _worst("a zone is neither of two colours", np.maximum(core / bar, ring)),
        _worst(
            "pixels that what was read does not explain", residual / np.maximum(CLEAR_PIXELS, _bar(residual))
        ),
        _worst(
            "corners in a colour that does not meet there",
            _corners(measured, ground, figure, theme, own, small=small) / bar,
        ),
    ]
    grounds = sorted(set(np.unique(codes[0][..., RING:])))
    astray = _astray(own, palette, grounds, theme) / MAX_ASTRAY
    leap = np.linalg.norm(np.diff(own, axis=0), axis=-1) / MAX_LEAP
    found.append(_worst("a colour is not what the frame's ground says", np.nan_to_num(astray)))
    found.append(
        _worst("a colour leaps from the frame before", np.nan_to_num(np.pad(leap, ((1, 0), (0, 0)))))
    )
    worst = max(found, key=lambda doubt: doubt.excess)
    first = max(float(per_cell[0].max()), haze, float(np.nan_to_num(astray[0]).max()))
    return Doubt(worst.excess, worst.what, worst.frame, worst.cell, first)


def _bar(haze: Floats) -> Floats:
    """How much of what may be borne is borne in frames that are as hazy as this: [T, R, C] -> [T, 1, 1]."""
    return np.asarray(
        np.minimum(1, CLEAR + HAZE_OF_FRAME * np.quantile(haze, 0.75, axis=(1, 2), keepdims=True))
    )


def _worst(what: str, excess: Floats) -> Doubt:
    """excess: [T, R, C] or [T, K]."""
    place = np.unravel_index(int(excess.argmax()), excess.shape)
    cell = (int(place[1]), int(place[2])) if excess.ndim == 3 else None
    return Doubt(float(excess.max()), what, int(place[0]), cell)


@lru_cache(maxsize=64)
def _palette(theme: Theme) -> Floats:
    """The theme's different colours [K, 3]."""
    return np.array(list(dict.fromkeys([*theme.tiles, *theme.figures, theme.wall])), float)


@lru_cache(maxsize=64)
def _colours_of_zones(theme: Theme) -> tuple[Codes, Floats]:
    """Which colour each zone shows, int [ground code, figure code, 6], and how far the nearest other one is that it
    could show, in the theme, float of the same shape."""
    shown = expected_parts(theme)[:, :, :NUM_ZONES].astype(np.float64)
    codes = _codes_of_parts(theme)[:, :, :NUM_ZONES]
    alphabets = [theme.figures, theme.tiles, *[(theme.tiles[0], theme.wall)] * 4]
    nearest = np.empty(codes.shape)
    for zone, alphabet in enumerate(alphabets):
        apart = np.linalg.norm(shown[:, :, zone, None] - np.array(alphabet, float), axis=-1)
        nearest[:, :, zone] = np.where(apart < 1, np.inf, apart).min(axis=-1)
    nearest[:, :, CORE] = np.minimum(nearest[:, :, CORE], MOST_APART)
    return codes, np.maximum(nearest, LEAST_APART)


def _own_colours(seen: Floats, codes: Codes, count: int, theme: Theme, *, small: bool) -> Floats:
    """[T, K, 3]: the median of the zones read as each colour, NaN where a frame shows none. In small cells rings take
    colour from around them, so of other colours than the floor's the cores tell, where there are any."""
    own = np.full((len(seen), count, 3), np.nan)
    floor = int(np.linalg.norm(_palette(theme) - theme.tiles[0], axis=-1).argmin())
    for frame, (colours, which) in enumerate(zip(seen, codes, strict=True)):
        cores = colours[..., CORE, :]
        for code in np.unique(which):
            told = cores[which[..., CORE] == code] if small and code != floor else colours[:0, 0, 0]
            own[frame, code] = np.median(told if len(told) else colours[which == code], axis=0)
    return own


def _contrast(own: Floats, palette: Floats) -> Floats:
    """How far a frame's own colours are apart, over how far the theme's are: [T], the median over pairs."""
    one, other = np.triu_indices(len(palette), 1)
    apart = np.linalg.norm(palette[one] - palette[other], axis=-1)
    ratio = np.linalg.norm(own[:, one] - own[:, other], axis=-1) / apart
    known = [row[~np.isnan(row)] for row in ratio]  # a frame of one colour has no pairs
    return np.asarray(np.clip(np.array([np.median(row) if len(row) else 1.0 for row in known]), 0.3, 2.0))


GREY = np.full((3, 3), 1 / 3)
LUMA = np.tile([0.299, 0.587, 0.114], (3, 1))
TURN = np.cross(np.eye(3), np.ones(3) / np.sqrt(3))
TINTS = np.stack([*(np.diag(row) for row in np.eye(3)), LUMA, GREY, TURN])
"""What is taken for a tint, with an offset of each channel: gains of channels, saturation, a turn of hues."""


def _terms(colours: Floats) -> Floats:
    """[n, 3] -> [n, 3, terms]: what each term of a tint would add to each colour."""
    turned = np.einsum("kij,nj->nik", TINTS, colours) / 255
    return np.concatenate([turned, np.broadcast_to(np.eye(3), (len(colours), 3, 3))], axis=-1)


def _astray(own: Floats, palette: Floats, grounds: list[int], theme: Theme) -> Floats:
    """[T, K]: how far each own colour is from the theme's under the tint that the frame's ground shows, over the
    distance to the nearest figure; NaN where there is none."""
    figures = np.array(theme.figures, float)
    apart = np.linalg.norm(palette[:, None] - figures, axis=-1)
    nearest = np.where((apart < 1).any(axis=1), np.where(apart < 1, np.inf, apart).min(axis=1), np.inf)
    terms, known = _terms(palette), _terms(palette[grounds]).reshape(-1, len(TINTS) + 3)
    weights = np.linalg.solve(known.T @ known + RIDGE * np.eye(known.shape[1]), known.T)
    changes = (own[:, grounds] - palette[grounds]).reshape(len(own), -1)
    expected = palette + np.einsum("nik,tk->tni", terms, changes @ weights.T)
    scale = _contrast(own, palette)[:, None]
    return np.asarray(np.linalg.norm(own - expected, axis=-1) / (nearest * scale))


def _corners(
    measured: Measured, ground: Cells, figure: Cells, theme: Theme, own: Floats, *, small: bool
) -> Floats:
    """[T, R, C], as a multiple of what is borne: the mean distance of a cell's corners from the lines between the
    colour that each should have and those of wall, floor and ring, which blur may mix into it."""
    codes = _codes_of_parts(theme)[ground, figure]
    frames = np.arange(len(own))[:, None, None]
    counts, pixels = part_counts(measured.cell_px), 3 * measured.cell_px**2
    seen = measured.sums[0, ..., NUM_ZONES:, :] / counts[NUM_ZONES:, None]
    start = own[frames[..., None], codes[..., NUM_ZONES:]]
    palette = _palette(theme)
    meet = [
        int(np.linalg.norm(palette - colour, axis=-1).argmin()) for colour in (theme.wall, theme.tiles[0])
    ]
    ends = [own[frames, code] for code in meet] + [own[frames, codes[..., RING]]]
    found = np.full(seen.shape[:-1], np.inf)
    for end in ends:
        way = end[..., None, :] - start
        along = ((seen - start) * way).sum(axis=-1) / np.maximum((way**2).sum(axis=-1), 1)
        off = np.linalg.norm(seen - start - np.clip(along, 0, 1)[..., None] * way, axis=-1)
        found = np.fmin(found, off)
    within = measured.squares[0] - (measured.sums[0] ** 2 / counts[:, None]).sum(axis=(-2, -1))
    noise = np.sqrt(np.median(np.maximum(within, 0), axis=(1, 2), keepdims=True) / pixels).clip(0, MAX_NOISE)
    borne = MAX_CORNER[small] + NOISE_OF_CORNER * noise / np.sqrt(counts[NUM_ZONES])
    return np.asarray(found.mean(axis=-1) / borne)


@lru_cache(maxsize=64)
def _codes_of_parts(theme: Theme) -> Codes:
    """Which colour each part shows, int [ground code, figure code, P]."""
    parts = expected_parts(theme).astype(np.float64)
    return np.asarray(np.linalg.norm(parts[..., None, :] - _palette(theme), axis=-1).argmin(axis=-1))


def _residual(measured: Measured, ground: Cells, figure: Cells, theme: Theme, own: Floats) -> Floats:
    """[T, R, C], as a multiple of what is borne."""
    codes = _codes_of_parts(theme)[ground, figure]
    expected = own[np.arange(len(own))[:, None, None, None], codes]
    counts, pixels = part_counts(measured.cell_px)[:, None], 3 * measured.cell_px**2
    inner = expected * (2 * measured.sums[0] - expected * counts)
    square = np.maximum(measured.squares[0] - inner.sum(axis=(-2, -1)), 0) / pixels
    mean = (expected * counts).sum(axis=-2, keepdims=True) / counts.sum()
    varies = np.sqrt((((expected - mean) ** 2) * counts).sum(axis=(-2, -1)) / pixels)
    around = np.pad(varies, ((0, 0), (1, 1), (1, 1)))
    beside = np.maximum.reduce(
        [around[:, :-2, 1:-1], around[:, 2:, 1:-1], around[:, 1:-1, :-2], around[:, 1:-1, 2:]]
    )
    blur = BLUR * np.maximum(varies, beside / 2)
    root = np.sqrt(square)
    scatter = np.quantile(root - blur, 0.25, axis=(1, 2))
    off = np.linalg.norm(measured.zones[0] - expected[..., :NUM_ZONES, :], axis=-1)
    means = noise_of_means((off * np.sqrt(counts[:NUM_ZONES, 0])).reshape(len(off), -1))
    noise = np.clip(np.minimum(scatter, means), 0, MAX_NOISE)[:, None, None]
    return np.asarray(root / (MAX_RESIDUAL + blur + NOISE_OF_CELL * noise))
