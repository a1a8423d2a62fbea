"""How often a picture counts, from its length alone: at the edges of what rounding explains."""

from __future__ import annotations

import numpy as np
import pytest

from videorlvr.base.media.frame_times import NO_RATE_FPS, FrameTimes, frames_held, frames_shown

RATES_MS = (2.5, 4, 10, 1000 / 60, 20, 25, 100 / 3, 40, 125, 500)


@pytest.mark.parametrize("unit_ms", [1, 5, 10])
@pytest.mark.parametrize("frame_ms", RATES_MS)
def test_a_constant_rate_is_one_frame_each_however_short(frame_ms: float, unit_ms: float) -> None:
    """Also of GIFs with a hundredth of a second for each picture, which is as short as their rounding."""
    for rounded in (np.round, np.floor):
        times = rounded(np.arange(24) * frame_ms / unit_ms) * unit_ms
        lengths = np.diff(times)
        if lengths.min() > 0:
            with np.errstate(all="raise"):
                shown, period_ms = frames_shown(lengths, unit_ms=unit_ms, max_frames=1024)
            assert shown == [1] * 23
            assert period_ms == pytest.approx(lengths.mean())


@pytest.mark.parametrize(
    ("durations", "unit_ms", "expected"),
    [
        ([10, 10, 30], 10, [1, 1, 3]),  # as short as the rounding
        ([20, 20, 40], 10, [1, 1, 2]),
        ([20, 30, 20], 10, [1, 1, 1]),  # a unit apart: all rounding
        ([1, 2], 1, [1, 1]),
        ([33, 35], 1, [1, 1]),  # a unit from 34 on both sides
        ([160, 170], 0.1, [16, 17]),  # the finest grid that is tried
        ([170, 180], 0.1, [1, 1]),  # ... and one that is too fine
        ([0.25, 0.5], 0.01, [1, 2]),
        ([0.5, 0.5, 1.5], 0.01, [1, 1, 3]),
        ([125, 0], 1, [1, 1]),  # one without a duration: nothing is known
        ([1, 1, 3], 0.1, [1, 1, 3]),
    ],
)
def test_the_grid_is_as_fine_as_the_rounding_lets_it_be(
    durations: list[float], unit_ms: float, expected: list[int]
) -> None:
    shown, period_ms = frames_shown(durations, unit_ms=unit_ms, max_frames=1024)
    assert shown == expected
    assert all(type(count) is int for count in shown)
    if min(durations) > 0 and max(expected) < 17:
        assert abs(period_ms - min(durations) / min(shown)) <= unit_ms


def test_the_length_of_a_frame_is_the_mean_over_all() -> None:
    """Not of the shortest picture, which was rounded: 30 frames a second in whole milliseconds, one held."""
    times = FrameTimes(1, [0, 33, 67, 1067, 1100], 33)
    shown, period_ms = frames_held(times, max_frames=1024)
    assert shown == [1, 1, 30, 1, 1]
    assert period_ms == pytest.approx(1133 / 34)
    assert frames_shown([33, 34, 1000, 33, 33], unit_ms=1, max_frames=1024) == (
        shown,
        pytest.approx(1133 / 34),
    )


def test_without_durations_a_rate_is_stated_for_them() -> None:
    assert frames_shown([0, 0], unit_ms=1, max_frames=9) == ([1, 1], 1000 / NO_RATE_FPS)


@pytest.mark.parametrize(
    ("ticks", "last", "tick_ms", "expected"),
    [
        ([0, 33], 99, 1, [1, 3]),  # two pictures are enough
        ([0, 250, 625], 250, 1, [2, 3, 2]),  # the last is as long as the shortest
        ([0, 16, 40], 0, 1, [2, 3, 1]),  # 8 ms are 8 units of a millisecond
        ([0, 14, 35], 0, 1, [1, 1, 1]),  # ... and 7 ms are 7
        ([0, 160, 400], 0, 0.1, [2, 3, 1]),  # finer ticks were once milliseconds
        ([0, 120, 300], 0, 0.1, [1, 1, 1]),
        ([0, 12, 30], 0, 2, [1, 1, 1]),  # 12 ms are 6 units of 2 ms
        ([0, 8, 20], 0, 2, [1, 1, 1]),  # ... and 4 of 2 ms: a grid of 8 ms is not tried
        ([0, 1, 4], 0, 1, [1, 1, 1]),  # 2 units apart: all rounding
        ([0, 1, 4], 0, 2, [1, 1, 1]),
        ([0, 3, 6, 12], 0, 1, [1, 1, 2, 1]),  # 3 units apart
        ([0, 15, 36, 49, 66, 85, 100], 15, 2, [1] * 7),  # a recording of a screen, in units of 2 ms
        ([0, 4, 10], 0, 10, [2, 3, 1]),  # a tick of 10 ms is a frame, and its rounding 2 ms
    ],
)
def test_video_files_are_laid_on_a_grid_that_their_ticks_can_tell(
    ticks: list[int | None], last: int, tick_ms: float, expected: list[int]
) -> None:
    with np.errstate(all="raise"):
        shown, period_ms = frames_held(FrameTimes(tick_ms, ticks, last), max_frames=1024)
    assert shown == expected
    assert (period_ms is None) == (max(expected) == 1)


def test_holds_are_cut_only_beyond_the_limit() -> None:
    for limit, expected in ((6, [1, 1, 4]), (5, [1, 1, 1]), (7, [1, 1, 4]), (2, [1, 1, 1])):
        assert frames_shown([10, 10, 40], unit_ms=1, max_frames=limit)[0] == expected
        assert frames_held(FrameTimes(1, [0, 20, 40], 80), max_frames=limit)[0] == expected
