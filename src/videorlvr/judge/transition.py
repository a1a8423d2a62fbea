"""What lies between two states: frames in which a move is under way, taken for what they are or for nothing.

A core (the middle of a cell, where figures are) that is neither of two colours may be on its way from one to the other:

    mixture       every share of it is a figure's of this cell before, after, or of one that passes by: dissolves,
                  temporal smoothing, afterglow, frames that share their mean, interpolation, telecine
    displacement  a figure slides: each pixel of the cells that change, and of the one it comes from, is a mixture of
                  what these cells show before and after; all other cells stay as they are

Laws: a transition begins and ends in states that are shown; it goes one way (no share of what was grows again, none
of what comes shrinks); no cell is on its way for more than `MAX_OPEN` frames; each state that a cell passes has to be
shown for `MIN_SHOWN` frames, shares added up. A change happens when half of it is done; changes at one time are one
state, and the states in their order are a trace, which rules and pace judge like any other. So a slow illegal move is
an illegal move, and what comes to nothing was no move.

T frames, R rows, C columns, K figures of a theme.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videorlvr.judge.explain import expected_parts
from videorlvr.judge.mixture import Floats, mixtures
from videorlvr.judge.passages import Passage, UnclearError, in_order
from videorlvr.judge.read import (
    CORE,
    NUM_ZONES,
    RING,
    Measured,
    cells_of,
    measure,
    part_counts,
    part_of_pixels,
    read,
)
from videorlvr.judge.slide import slides
from videorlvr.worlds.api import Cells, Grid, Layout, Theme, Trace, Video

Bools = npt.NDArray[np.bool_]

MAX_OPEN = 8
"""Frames for which a cell may be between two states."""
MIN_SHOWN = 0.6
"""Frames for which a state must be shown, shares of frames added up, to have been there."""
BACK = 0.2
"""By how much a share may go back, since it is measured."""
PURE_SHARE, PURE, OFF = 0.2, 16.0, 24.0
"""A core is a colour if it is nearer to it than this share of the way to the next one, at least so many grey levels; a
mixture may be so far off."""
OF_NOISE = 2.0
MOVED = 45.0
"""A ring or stripe that is so far from what it should be has a figure sliding over it."""
MOST_MOVED = 0.34
"""The share of cells that figures may slide over in one frame; where it is more, the board or the camera moves."""
MOST_PASSING = 2
"""Figures that may pass by in a core between two states."""
MOMENT = 2
"""Frames for which a colour that lies on the way between two others is taken for that way."""


@dataclass(frozen=True, eq=False)
class Settled:
    """States of a video that moves, and which cells are on their way: mixing (`cores`), or slid over (`cells`).

    at_rest: frames whose state some frame shows as it is, bool [T].
    """

    trace: Trace
    cores: Bools
    cells: Bools
    at_rest: Bools


def settle(video: Video, layout: Layout, theme: Theme, given: Grid) -> Settled | None:
    """The states that a video [T, H, W, 3] shows, where it moves between them; None where every frame shows one.

    given: the problem, whose ground never changes.

    Raises:
        UnclearError: If what is between the states cannot be told.
    """
    measured, trace = measure(video[None], layout), read(video[None], layout=layout, theme=theme)[0]
    grounds = expected_parts(theme)[given.ground, given.figure].astype(np.float64)
    shift = shift_of(measured, grounds)
    shown = _Shown(measured.zones[0] - shift[:, None, None, None], grounds, np.array(theme.figures, float))
    if shown.still.all():
        return None
    if not shown.still[0]:
        raise UnclearError(0, "it is no state", odd=True)
    try:
        return _settled(shown, cells_of(video, layout), shift, trace, given.ground)
    except UnclearError as error:
        error.since = int(shown.still.argmin())
        raise


def _settled(shown: _Shown, board: Video, shift: Floats, trace: Trace, given: Cells) -> Settled:
    cells = shown.without_slides(board, shift)
    passages, mixing = list[Passage](), np.zeros(cells.shape, bool)
    for row, col in shown.busy():
        where = np.s_[:, row, col]
        pixels = _core_pixels(board[where]) - shift[:, None]
        core = Core((row, col), shown.cores[where], pixels, shown.table, shown.off)
        passages += core.passages(shown.nearest[where], shown.pure[where])
        mixing[core.mixing, row, col] = True
    figure = in_order(passages, shown.nearest[0], len(board))
    ground = np.where(mixing | cells, given, trace.ground)
    shown_states = {state.tobytes() for state in shown.nearest[shown.still]}
    at_rest = np.array([state.tobytes() in shown_states for state in figure])
    return Settled(dataclasses.replace(trace, ground=ground, figure=figure), mixing & ~cells, cells, at_rest)


def shift_of(measured: Measured, grounds: Floats) -> Floats:
    """By how much each frame is brighter than the theme, [T, 3]: the median over rings, which never change."""
    rings = measured.zones[0, ..., RING, :] - grounds[:, :, RING]
    return np.asarray(np.median(rings.reshape(len(rings), -1, 3), axis=1))


def stood_in_for(
    measured: Measured, video: Video, layout: Layout, settled: Settled, theme: Theme
) -> Measured:
    """Measures in which what lies between states is as the state that it is counted to; all else as it is."""
    trace, counts = settled.trace, part_counts(measured.cell_px)
    parts = expected_parts(theme)[np.minimum(trace.ground, 16 * len(theme.tiles) - 1), trace.figure].astype(
        float
    )
    parts += shift_of(measured, parts[0])[:, None, None, None]
    zones, sums, squares = measured.zones.copy(), measured.sums.copy(), measured.squares.copy()
    whole, mixing = settled.cells, settled.cores
    zones[0, whole] = parts[whole, :NUM_ZONES]
    sums[0, whole] = parts[whole] * counts[:, None]
    squares[0, whole] = (np.square(parts[whole]) * counts[:, None]).sum(axis=(-2, -1))
    outside = part_of_pixels(measured.cell_px) != CORE
    around = cells_of(video, layout)[mixing][:, outside].astype(float)
    zones[0, mixing, CORE] = parts[mixing, CORE]
    sums[0, mixing, CORE] = parts[mixing, CORE] * counts[CORE]
    inside = np.square(parts[mixing, CORE]).sum(axis=-1) * counts[CORE]
    squares[0, mixing] = np.square(around).sum(axis=(-2, -1)) + inside
    return Measured(measured.cell_px, zones, sums, squares)


class _Shown:
    """What the frames of a video show, core by core, as long as nothing is known of how they belong together.

    cores: colours [T, R, C, 3]; nearest: the figure each is nearest to; pure: where it is that figure; moved: where a
    ring or a stripe is not as it should be, [T, R, C]; still: frames of pure cores and rings, [T].
    """

    def __init__(self, zones: Floats, grounds: Floats, table: Floats) -> None:
        self.table, self.grounds, self.cores = table, grounds, zones[..., CORE, :].copy()
        away = np.linalg.norm(self.cores[..., None, :] - table, axis=-1)
        self.nearest, least = away.argmin(axis=-1).astype(np.uint8), away.min(axis=-1)
        noise = OF_NOISE * float(np.median(least))
        self.off = OFF + noise
        self.pure = least <= _reach(table)[self.nearest] + noise
        off = np.linalg.norm(zones[..., RING:, :] - grounds[:, :, RING : zones.shape[3]], axis=-1).max(
            axis=-1
        )
        self.moved = off > MOVED + OF_NOISE * np.median(off)
        self.still = self.pure.all(axis=(1, 2)) & ~self.moved.any(axis=(1, 2))

    def busy(self) -> list[tuple[int, int]]:
        """Cells that are not one figure all the time."""
        changes = ~self.pure.all(axis=0) | (self.nearest != self.nearest[0]).any(axis=0)
        return [(int(row), int(col)) for row, col in np.argwhere(changes)]

    def without_slides(self, board: Video, shift: Floats) -> Bools:
        """The cells that figures slide over, [T, R, C]; until it has arrived, a figure counts as not having left."""
        cells = np.zeros(self.pure.shape, bool)
        if self.moved.mean(axis=(1, 2)).max() > MOST_MOVED:
            raise UnclearError(0, "what is around the figures moves as a whole", odd=True)
        for first, last in _between(self.still, self.moved.any(axis=(1, 2))):
            # Where all cores are whole figures nothing slides: the picture as a whole is not quite at its place.
            odd = bool(self.pure[first + 1 : last].all())
            if last == len(self.still):
                raise UnclearError(first + 1, "a figure slides and comes to rest nowhere", odd=odd)
            if last - first - 1 > MAX_OPEN:
                why = f"more than {MAX_OPEN} frames from one state to the next"
                raise UnclearError(first + 1, why, odd=odd)
            part = slice(first, last + 1)
            pixels = board[part] - shift[part, None, None, None, None]
            over = slides(
                pixels, self.cores[part], self.nearest[part], self.pure[part], self.moved[part],
                self.grounds, self.table, self.off,
            )  # fmt: skip
            if over is None:
                raise UnclearError(first + 1, f"no move that slides up to frame {last - 1}", odd=odd)
            # A figure that has hardly left, or has nearly come, is on its way as well.
            cells[max(1, first) : last + 1] |= over
            for series in (self.cores, self.nearest, self.pure):
                series[first + 1 : last] = series[first]
        return cells


def _reach(table: Floats) -> Floats:
    apart = np.linalg.norm(table[:, None] - table, axis=-1)
    np.fill_diagonal(apart, np.inf)
    return np.asarray(np.maximum(PURE, PURE_SHARE * apart.min(axis=1)))


def _between(still: Bools, moving: Bools) -> list[tuple[int, int]]:
    """(the last state before, the first one after) of each run of frames in which something slides."""
    states = [*np.flatnonzero(still).tolist(), len(still)]
    return [(a, b) for a, b in itertools.pairwise(states) if moving[a + 1 : b].any()]


def _core_pixels(cells: Video) -> Floats:
    """The pixels of a core: [T, px, px, 3] -> [T, pixels, 3]."""
    size = cells.shape[1]
    inner = slice(round(size / 4), size - round(size / 4))
    return np.asarray(cells[:, inner, inner].reshape(len(cells), -1, 3), float)


class Core:
    """One core over a video: colours [T, 3], their pixels [T, pixels, 3]. `mixing`: frames in which it is between two
    figures, known when its changes are."""

    def __init__(
        self, cell: tuple[int, int], colours: Floats, pixels: Floats, table: Floats, off: float
    ) -> None:
        self.cell, self.colours, self.pixels, self.table, self.off = cell, colours, pixels, table, off
        self.mixing = list[int]()

    def unclear(self, frame: int, why: str, *, odd: bool = False) -> UnclearError:
        return UnclearError(frame, f"cell {self.cell[0]}, {self.cell[1]}: {why}", odd=odd)

    def passages(self, nearest: Cells, pure: Bools) -> list[Passage]:
        """nearest: the figure that it is nearest to, [T]; pure: where it is that figure."""
        pure = _without_lookalikes(nearest, pure, self.table, self.off)
        states, out = np.flatnonzero(pure).tolist(), list[Passage]()
        if states[-1] != len(pure) - 1:
            long = len(pure) - 1 - states[-1] > MAX_OPEN
            raise self.unclear(states[-1] + 1, "what begins there comes to no end", odd=long)
        for first, last in itertools.pairwise(states):
            before, after = int(nearest[first]), int(nearest[last])
            if last - first - 1 > MAX_OPEN:
                long = last - first - 1 > 2 * MAX_OPEN
                why = f"it is between two figures for more than {MAX_OPEN} frames"
                raise self.unclear(first + 1, why, odd=long)
            if last > first + 1:
                passage = self._passage(first, last, before, after)
                self.mixing += range(first + 1, last) if passage else []
            else:
                passage = Passage(self.cell, first + 0.5, (before, after)) if before != after else None
            out += [passage] if passage else []
        return out

    def _passage(self, first: int, last: int, before: int, after: int) -> Passage | None:
        """What it passes through between two states; nothing if it is only noisy."""
        ends = list(dict.fromkeys((before, after)))
        others = [code for code in range(len(self.table)) if code not in ends]
        for number in range(1 + MOST_PASSING):
            ways = [[*ends, *more] for more in itertools.combinations(others, number)]
            fits = [mixtures(self.colours[first + 1 : last], self.table[way]) for way in ways]
            best = min(range(len(ways)), key=lambda way: float(np.square(fits[way][1]).sum()), default=None)
            if best is None or fits[best][1].max() > self.off:
                continue
            pixels = self.pixels[first + 1 : last]
            left = mixtures(pixels.reshape(-1, 3), self.table[ways[best]])[1].reshape(len(pixels), -1)
            if np.sqrt(np.square(left).mean(axis=1)).max() > self.off:
                continue
            return self._timed(fits[best][0], ways[best], before, after, first)
        raise self.unclear(first + 1, "it is no mixture of figures", odd=True)

    def _timed(
        self, shares: Floats, codes: Sequence[int], before: int, after: int, first: int
    ) -> Passage | None:
        """shares: [frames, codes]. A figure that passes by is there for as many frames as its shares add up to."""
        of = dict(zip(codes, shares.T, strict=True))
        passing = [code for code in codes if code not in (before, after)]
        if before == after and not passing:
            return None
        frames = first + 1 + np.arange(len(shares))
        extra = sum((of[code] for code in passing), np.zeros(len(shares)))
        one_way = [-of[before], of[after]] if before != after else []
        if any((np.maximum.accumulate(series) - series).max() > BACK for series in one_way):
            raise self.unclear(first + 1, "it goes back on its way")
        if before != after:
            start = first + 0.5 + float(of[before].sum())
        else:
            start = float((frames * extra).sum() / max(extra.sum(), 1e-9) - extra.sum() / 2)
        shown = tuple(float(of[code].sum()) for code in passing)
        if min(shown, default=1.0) < MIN_SHOWN:
            raise self.unclear(first + 1, f"a figure is there for {min(shown):.1f} frames", odd=True)
        passing.sort(key=lambda code: float((frames * of[code]).sum() / of[code].sum()))
        shown = tuple(float(of[code].sum()) for code in passing)
        return Passage(self.cell, start, (before, *passing, after), shown)


def _without_lookalikes(nearest: Cells, pure: Bools, table: Floats, off: float) -> Bools:
    """A core that for a moment looks like a figure which lies between those before and after is on its way to these."""
    pure, states = pure.copy(), np.flatnonzero(pure)
    edges = np.flatnonzero(np.diff(nearest[states])) + 1
    runs = np.split(states, edges)
    for before, run, after in zip(runs, runs[1:], runs[2:], strict=False):
        ends = table[[nearest[before[-1]], nearest[after[0]]]]
        if len(run) <= MOMENT and not np.array_equal(*ends):
            pure[run] = mixtures(table[nearest[run[:1]]], ends)[1][0] > off
    return pure
