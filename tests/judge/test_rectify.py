"""Straightening, pixel by pixel: held against other people's resampling and fits, and at the edges of each bound."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from PIL import Image

from videorlvr.judge.locate import Box
from videorlvr.judge.rectify import (
    CELL_PX,
    MAX_DRIFT,
    MAX_GAIN,
    MAX_OFFSET,
    MAX_UNEVEN,
    MIN_DRIFT,
    MIN_GAIN,
    MIN_TINT,
    TRUE_COLOURS,
    ZONE_WEIGHTS,
    Colours,
    fit_colours,
    in_true_colours,
    straighten,
    without_drift,
)
from videorlvr.worlds.api import Layout, Video

TINT = Colours((0.8, 1.25, 0.97), (20.0, -15.0, 31.0))
SMALL = Layout(24, 24, 0, 0, 8, 3, 3)


def random_video(frames: int, height_px: int, width_px: int) -> Video:
    return np.random.default_rng(frames).integers(0, 256, (frames, height_px, width_px, 3), dtype=np.uint8)


def all_levels() -> Video:
    """Every grey level once, and the other way round in green."""
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    return np.stack([levels, 255 - levels, levels], axis=-1)


# Colours


def test_a_fit_is_that_of_weighted_least_squares() -> None:
    rng = np.random.default_rng(0)
    expected, seen = rng.uniform(0, 255, (2, 3, 4, 6, 3))
    weights = np.broadcast_to(ZONE_WEIGHTS, expected.shape[:-1]).ravel()
    colours = fit_colours(seen, expected)
    for channel in range(3):
        x, y = expected[..., channel].ravel(), seen[..., channel].ravel()
        gain, offset = np.polyfit(x, y, 1, w=np.sqrt(weights))
        assert (colours.gain[channel], colours.offset[channel]) == pytest.approx((gain, offset))


@pytest.mark.parametrize(("apart", "gain"), [(0.0, 1.0), (1.8, 1.0), (2.4, 1.3)])
def test_what_is_shown_at_one_level_only_has_no_gain(apart: float, gain: float) -> None:
    """Two levels that lie 2 apart have a variance of 1: only from there on is a gain told from an offset."""
    expected = np.full((2, 3, 6, 3), 100.0)
    expected[0] += apart
    colours = fit_colours(1.3 * expected + 5, expected)
    assert colours.gain == pytest.approx((gain,) * 3)
    assert colours.offset == pytest.approx([1.3 * (100 + apart / 2) + 5 - gain * (100 + apart / 2)] * 3)


def test_colours_are_believed_up_to_the_bounds() -> None:
    for channel in range(3):
        for gain, offset, believable in (
            (MIN_GAIN, -MAX_OFFSET, True),
            (MAX_GAIN, MAX_OFFSET, True),
            (MIN_GAIN - 0.01, 0, False),
            (MAX_GAIN + 0.01, 0, False),
            (1, MAX_OFFSET + 0.1, False),
            (1, -MAX_OFFSET - 0.1, False),
        ):
            gains, offsets = np.ones(3), np.zeros(3)
            gains[channel], offsets[channel] = gain, offset
            assert Colours(tuple(gains), tuple(offsets)).believable is believable


def test_every_level_goes_back_to_the_nearest_that_looks_like_it() -> None:
    seen = all_levels()
    back = in_true_colours(seen, TINT)
    assert back.dtype == np.uint8
    gain, offset = np.array(TINT.gain), np.array(TINT.offset)
    nearest = np.floor((seen - offset) / gain + 0.5)
    np.testing.assert_array_equal(back, np.clip(nearest, 0, 255))
    assert (nearest < 0).any()
    assert (nearest > 255).any()


@pytest.mark.parametrize(
    ("gain", "offset", "corrected"),
    [
        (1, MIN_TINT, True),
        (1, -MIN_TINT, True),
        (1, MIN_TINT - 0.01, False),
        (1, 0.01 - MIN_TINT, False),
        (0.99, MIN_TINT, True),  # black is off, and white is less so
        (1.03, MIN_TINT - 8.9, False),
        (1 + 7.98 / 255, 0, False),  # white is nearly
        (1 + 8.01 / 255, 0, True),
        (0.96, 0, True),
        (0.96, 6, False),
        (MIN_GAIN - 0.01, 0, False),  # far off, and not believed
        (1, MAX_OFFSET + 1, False),
    ],
)
def test_colours_are_corrected_where_some_level_is_off(gain: float, offset: float, corrected: bool) -> None:
    video = all_levels()
    for channel in range(3):
        gains, offsets = np.ones(3), np.zeros(3)
        gains[channel], offsets[channel] = gain, offset
        back = in_true_colours(video, Colours(tuple(gains), tuple(offsets)))
        assert (back is not video) is corrected
        others = [other for other in range(3) if other != channel]
        np.testing.assert_array_equal(back[..., others], video[..., others])


# Pixels


def in_floats(channel: Video, box: Box) -> np.ndarray:
    """Pillow's own reduction of one channel to a board of 2 x 3 cells."""
    image = Image.fromarray(channel.astype(np.float32))
    size = (3 * CELL_PX, 2 * CELL_PX)
    bounds = (box.left, box.top, box.right, box.bottom)
    return np.asarray(image.resize(size, Image.Resampling.BILINEAR, box=bounds))


@pytest.mark.parametrize(
    "box",
    [
        Box(40, 40 + 3 * 60, 50, 50 + 2 * 60),  # smaller by 2.5
        Box(30.3, 250.9, 41.7, 170.2),
        Box(20, 20 + 3 * 24, 30, 30 + 2 * 24),  # as it is
        Box(20.5, 20.5 + 3 * 24, 30.25, 30.25 + 2 * 24),
        Box(20.3, 20.3 + 3 * 7.1, 30.6, 30.6 + 2 * 8.3),  # larger
        Box(20.3, 20.3 + 3 * 9.1, 30.6, 30.6 + 2 * 49),  # larger one way, smaller the other
    ],
)
def test_boards_are_resampled_as_pillow_does_it(box: Box) -> None:
    video = random_video(2, 210, 290)
    straight = straighten(video, box, TRUE_COLOURS, rows=2, cols=3)
    assert straight.dtype == np.uint8
    for frame, channel in itertools.product(range(2), range(3)):
        expected = in_floats(video[frame, ..., channel], box)
        assert np.abs(straight[frame, ..., channel] - expected).max() <= 0.51


def test_beyond_the_frame_its_edge_goes_on() -> None:
    """Held against numpy's interpolation, which does so too."""
    video = random_video(1, 20, 30)
    box = Box(-2.5, 33.5, -1.25, 22.75)
    ys, xs = (np.arange(2 * CELL_PX) + 0.5) / 2 - 1.25 - 0.5, (np.arange(3 * CELL_PX) + 0.5) / 2 - 2.5 - 0.5
    straight = straighten(video, box, TRUE_COLOURS, rows=2, cols=3)
    for channel in range(3):
        rows = [np.interp(xs, np.arange(30), line) for line in video[0, ..., channel].astype(float)]
        wanted = np.stack([np.interp(ys, np.arange(20), line) for line in np.transpose(rows)], axis=1)
        assert np.abs(straight[0, ..., channel] - wanted).max() <= 0.51


def test_each_frame_is_straightened_by_itself() -> None:
    video = random_video(19, 30, 40)
    box = Box(2, 37.5, 3, 26)
    straight = straighten(video, box, TINT, rows=1, cols=2)
    assert straight.shape == (19, CELL_PX, 2 * CELL_PX, 3)
    for number in range(19):
        alone = straighten(video[number : number + 1], box, TINT, rows=1, cols=2)
        np.testing.assert_array_equal(straight[number], alone[0])


def test_straightened_colours_are_those_of_a_correction_in_place() -> None:
    levels = all_levels().repeat(3, axis=1).repeat(3, axis=2)
    straight = straighten(levels, Box(0, 48, 0, 48), TINT, rows=2, cols=2)
    np.testing.assert_array_equal(straight, in_true_colours(levels, TINT))


# Brightness


def grey_video(*shifts: int | tuple[int, int, int], level: int = 100) -> Video:
    """A grey board, and frames of it that are brighter by so much."""
    video = np.full((1 + len(shifts), 24, 24, 3), level, np.uint8)
    for number, shift in enumerate(shifts, start=1):
        video[number] += np.array(shift).astype(np.uint8)  # modulo 256, so that it may be negative
    return video


@pytest.mark.parametrize("sign", [1, -1])
def test_a_drift_is_taken_back_from_the_least_to_the_most(sign: int) -> None:
    least, most = int(MIN_DRIFT), int(MAX_DRIFT)
    for shift in (least, most):
        video = grey_video(sign * shift)
        assert (without_drift(video, SMALL) == 100).all()
    for shift in (least - 1, most + 1):
        video = grey_video(sign * shift)
        assert without_drift(video, SMALL) is video
    # With a frame that drifts beside them: what is too much to be believed stays as it is.
    steady = without_drift(grey_video(sign * 9, sign * (most + 1)), SMALL)
    assert (steady[1] == 100).all()
    assert (steady[2] == 100 + sign * (most + 1)).all()


def test_channels_drift_by_themselves() -> None:
    assert (without_drift(grey_video((20, -10, 0), (0, 7, -39)), SMALL) == 100).all()


def test_an_uneven_change_is_no_drift() -> None:
    """Thirds of the board become brighter by 10, and by so much less and more: drawn, not shown otherwise."""
    for uneven, drifts in ((int(MAX_UNEVEN), True), (int(MAX_UNEVEN) + 1, False)):
        video = grey_video(10, 10)
        video[1, :8] -= np.uint8(uneven)
        video[1, 16:] += np.uint8(uneven)
        before = video.copy()
        steady = without_drift(video, SMALL)
        np.testing.assert_array_equal(video, before)
        np.testing.assert_array_equal(steady[1], video[1] - np.uint8(10 if drifts else 0))
        assert (steady[2] == 100).all()


def test_black_and_white_stay_so() -> None:
    video = grey_video(-20, 20)
    video[1, 11:13, 11:13] = 250  # inside a core, where nothing is measured
    video[2, 11:13, 11:13] = 5
    steady = without_drift(video, SMALL)
    assert (steady[1, 11:13, 11:13] == 255).all()
    assert (steady[2, 11:13, 11:13] == 0).all()
    steady[:, 11:13, 11:13] = 100
    assert (steady == 100).all()
