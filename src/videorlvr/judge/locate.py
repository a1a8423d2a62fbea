"""Finding the board in frames of anyone's video, by what its first frame must show.

The problem and its theme say the colour of every zone of every cell of the first frame, without drawing it.
A box of pixels is as good as the colours in its zones agree with these, whatever the video's contrast and
brightness are. Starting from the few ways in which people resize and pad videos, the box is moved until it
agrees best; the same box then serves all frames.

Law: only the first frame is looked at, so nothing that a video does later can move the board. Shares no code
with the hand (`draw`).
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import WALL_EAST, WALL_NORTH, WALL_SOUTH, WALL_WEST, Grid, Layout, Theme, Video

Floats = npt.NDArray[np.float64]

MAX_SCALE_ERROR = 0.10
"""How far cells may be from square, and a board from one of the expected sizes, as a share."""
MAX_OVERHANG = 0.125
"""How far a board may lie outside its frame, in cells: a wall stripe."""
PLAIN = 14
"""Bars are rows or columns whose pixels differ from their own mean by no more than this."""
GOOD = 0.9
"""An agreement from which on no wider search is made."""
NUM_STARTS = 3
SCAN_CELLS = 10
"""The wide search looks at this many rows and columns of the board."""

EDGES = np.array([0, 1 / 8, 1 / 4, 3 / 4, 7 / 8, 1])
"""Where a cell's zones begin and end: stripe, ring, core, ring, stripe."""
_RECTANGLES = np.array(
    # top, bottom, left, right as indices into EDGES: core, core and ring, stripes north, east, south, west
    [(2, 3, 2, 3), (1, 4, 1, 4), (0, 1, 1, 4), (1, 4, 4, 5), (4, 5, 1, 4), (1, 4, 0, 1)]
)
_AREAS = np.array(
    [(EDGES[b] - EDGES[a]) * (EDGES[d] - EDGES[c]) for a, b, c, d in _RECTANGLES]  # in cells
)
ZONE_AREAS = np.array([_AREAS[0], _AREAS[1] - _AREAS[0], *_AREAS[2:]])


@dataclass(frozen=True)
class Box:
    """Where a board lies in a video's frames, in px; fractions count."""

    left: float
    right: float
    top: float
    bottom: float

    def cell_px(self, rows: int, cols: int) -> tuple[float, float]:
        """Height and width of a cell."""
        return (self.bottom - self.top) / rows, (self.right - self.left) / cols

    def overhang(self, frame: FirstFrame, rows: int, cols: int) -> float:
        """How far it lies outside a frame, in cells; negative inside."""
        height, width = self.cell_px(rows, cols)
        over = max(-self.left / width, -self.top / height)
        over = max(over, (self.right - frame.width_px) / width)
        return float(max(over, (self.bottom - frame.height_px) / height))

    def moved(self, left: float, right: float, top: float, bottom: float) -> Box:
        return Box(self.left + left, self.right + right, self.top + top, self.bottom + bottom)

    def distance(self, other: Box) -> float:
        """The largest distance between two edges of the same name."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return float(max(abs(a - b) for a, b in pairs))


@dataclass(frozen=True)
class Found:
    """The best box, how well the first frame agrees with it, and the best agreement of any other place.

    agreement: share of the zones' colour variance that the expected colours explain, in [0, 1].
    """

    box: Box
    agreement: float
    rival: float


def expected_zones(grid: Grid, theme: Theme) -> Floats:
    """The colours that a board's zones must have: [R, C, 6, 3]; core, ring, stripes north, east, south, west."""
    tiles, figures = np.array(theme.tiles, float), np.array(theme.figures, float)
    zones = np.empty((*grid.shape, 6, 3))
    zones[:, :, 0] = figures[grid.figure]
    zones[:, :, 1] = tiles[grid.ground // 16]
    for zone, bit in enumerate((WALL_NORTH, WALL_EAST, WALL_SOUTH, WALL_WEST), start=2):
        zones[:, :, zone] = np.where(
            (grid.ground & bit)[..., None] > 0, np.array(theme.wall, float), tiles[0]
        )
    return zones


class FirstFrame:
    """A frame as sums over all rectangles that begin in its corner, so that the mean of any is four look-ups."""

    def __init__(self, frame: Video) -> None:
        self.height_px, self.width_px = frame.shape[:2]
        sums = frame.astype(np.float64).cumsum(axis=0).cumsum(axis=1)
        self.sums = np.pad(sums, ((1, 0), (1, 0), (0, 0)))

    def zones(self, ys: Floats, xs: Floats) -> Floats:
        """Mean colours of zones: ys [R, 6] and xs [K, C, 6], positions of `EDGES` in px -> [K, R, C, 6, 3]."""
        at_rows = _between(self.sums, ys.ravel(), axis=0)
        corners = _between(at_rows, xs.ravel(), axis=1).reshape(*ys.shape, *xs.shape, 3)
        areas = np.empty((len(xs), len(ys), xs.shape[1], 6, 3))
        for number, (top, bottom, left, right) in enumerate(_RECTANGLES):
            area = corners[:, bottom, :, :, right] - corners[:, bottom, :, :, left]
            area -= corners[:, top, :, :, right] - corners[:, top, :, :, left]
            areas[:, :, :, number] = area.swapaxes(0, 1)
        areas[:, :, :, 1] -= areas[:, :, :, 0]
        height, width = ys[:, -1] - ys[:, 0], xs[:, :, -1] - xs[:, :, 0]
        cell_px = height[None, :, None] * width[:, None]
        return np.asarray(areas / (cell_px[..., None, None] * ZONE_AREAS[:, None]))


def _between(sums: Floats, positions: Floats, *, axis: int) -> Floats:
    """Sums at fractional positions along an axis; outside the frame its last row or column goes on."""
    last = sums.shape[axis] - 1
    low = np.clip(np.floor(positions).astype(int), 0, last - 1)
    share = (positions - low).reshape(-1, *[1] * (sums.ndim - 1 - axis))
    return np.asarray(sums.take(low, axis) * (1 - share) + sums.take(low + 1, axis) * share)


def agreement(seen: Floats, expected: Floats) -> Floats:
    """How well colours agree up to a gain > 0 and an offset of each channel: [K, ..., 3] -> [K], in [0, 1]."""
    y, x = seen.reshape(len(seen), -1, 3), expected.reshape(-1, 3)
    y, x = y - y.mean(axis=1, keepdims=True), x - x.mean(axis=0)
    covariance = np.maximum((y * x).sum(axis=1), 0)
    explained = covariance**2 / np.maximum((x * x).sum(axis=0), 1e-9)
    # A frame of one colour agrees with nothing: a variance of one grey level is added to what is to explain.
    return np.asarray(explained.sum(axis=-1) / ((y * y).sum(axis=(1, 2)) + 3 * y.shape[1]))


def zones_in(frame: FirstFrame, box: Box, rows: int, cols: int) -> Floats:
    """Mean colours of all zones of a board in a box: [R, C, 6, 3]."""
    height, width = box.cell_px(rows, cols)
    ys = box.top + height * (np.arange(rows)[:, None] + EDGES)
    xs = box.left + width * (np.arange(cols)[:, None] + EDGES)
    return np.asarray(frame.zones(ys, xs[None])[0])


def find_board(video: Video, *, grid: Grid, layout: Layout, theme: Theme) -> Found | None:
    """The box of the board in a video's first frame, or None where no place in it fits at all.

    video: uint8 [T, H, W, 3], T >= 1; `layout` is how the problem was handed out. Found are: other sizes,
    bars of a plain colour on any side, boards moved by up to one cell, scaled or stretched by up to 10%.
    """
    if np.ptp(video[0], axis=(0, 1)).max() <= PLAIN:
        return None
    frame, expected = FirstFrame(video[0]), expected_zones(grid, theme)
    rows, cols = grid.shape

    def fit(box: Box) -> float:
        return float(agreement(zones_in(frame, box, rows, cols)[None], expected)[0])

    boxes = [box for box in dict.fromkeys(_starts(video[0], layout)) if _admissible(box, frame, rows, cols)]
    starts = sorted(((box, fit(box)) for box in boxes), key=lambda start: -start[1])
    ends: list[tuple[Box, float]] = []
    for box, _ in starts[:NUM_STARTS]:
        ends.append(climb(box, frame, expected))
        if ends[-1][1] >= GOOD:
            break
    else:
        # The first of all, the problem's own place, may agree with nothing yet and be next to what does.
        centres = dict.fromkeys((*boxes[:1], *(box for box, _ in starts[:NUM_STARTS])))
        scanned = (_scan(box, frame, expected) for box in centres)
        ends += [climb(box, frame, expected) for box in scanned if box is not None]
    if not ends:
        return None
    best, value = max(ends, key=lambda end: end[1])
    apart = max(best.cell_px(rows, cols)) / 2
    rivals = [other for box, other in (*ends, *starts) if box.distance(best) > apart]
    return Found(best, value, max(rivals, default=0.0))


def _admissible(box: Box, frame: FirstFrame, rows: int, cols: int) -> bool:
    height, width = box.cell_px(rows, cols)
    if min(height, width) < 1:
        return False
    square = abs(np.log(height / width)) <= np.log(1 + MAX_SCALE_ERROR)
    return bool(square and box.overhang(frame, rows, cols) <= MAX_OVERHANG)


def _starts(picture: Video, layout: Layout) -> Iterator[Box]:
    """The whole frame, and the frame without bars, taken for the problem's frame or for its board alone; filled,
    or with bars that keep the shape."""
    whole = Box(0, picture.shape[1], 0, picture.shape[0])
    frame = (layout.height_px, layout.width_px, layout.top_px, layout.left_px)
    board = (layout.rows * layout.cell_px, layout.cols * layout.cell_px, 0, 0)
    for area, (height_px, width_px, top_px, left_px) in itertools.product(
        dict.fromkeys((whole, without_bars(picture))), (frame, board)
    ):
        high, wide = (area.bottom - area.top) / height_px, (area.right - area.left) / width_px
        for y, x in ((high, wide), (min(high, wide),) * 2, (max(high, wide),) * 2):
            top = (area.top + area.bottom - height_px * y) / 2 + top_px * y
            left = (area.left + area.right - width_px * x) / 2 + left_px * x
            yield Box(left, left + board[1] * x, top, top + board[0] * y)


def without_bars(picture: Video) -> Box:
    """The part of a frame [H, W, 3] inside its bars; all of it where it is plain."""
    area = [0, picture.shape[0], 0, picture.shape[1]]
    for axis in (0, 1, 0):
        part = picture[area[0] : area[1], area[2] : area[3]].astype(np.float32)
        lines = part if axis == 0 else part.swapaxes(0, 1)
        off = np.abs(lines - lines.mean(axis=1, keepdims=True)).max(axis=(1, 2))
        content = np.flatnonzero(off > PLAIN)
        if len(content) == 0:
            return Box(0, picture.shape[1], 0, picture.shape[0])
        area[2 * axis + 1] = area[2 * axis] + int(content[-1]) + 1
        area[2 * axis] += int(content[0])
    return Box(left=area[2], right=area[3], top=area[0], bottom=area[1])


def _scan(start: Box, frame: FirstFrame, expected: Floats) -> Box | None:
    """The best of a lattice around a box: scales of +-10%, shifts of up to a cell in steps of an eighth."""
    rows, cols = expected.shape[:2]
    some_rows, some_cols = _spread(rows), _spread(cols)
    part = expected[np.ix_(some_rows, some_cols)]
    height, width = start.cell_px(rows, cols)
    middle_y, middle_x = (start.top + start.bottom) / 2, (start.left + start.right) / 2
    step = 0.25 / max(rows, cols)  # moves the outer edges by an eighth of a cell
    best: tuple[float, Box] | None = None
    shifts = np.arange(-8, 9) / 8
    for scale in np.arange(1 - MAX_SCALE_ERROR, 1 + MAX_SCALE_ERROR + 1e-9, step):
        h, w = height * scale, width * scale
        lefts = middle_x - cols / 2 * w + shifts * width
        xs = lefts[:, None, None] + w * (some_cols[:, None] + EDGES)
        for shift in shifts:
            top = middle_y - rows / 2 * h + shift * height
            values = agreement(frame.zones(top + h * (some_rows[:, None] + EDGES), xs), part)
            for number in np.argsort(-values)[:2]:
                box = Box(lefts[number], lefts[number] + cols * w, top, top + rows * h)
                if (best is None or values[number] > best[0]) and _admissible(box, frame, rows, cols):
                    best = values[number], box
    return best[1] if best else None


def _spread(count: int) -> npt.NDArray[np.int64]:
    """At most `SCAN_CELLS` of a board's rows or columns, the first and the last among them."""
    return np.unique(np.linspace(0, count - 1, min(count, SCAN_CELLS)).round().astype(np.int64))


Move = tuple[float, float, float, float]
_EDGE_MOVES: tuple[Move, ...] = ((1, 0, 0, 0), (0, 1, 0, 0), (0, 0, 1, 0), (0, 0, 0, 1))
_BOARD_MOVES: tuple[Move, ...] = ((1, 1, 0, 0), (0, 0, 1, 1), (-1, 1, 0, 0), (0, 0, -1, 1), (-1, 1, -1, 1))
"""Steps of the edges left, right, top, bottom: each alone; shifts, a wider, a taller and a larger board."""


def climb(
    box: Box,
    frame: FirstFrame,
    expected: Floats,
    *,
    moves: Sequence[Move] = _EDGE_MOVES + _BOARD_MOVES,
    zones: slice = slice(None),
) -> tuple[Box, float]:
    """The box moved, in smaller and smaller steps, to where the frame agrees best; and how well.

    moves: of the edges left, right, top, bottom, each tried both ways. zones: those that are looked at.
    """
    rows, cols = expected.shape[:2]
    both_ways = [tuple(sign * part for part in move) for move in moves for sign in (1, -1)]

    def fit(box: Box) -> float:
        seen = zones_in(frame, box, rows, cols)[None, :, :, zones]
        return float(agreement(seen, expected[:, :, zones])[0])

    value = fit(box)
    step = max(box.cell_px(rows, cols)) / 8
    finest = step / 32
    while step >= finest:
        improved = False
        for move in both_ways:
            other = box.moved(*[part * step for part in move])
            if not _admissible(other, frame, rows, cols):
                continue
            found = fit(other)
            if found > value + 1e-6:
                box, value, improved = other, found, True
        if not improved:
            step /= 2
    return box, value
