"""Distortions do what their names say, grow with their strength, and lose nothing that they do not mean to."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from videorlvr.audit.compression import Autoencoder, autoencoder_of
from videorlvr.audit.distortions import DISTORTIONS, UNCHANGED
from videorlvr.base import seeding
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

WORLD = WORLDS["maze"]
PROBLEM = make_problem(WORLD, "small", "val", 1)
VIDEO = oracle_video(WORLD, PROBLEM)
RESHAPING = {
    "shift",
    "letterbox",
    "pillarbox",
    "blurred bars",
    "lost frames",
    "repeated frames",
    "fewer frames",
    "more frames",
}
RETIMED = {
    "merged duplicates",
    "dissolves",
    "smoothing",
    "afterglow",
    "shared means",
    "interpolation",
    "telecine",
    "fades",
    "cards",
}
"""They mix frames or add some; every frame that rests is still one of the video's."""
IN_PLACE = sorted(set(DISTORTIONS) - RESHAPING - RETIMED - {UNCHANGED})
GROWING = ("dimming", "fading contrast", "fading colours", "zoom", "pan")
HARMLESS = {"larger"}  # the larger the way, the less is lost on it


def distorted(name, strength, video=VIDEO, seed=0):
    rng = seeding.rng("test", name, seed)
    return DISTORTIONS[name].make(WORLD, PROBLEM, video, strength, rng)


@pytest.mark.parametrize("name", DISTORTIONS)
def test_what_comes_out_is_a_video_and_the_same_each_time(name):
    before = VIDEO.copy()
    for strength in DISTORTIONS[name].strengths:
        first, second = (distorted(name, strength) for _ in range(2))
        assert first.dtype == np.uint8
        assert first.ndim == 4
        assert first.shape[-1] == 3
        assert np.array_equal(first, second)
    assert np.array_equal(VIDEO, before)


@pytest.mark.parametrize("name", sorted(set(IN_PLACE) - HARMLESS))
def test_damage_grows_with_strength(name):
    damage = [
        np.abs(distorted(name, strength).astype(float) - VIDEO).mean()
        for strength in DISTORTIONS[name].strengths
    ]
    assert 0 < damage[0] < damage[-1]
    for weaker, stronger in itertools.pairwise(damage):
        assert stronger > 0.95 * weaker  # at its best, what H.264 loses is colour at half the resolution


def test_noise_has_the_standard_deviation_it_says():
    grey = np.full((4, 64, 64, 3), 128, np.uint8)
    noisy = distorted("noise", 16, grey).astype(float)
    assert noisy.std() == pytest.approx(16, rel=0.05)
    assert noisy.mean() == pytest.approx(128, abs=0.5)


def test_brightness_and_contrast_are_arithmetic():
    ramp = np.arange(48, dtype=np.uint8).reshape(1, 4, 4, 3) + 100
    assert np.array_equal(distorted("brighter", 20, ramp), ramp + 20)
    assert np.array_equal(distorted("darker", 20, ramp), ramp - 20)
    assert np.abs(distorted("less contrast", 0.5, ramp) - (127.5 + 0.5 * (ramp - 127.5))).max() <= 0.5


@pytest.mark.parametrize("name", ["hue", "less saturation", "more saturation"])
def test_colour_changes_leave_grey_alone(name):
    ramp = np.repeat(np.arange(0, 256, 17, dtype=np.uint8).reshape(1, 4, 4, 1), 3, axis=-1)
    for strength in DISTORTIONS[name].strengths:
        assert np.abs(distorted(name, strength, ramp).astype(int) - ramp).max() <= 1


def test_a_turn_of_hue_by_a_third_of_the_circle_exchanges_channels():
    colour = np.broadcast_to(np.array([200, 50, 20], np.uint8), (1, 2, 2, 3))
    turned = {tuple(distorted("hue", 120, colour, seed)[0, 0, 0].tolist()) for seed in range(12)}
    assert turned == {(20, 200, 50), (50, 20, 200)}


def test_a_shift_by_whole_pixels_moves_every_pixel_as_it_is():
    cell = PROBLEM.layout.cell_px
    moved = distorted("shift", 3 / cell)
    height, width = VIDEO.shape[1:3]
    room = (moved.shape[1] - height) // 2
    places = [
        (row, col)
        for row in (room - 3, room + 3)
        for col in (room - 3, room + 3)
        if np.array_equal(moved[:, row : row + height, col : col + width], VIDEO)
    ]
    assert len(places) == 1


def test_bars_surround_the_whole_picture():
    boxed = distorted("letterbox", 0.2)
    bar = (boxed.shape[1] - VIDEO.shape[1]) // 2
    assert np.array_equal(boxed[:, bar:-bar], VIDEO)
    assert not boxed[:, :bar].any()
    assert not boxed[:, -bar:].any()


def test_blurred_bars_show_the_picture_and_surround_it():
    boxed = distorted("blurred bars", 0.4)
    bar = (boxed.shape[2] - VIDEO.shape[2]) // 2
    assert np.array_equal(boxed[:, :, bar:-bar], VIDEO)
    assert boxed[:, :, :bar].std() > 5


@pytest.mark.parametrize("name", GROWING)
def test_what_grows_leaves_the_first_frame_and_grows(name):
    still = VIDEO[:1].repeat(9, axis=0)
    for strength in DISTORTIONS[name].strengths:
        damage = np.abs(distorted(name, strength, still).astype(float) - still).mean(axis=(1, 2, 3))
        assert damage[0] == 0
        assert all(later >= 0.95 * earlier for earlier, later in itertools.pairwise(damage))
        assert damage[-1] > 0.5 * damage.max() > 0


def test_a_pan_ends_where_it_says():
    """By a whole cell; both ways are known, so the picture is at one of four places."""
    cell = PROBLEM.layout.cell_px
    last = distorted("pan", 1)[-1]
    inner = VIDEO[-1, cell:-cell, cell:-cell]
    places = [last[y : y + len(inner), x : x + len(inner)] for y in (0, 2 * cell) for x in (0, 2 * cell)]
    assert sum(np.array_equal(place, inner) for place in places) == 1


def test_zoom_and_rotation_keep_the_centre_and_move_what_is_far_from_it():
    spot = np.zeros((2, 65, 65, 3), np.uint8)
    spot[:, 32, 32] = 255
    for name, strength in (("zoom", 0.1), ("rotation", 10)):
        assert np.unravel_index(distorted(name, strength, spot)[-1, ..., 0].argmax(), (65, 65)) == (32, 32)
    spot[:, 32, 52] = 255
    edge = {int(distorted("zoom", 0.1, spot, seed)[-1, 32, 40:, 0].argmax()) + 40 for seed in range(9)}
    assert edge == {50, 54}


def frames_of(video):
    """Frames told apart by a number in a corner."""
    return [int(frame[0, 0, 0]) for frame in video]


@pytest.mark.parametrize("name", sorted(RESHAPING - {"shift", "letterbox", "pillarbox", "blurred bars"}))
def test_frames_keep_their_order_and_their_ends(name):
    numbered = VIDEO.copy()
    numbered[:, 0, 0, 0] = np.arange(len(VIDEO))
    for strength in DISTORTIONS[name].strengths:
        shown = frames_of(distorted(name, strength, numbered))
        assert shown == sorted(shown)
        assert (shown[0], shown[-1]) == (0, len(VIDEO) - 1)
        if DISTORTIONS[name].keeps_frames:
            assert set(shown) == set(range(len(VIDEO)))
            assert len(shown) > len(VIDEO)
        else:
            assert len(shown) == len(set(shown)) < len(VIDEO)


@pytest.mark.parametrize("name", sorted(RETIMED))
def test_what_is_mixed_in_time_shows_nothing_else(name):
    """Each pixel is between the least and the most that it ever is, cards and fades from black apart; where nothing
    changes nothing is mixed; and the last frame of the video is shown in full."""
    still = VIDEO[:1].repeat(9, axis=0)
    for strength in DISTORTIONS[name].strengths:
        shown = distorted(name, strength)
        assert (np.abs(shown.astype(int) - VIDEO[-1]).max(axis=(1, 2, 3)) <= 20).any()
        if name not in ("fades", "cards"):
            assert (shown >= VIDEO.min(axis=0)).all()
            assert (shown <= VIDEO.max(axis=0)).all()
            assert np.array_equal(np.unique(distorted(name, strength, still), axis=0), still[:1])


def test_the_autoencoder_is_a_projection():
    autoencoder = autoencoder_of(WORLD, PROBLEM)
    gram = autoencoder.components @ autoencoder.components.T
    assert np.abs(gram - np.eye(len(gram))).max() < 1e-3


def test_with_all_components_the_autoencoder_gives_back_any_video():
    """Of odd sizes too: its blocks are cut and joined again in the same order."""
    size = 4 * 16 * 16 * 3
    whole = Autoencoder(np.zeros(size, np.float32), np.eye(size, dtype=np.float32))
    video = seeding.rng("any video").integers(0, 256, (6, 35, 20, 3), dtype=np.uint8)
    assert np.array_equal(whole.round_trip(video, size), video)


def test_the_first_frame_has_a_block_to_itself():
    """What follows must not bleed into the given frame."""
    size = 4 * 16 * 16 * 3
    average = np.tile(np.eye(16 * 16 * 3, dtype=np.float32), 4) / 2  # one frame for four: their mean
    blurred = Autoencoder(np.zeros(size, np.float32), average)
    video = np.zeros((5, 16, 16, 3), np.uint8)
    video[0] = 200
    video[4] = 100
    assert [int(frame.max()) for frame in blurred.round_trip(video, len(average))] == [200, 25, 25, 25, 25]


@pytest.mark.parametrize("shape", [(2, 33, 40, 3), (2, 32, 41, 3)])
def test_h264_takes_odd_sizes(shape):
    video = np.full(shape, 90, np.uint8)
    assert np.abs(distorted("h264", 18, video).astype(int) - video).max() <= 3
