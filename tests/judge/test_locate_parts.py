"""The parts of the search for a board, each held against a plainer way to the same number or to its own law."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from videorlvr.judge import locate as register
from videorlvr.judge.locate import (
    MAX_OVERHANG,
    MAX_SCALE_ERROR,
    PLAIN,
    Box,
    FirstFrame,
    agreement,
    expected_zones,
    find_board,
    without_bars,
    zones_in,
)
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Layout, Video
from videorlvr.worlds.problems import make_problem, theme_of
from videorlvr.worlds.render import first_frame

WORLD = WORLDS["sokoban"]
PROBLEM = make_problem(WORLD, "micro", "val", 0)
FRAME = first_frame(WORLD, PROBLEM)
EXPECTED = expected_zones(PROBLEM.grid, theme_of(WORLD, PROBLEM))
ROWS, COLS = PROBLEM.grid.shape
SIDES = ("left", "right", "top", "bottom")


def random_frame(height_px: int, width_px: int, seed: int = 0) -> Video:
    return np.random.default_rng(seed).integers(0, 256, (height_px, width_px, 3), dtype=np.uint8)


def test_a_box_tells_cells_overhang_and_distance() -> None:
    box = Box(left=10, right=40, top=20, bottom=30)
    assert box.cell_px(rows=2, cols=3) == (5, 10)
    assert box.moved(1, 2, 3, 4) == Box(11, 42, 23, 34)
    for side in SIDES:
        other = Box(**{**vars(box), side: vars(box)[side] - 7})
        assert box.distance(other) == other.distance(box) == 7
    # In cells of 5 px in height and 10 px in width: by the side that lies out furthest.
    for height, width, over in ((50, 50, -1), (29, 60, 0.2), (60, 35, 0.5), (29, 35, 0.5), (24, 35, 1.2)):
        assert box.overhang(FirstFrame(random_frame(height, width)), 2, 3) == pytest.approx(over)
    whole = FirstFrame(random_frame(100, 100))
    assert box.moved(-13, 0, 0, 0).overhang(whole, 2, 3) == pytest.approx(3 / (43 / 3))
    assert box.moved(0, 0, -22, 0).overhang(whole, 2, 3) == pytest.approx(2 / 16)


# Zones


def in_eighths(frame: Video, pad_px: int) -> Video:
    """Every pixel as 8 x 8, with the frame's edges going on: then boxes at eighths of pixels are whole."""
    around = np.pad(frame.astype(float), ((pad_px, pad_px), (pad_px, pad_px), (0, 0)), mode="edge")
    return around.repeat(8, axis=0).repeat(8, axis=1)


@pytest.mark.parametrize(
    "box",
    [
        Box(left=4, right=4 + 3 * 8, top=2, bottom=2 + 2 * 8),
        Box(left=4.125, right=4.125 + 3 * 7, top=2.625, bottom=2.625 + 2 * 9),
        Box(left=-3, right=-3 + 3 * 16, top=-2.5, bottom=-2.5 + 2 * 16),  # beyond all four edges
    ],
)
def test_zones_are_the_means_of_their_pixels(box: Box) -> None:
    frame = random_frame(24, 34)
    seen = zones_in(FirstFrame(frame), box, 2, 3)
    assert seen.shape == (2, 3, 6, 3)
    height, width = (round(side) for side in box.cell_px(2, 3))
    fine = in_eighths(frame, 16)
    for row, col in itertools.product(range(2), range(3)):
        top = round(8 * (16 + box.top + row * height))
        left = round(8 * (16 + box.left + col * width))
        cell = fine[top : top + 8 * height, left : left + 8 * width]
        h, w = height, width  # an eighth of a cell, in eighths of a pixel
        core, ring = cell[2 * h : -2 * h, 2 * w : -2 * w], cell[h:-h, w:-w]
        ring_mean = (ring.sum(axis=(0, 1)) - core.sum(axis=(0, 1))) / (36 * h * w - 16 * h * w)
        stripes = (cell[:h, w:-w], cell[h:-h, -w:], cell[-h:, w:-w], cell[h:-h, :w])
        wanted = [core.mean(axis=(0, 1)), ring_mean, *(stripe.mean(axis=(0, 1)) for stripe in stripes)]
        np.testing.assert_allclose(seen[row, col], wanted)


def test_zones_of_many_boxes_are_those_of_each() -> None:
    frame, edges = FirstFrame(random_frame(40, 50)), register.EDGES
    ys = 3 + 9 * (np.arange(2)[:, None] + edges)
    lefts = (0.0, 2.5, 9.75)
    xs = np.stack([left + 11 * (np.arange(3)[:, None] + edges) for left in lefts])
    many = frame.zones(ys, xs)
    assert many.shape == (3, 2, 3, 6, 3)
    for number, left in enumerate(lefts):
        one = zones_in(frame, Box(left, left + 33, 3, 21), 2, 3)
        np.testing.assert_allclose(many[number], one)


# Agreement


def test_agreement_is_the_share_of_variance_that_a_line_explains() -> None:
    """Per channel the square of the correlation, where it is positive; and a grey level's variance for what is flat."""
    rng = np.random.default_rng(0)
    expected = rng.uniform(0, 255, (3, 4, 6, 3))
    seen = 0.6 * expected + rng.normal(0, (10, 40, 90), expected.shape)
    seen[..., 2] -= 1.5 * expected[..., 2]  # a channel as a negative: explains nothing
    other = rng.uniform(0, 255, expected.shape)
    values = agreement(np.stack([seen, other]), expected)
    x = expected.reshape(-1, 3)
    for value, zones in zip(values, (seen, other), strict=True):
        y = zones.reshape(-1, 3)
        correlations = [max(0, np.corrcoef(x[:, c], y[:, c])[0, 1]) for c in range(3)]
        variances = y.var(axis=0)
        assert value == pytest.approx((np.square(correlations) * variances).sum() / (variances.sum() + 3))


def test_agreement_of_what_is_flat_is_none() -> None:
    flat = np.full((2, 2, 6, 3), 90.0)
    assert agreement(flat[None], EXPECTED[:2, :2]) == pytest.approx(0)
    assert agreement(EXPECTED[None, :2, :2], flat) == pytest.approx(0)
    assert agreement(0.5 * EXPECTED[None] + 30, EXPECTED)[0] > 0.99


# Bars and starts


@pytest.mark.parametrize(("noise", "bar"), [(PLAIN, True), (PLAIN + 1, False)])
def test_bars_are_plain_but_for_a_little_noise(noise: int, bar: bool) -> None:
    """How far a pixel is from the mean of its row decides: here one of a hundred, which hardly moves the mean."""
    picture = np.full((60, 100, 3), 90, np.uint8)
    picture[10:40, 20:70] = random_frame(30, 50)
    for channel in range(3):
        noisy = picture.copy()
        noisy[3, 5, channel] += np.uint8(noise)
        top = without_bars(noisy).top
        assert (top == 10) is bar
        assert without_bars(noisy).bottom == 40


def test_bars_within_bars_are_taken_off() -> None:
    """Rows that cross side bars of another colour are plain only when those are gone."""
    picture = np.full((60, 100, 3), 200, np.uint8)
    picture[:, :20] = picture[:, 75:] = 10
    picture[12:41, 20:75] = random_frame(29, 55)
    assert without_bars(picture) == Box(left=20, right=75, top=12, bottom=41)
    assert without_bars(picture.swapaxes(0, 1)) == Box(left=12, right=41, top=20, bottom=75)
    one = picture[:, 20:75].copy()
    assert without_bars(one[:41]) == Box(left=0, right=55, top=12, bottom=41)
    assert without_bars(one[12:]) == Box(left=0, right=55, top=0, bottom=29)


def test_bars_of_any_channel_and_of_one_line() -> None:
    picture = random_frame(30, 40)
    for channel in range(3):
        thin = np.zeros((30, 40, 3), np.uint8)
        thin[..., channel] = picture[..., channel]
        thin[0] = thin[-1] = thin[:, 0] = thin[:, -1] = 40
        assert without_bars(thin) == Box(left=1, right=39, top=1, bottom=29)


def starts_of(picture: Video, layout: Layout) -> list[Box]:
    return list(register._starts(picture, layout))


def test_boards_are_looked_for_where_people_put_them() -> None:
    """Of a frame of 40 x 60 px with a board of 2 x 4 cells at (4, 12): stretched, fitted, cropped; board alone."""
    layout = Layout(height_px=40, width_px=60, top_px=4, left_px=12, cell_px=8, rows=2, cols=4)
    starts = starts_of(random_frame(80, 180), layout)
    # The whole frame stretched: twice as high, three times as wide.
    assert starts[0] == Box(36, 36 + 3 * 32, 8, 8 + 2 * 16)
    # Fitted, at twice its size, between bars of 30 px; and cropped, at three times, 20 px lost above and below.
    assert starts[1] == Box(30 + 24, 30 + 24 + 64, 8, 8 + 32)
    assert starts[2] == Box(36, 36 + 96, 12 - 20, 12 - 20 + 48)
    # The board alone, 16 x 32 px: stretched, fitted at 5 times, cropped at 5.625 times.
    assert starts[3] == Box(0, 180, 0, 80)
    assert starts[4] == Box(10, 170, 0, 80)
    assert starts[5] == Box(0, 180, -5, 85)
    assert len(starts) == 6


def test_boards_are_looked_for_within_bars_too() -> None:
    layout = Layout(height_px=40, width_px=60, top_px=4, left_px=12, cell_px=8, rows=2, cols=4)
    inside = random_frame(80, 180)
    page = np.full((150, 200, 3), 70, np.uint8)
    page[50:130, 5:185] = inside
    starts = starts_of(page, layout)
    assert starts[:6] == starts_of(random_frame(150, 200), layout)
    assert starts[6:] == [box.moved(5, 5, 50, 50) for box in starts_of(inside, layout)]


def test_a_box_may_be_so_much_out_of_square_and_out_of_the_frame() -> None:
    frame = FirstFrame(random_frame(200, 200))

    def admissible(box: Box) -> bool:
        return register._admissible(box, frame, 4, 4)

    most = 1 + MAX_SCALE_ERROR
    for share, expected in ((most - 0.001, True), (most + 0.001, False)):
        assert admissible(Box(50, 50 + 80 * share, 50, 130)) is expected
        assert admissible(Box(50, 130, 50, 50 + 80 * share)) is expected
    for over, expected in ((MAX_OVERHANG - 0.001, True), (MAX_OVERHANG + 0.001, False)):
        px = 20 * over
        for box in (Box(-px, 80 - px, 0, 80), Box(0, 80, 120 + px, 200 + px)):
            assert admissible(box) is expected
    for side, expected in ((4.0, True), (3.99, False)):
        assert admissible(Box(50, 50 + side, 50, 50 + side)) is expected
        assert admissible(Box(50, 54.1, 50, 50 + side)) is expected
        assert admissible(Box(50, 50 + side, 50, 54.1)) is expected


# Search


def test_some_rows_stand_for_many() -> None:
    for count in range(1, 11):
        assert register._spread(count).tolist() == list(range(count))
    for count in (11, 25, 100):
        some = register._spread(count)
        assert len(some) == register.SCAN_CELLS
        assert (some[0], some[-1]) == (0, count - 1)
        assert np.ptp(np.diff(some)) <= 1


def board_at(box: Box, height_px: int, width_px: int, seed: int = 0) -> Video:
    """The problem's board, without what surrounds it, in noise: each pixel shows what is at its middle."""
    layout = PROBLEM.layout
    size = layout.cell_px
    board = FRAME[layout.top_px :, layout.left_px :][: ROWS * size, : COLS * size]
    page = random_frame(height_px, width_px, seed)
    ys, xs = np.arange(height_px) + 0.5, np.arange(width_px) + 0.5
    rows = np.floor((ys - box.top) / (box.bottom - box.top) * len(board)).astype(int)
    cols = np.floor((xs - box.left) / (box.right - box.left) * board.shape[1]).astype(int)
    inside = ((rows >= 0) & (rows < len(board)))[:, None] & ((cols >= 0) & (cols < board.shape[1]))
    rows, cols = rows.clip(0, len(board) - 1), cols.clip(0, board.shape[1] - 1)
    return np.where(inside[..., None], board[rows[:, None], cols], page)


def square_at(left: float, top: float, cell_px: float) -> Box:
    return Box(left, left + COLS * cell_px, top, top + ROWS * cell_px)


STEP = 0.25 / max(ROWS, COLS)


@pytest.mark.parametrize(
    ("scale", "shift"),
    [
        (1 - MAX_SCALE_ERROR, (0, 0)),
        (1 - MAX_SCALE_ERROR + STEP, (1, -1)),
        (1 - MAX_SCALE_ERROR + 2 * STEP, (-1, 1)),
        (1 - MAX_SCALE_ERROR + (0.2 // STEP) * STEP, (0.375, -0.875)),
    ],
)
def test_a_scan_tries_shifts_by_a_cell_and_scales_by_a_tenth(
    scale: float, shift: tuple[float, float]
) -> None:
    start, size = square_at(60, 50, 16), 16 * scale
    middle_x, middle_y = 60 + COLS * 8 + shift[0] * 16, 50 + ROWS * 8 + shift[1] * 16
    true = square_at(middle_x - COLS * size / 2, middle_y - ROWS * size / 2, size)
    found = register._scan(start, FirstFrame(board_at(true, 200, 220)), EXPECTED)
    assert found is not None
    assert found.distance(true) < 1e-6


def test_a_scan_outside_the_frame_finds_nothing() -> None:
    assert register._scan(square_at(300, 50, 16), FirstFrame(random_frame(160, 180)), EXPECTED) is None


@pytest.mark.parametrize("side", range(4))
def test_a_climb_ends_where_no_step_leads_higher(side: int) -> None:
    true = square_at(40, 30, 16)
    frame = FirstFrame(board_at(true, 160, 180))
    off = [0.0] * 4
    off[side] = 5.0
    start = true.moved(*off)

    def fit(box: Box) -> float:
        return float(agreement(zones_in(frame, box, ROWS, COLS)[None], EXPECTED)[0])

    end, value = register.climb(start, frame, EXPECTED)
    assert value == pytest.approx(fit(end))
    assert end.distance(true) < 0.15
    step = max(start.cell_px(ROWS, COLS)) / 8 / 32
    for moved in itertools.product((-1, 0, 1), repeat=4):
        edges = [part * step for part in moved]
        alone, shifted = moved.count(0) == 3, moved[0] == moved[1] and moved[2] == moved[3]
        if alone or (shifted and 0 in moved):
            assert fit(end.moved(*edges)) <= value + 2e-6


def test_a_climb_stays_in_the_frame() -> None:
    """The board goes on outside: its box may not."""
    true = square_at(-8, 30, 16)
    frame = FirstFrame(board_at(true, 160, 180))
    end, _ = register.climb(square_at(0, 30, 16), frame, EXPECTED)
    assert end.overhang(frame, ROWS, COLS) <= MAX_OVERHANG


def found_in(page: Video) -> register.Found | None:
    return find_board(page[None], grid=PROBLEM.grid, layout=PROBLEM.layout, theme=theme_of(WORLD, PROBLEM))


def test_a_frame_of_one_colour_is_not_searched() -> None:
    page = np.full((40, 40, 3), 90, np.uint8)
    page[20:30, 20:30] += np.uint8(PLAIN)
    assert found_in(page) is None
    page[20, 20, 1] += np.uint8(1)
    assert found_in(page) is not None


def test_a_frame_too_small_for_the_board_has_none() -> None:
    assert found_in(random_frame(3, 3)) is None


def test_another_place_as_good_is_told() -> None:
    """Bars around two boards: the frame stretched would be one of them, its middle none."""
    size = 16
    alone = board_at(square_at(0, 0, size), ROWS * size, COLS * size)
    found = found_in(alone)
    assert found is not None
    assert found.box.distance(square_at(0, 0, size)) < 0.2
    assert found.agreement > 0.95
    assert found.rival < 0.6
