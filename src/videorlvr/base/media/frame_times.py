"""How often each picture of a file counts, by how long it is shown.

Writers merge equal neighbours into one longer picture: GIF and WebP always, video files where frames were dropped as
duplicates. Pictures are laid out again on a common time grid, so that a held frame counts as often as it is shown.

Law: pictures at a constant rate, but for the rounding of their times, are one frame each.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

NO_RATE_FPS = 8.0
"""Pictures without a duration state no rate; this one is reported for them."""
MIN_SHOWN_MS = 4.0
"""The fastest screens show 240 pictures a second."""
INSTANT_MS, INSTEAD_MS = 10.0, 100.0
"""A picture of an animation that states no time is shown for a tenth of a second. Of one that is to last 10 ms or less,
browsers make the same, and other players do not."""
_FINEST = 16
"""Parts of the shortest picture that are tried as the time grid."""
_CLEAR = 8
"""... in a video file only down to this many units of rounding: on a finer grid any times would do."""
_UNITS_MS = (1.0, 2.0)
"""Times of video files are rounded to a tick of theirs, or were once: to milliseconds, to 1/600 s. A tick that is
longer is the frame itself."""

Lengths = npt.NDArray[np.float64]


@dataclass
class FrameTimes:
    """When the frames of a video file are shown. ticks: presentation times, None where there is none;
    last: ticks for which the last frame is shown, 0 where that is not known."""

    tick_ms: float
    ticks: list[int | None] = field(default_factory=list)
    last: int = 0


def frames_shown(durations: Sequence[float], *, unit_ms: float, max_frames: int) -> tuple[list[int], float]:
    """For how many frames each picture of an animation is shown, and the length of a frame in ms.

    The longest frame is taken of which every picture lasts a whole number, but for the file's rounding of
    `unit_ms`: 125 ms, 125 ms, 250 ms are 1, 1 and 2 frames. A hold that would go over `max_frames` is cut: it
    shows nothing new. Pictures without a duration are one frame each.
    """
    lengths = np.asarray(durations, np.float64)
    if lengths.min() <= 0:
        return [1] * len(lengths), 1000 / NO_RATE_FPS
    if np.ptp(lengths) <= unit_ms:
        return [1] * len(lengths), float(lengths.mean())
    shortest = float(lengths.min())
    found = _grid(lengths, unit_ms, _FINEST) or (_rounded(lengths / shortest), shortest)
    return _cut(found[0], max_frames), found[1]


def frames_held(times: FrameTimes, *, max_frames: int) -> tuple[list[int], float | None]:
    """The same for the frames of a video file; the length is None where every frame counts once.

    Where times fit no grid, as in recordings of screens, a frame counts as often as the median one fits into
    it. Frames count once where a time is missing or does not grow.
    """
    once: list[int] = [1] * len(times.ticks)
    ticks = [tick for tick in times.ticks if tick is not None]
    steps = [after - before for before, after in itertools.pairwise(ticks)]
    if len(ticks) < max(2, len(once)) or min(steps) <= 0:
        return once, None
    lengths = np.array(steps, np.float64) * times.tick_ms
    last = times.last * times.tick_ms
    stated = last >= lengths.min()
    if stated:
        lengths = np.append(lengths, last)
    unit = min(max(times.tick_ms, _UNITS_MS[0]), _UNITS_MS[1])
    if np.ptp(lengths) <= 2 * unit:
        return once, None
    finest = min(_FINEST, int(lengths.min() / (_CLEAR * unit)))
    median = float(np.median(lengths))
    shown, period = _grid(lengths, unit, finest) or (_rounded(lengths / median), median)
    counts = _cut(shown if stated else np.append(shown, 1), max_frames)
    return counts, (period if max(counts) > 1 else None)


def _grid(lengths: Lengths, unit: float, finest: int) -> tuple[Lengths, float] | None:
    """Frames a picture and the length of a frame, if all pictures last whole numbers of it to within a unit."""
    for parts in range(1, finest + 1):
        # The shortest picture is rounded, too, so periods around it are tried; it stays so many parts, since a
        # period within the rounding would fit anything.
        periods = (lengths.min() + unit * np.linspace(-1, 1, 41)) / parts
        periods = periods[periods * (parts + 0.5) > lengths.min(), None]
        counts = _rounded(lengths / periods)
        errors = np.abs(lengths - counts * periods).max(axis=1)
        if errors.min() <= unit:
            best = counts[errors.argmin()]
            return best, float(lengths.sum() / best.sum())
    return None


def _rounded(counts: npt.NDArray[Any]) -> Lengths:
    return np.maximum(1.0, np.round(counts))


def _cut(shown: Lengths, max_frames: int) -> list[int]:
    if shown.sum() > max_frames:
        shown = np.minimum(shown, max(1, max_frames // len(shown)))
    counts: list[int] = shown.astype(int).tolist()
    return counts
