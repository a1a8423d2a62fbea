"""Finding the board: where it was put is where it is found, and only its own problem is found."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from videorlvr.judge.locate import (
    Box,
    FirstFrame,
    Found,
    expected_zones,
    find_board,
    without_bars,
    zones_in,
)
from videorlvr.judge.read import NUM_ZONES, read, zone_colours
from videorlvr.judge.rectify import fit_colours, straight_layout, straighten, without_drift
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Layout, Problem, Video, World
from videorlvr.worlds.problems import make_problem, theme_of
from videorlvr.worlds.problems import oracle_trace as trace_of
from videorlvr.worlds.render import first_frame, oracle_video, render_trace

CASES = [(world, level) for world in WORLDS.values() for level in ("micro", "paper")]


def found_in(world: World, problem: Problem, video: Video) -> Found | None:
    return find_board(video, grid=problem.grid, layout=problem.layout, theme=theme_of(world, problem))


def shown_in(world: World, problem: Problem, layout: Layout) -> Video:
    """The oracle video with its board anywhere in frames of any size: `draw` takes any layout."""
    return render_trace(world, dataclasses.replace(problem, layout=layout), trace_of(world, problem))


def box_of(layout: Layout) -> Box:
    right = layout.left_px + layout.cols * layout.cell_px
    return Box(layout.left_px, right, layout.top_px, layout.top_px + layout.rows * layout.cell_px)


@pytest.mark.parametrize(("world", "level"), CASES, ids=lambda value: getattr(value, "name", value))
def test_expected_zones_are_those_that_are_drawn(world: World, level: str) -> None:
    """Told from grid and theme, without drawing: equal to what reading measures in the drawn frame."""
    problem = make_problem(world, level, "val", 1)
    seen = zone_colours(first_frame(world, problem)[None, None], problem.layout)[0, 0]
    expected = expected_zones(problem.grid, theme_of(world, problem))
    assert expected.shape == (*problem.grid.shape, NUM_ZONES, 3)
    np.testing.assert_array_equal(seen, expected)
    box = box_of(problem.layout)
    np.testing.assert_allclose(
        zones_in(FirstFrame(first_frame(world, problem)), box, *problem.grid.shape), expected, atol=1e-6
    )


@pytest.mark.parametrize(("world", "level"), CASES, ids=lambda value: getattr(value, "name", value))
@pytest.mark.parametrize("place", ["centre", "aside"])
def test_the_board_is_found_where_it_was_put(world: World, level: str, place: str) -> None:
    problem = make_problem(world, level, "val", 2)
    rows, cols = problem.grid.shape
    height, width = 16 * problem.layout.height_px // 8, 16 * problem.layout.width_px // 8
    top, left = (height - rows * 16) // 2, 60 + (width - cols * 16) // 2
    if place == "aside":
        top, left = max(0, top - 7), left + 9
    layout = Layout(height, width + 120, top, left, 16, rows, cols)
    found = found_in(world, problem, shown_in(world, problem, layout))
    assert found is not None
    assert found.box.distance(box_of(layout)) < 0.3  # px, of cells of 16
    assert found.agreement > 0.99
    assert found.rival < 0.5


def test_sub_pixel_places_are_found_and_read() -> None:
    """Cells of 11.3 x 10.7 px, at fractions of pixels."""
    world = WORLDS["flowfree"]
    problem = make_problem(world, "small", "val", 0)
    rows, cols = problem.grid.shape
    true = Box(left=7.4, right=7.4 + 10.7 * cols, top=3.7, bottom=3.7 + 11.3 * rows)
    large = shown_in(world, problem, Layout(rows * 80, cols * 80, 0, 0, 80, rows, cols))
    video = _placed(large, true, height_px=66, width_px=70)
    found = found_in(world, problem, video)
    assert found is not None
    assert found.box.distance(true) < 0.25
    colours = fit_colours(
        zones_in(FirstFrame(video[0]), found.box, rows, cols),
        expected_zones(problem.grid, theme_of(world, problem)),
    )
    straight = straighten(video, found.box, colours, rows=rows, cols=cols)
    (seen,) = read(straight[None], layout=straight_layout(rows, cols), theme=theme_of(world, problem))
    np.testing.assert_array_equal(seen.figure, trace_of(world, problem).figure)
    np.testing.assert_array_equal(seen.ground[-1], problem.grid.ground)


def _placed(board: Video, box: Box, *, height_px: int, width_px: int) -> Video:
    """Every pixel is the mean of 8 x 8 samples of what lies there: the board, or grey."""
    ys, xs = (np.arange(height_px * 8) + 0.5) / 8, (np.arange(width_px * 8) + 0.5) / 8
    rows = np.floor((ys - box.top) / (box.bottom - box.top) * board.shape[1]).astype(int)
    cols = np.floor((xs - box.left) / (box.right - box.left) * board.shape[2]).astype(int)
    inside = ((rows >= 0) & (rows < board.shape[1]))[:, None] & ((cols >= 0) & (cols < board.shape[2]))
    rows, cols = np.clip(rows, 0, board.shape[1] - 1), np.clip(cols, 0, board.shape[2] - 1)
    fine = np.where(inside[..., None], board[:, rows[:, None], cols], np.uint8(90))
    means = fine.reshape(len(board), height_px, 8, width_px, 8, 3).mean(axis=(2, 4))
    return means.round().astype(np.uint8)


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_nothing_is_found_in_what_is_not_there(world: World) -> None:
    problem = make_problem(world, "small", "val", 3)
    shape = oracle_video(world, problem).shape
    assert found_in(world, problem, np.zeros(shape, np.uint8)) is None
    noise = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    found = found_in(world, problem, noise)
    assert found is None or found.agreement < 0.25


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_a_board_in_a_busy_frame_is_found_by_searching(world: World) -> None:
    """No bars to trim: moved by 0.8 of a cell and 7% smaller, in noise."""
    problem = make_problem(world, "small", "val", 2)
    rows, cols = problem.grid.shape
    layout = Layout(rows * 16 + 32, cols * 16 + 32, 16, 16, 16, rows, cols)
    frame = np.random.default_rng(0).integers(0, 256, (1, rows * 16 + 32, cols * 16 + 32, 3), dtype=np.uint8)
    true = Box(left=16 + 13, right=16 + 13 + cols * 14.9, top=16 - 5, bottom=16 - 5 + rows * 14.9)
    board = Layout(rows * 16, cols * 16, 0, 0, 16, rows, cols)
    placed = _placed(
        shown_in(world, problem, board)[:1], true, height_px=frame.shape[1], width_px=frame.shape[2]
    )
    inside = np.s_[:, int(true.top) : int(true.bottom) + 1, int(true.left) : int(true.right) + 1]
    frame[inside] = placed[inside]
    found = found_in(world, dataclasses.replace(problem, layout=layout), frame)
    assert found is not None
    assert found.box.distance(true) < 1  # px, of cells of 14.9


def test_a_board_outside_the_frame_is_not_completed() -> None:
    """A row of cells is missing: no box may reach further out of the frame than a wall stripe."""
    world = WORLDS["maze"]
    problem = make_problem(world, "small", "val", 0)
    video = oracle_video(world, problem)[:, :-8]
    found = found_in(world, problem, video)
    assert found is None or found.box.bottom <= video.shape[1] + 1.2  # px, of cells of 8


def test_a_negative_is_no_picture_of_the_board() -> None:
    world = WORLDS["maze"]
    problem = make_problem(world, "small", "val", 0)
    found = found_in(world, problem, 255 - oracle_video(world, problem))
    assert found is None or found.agreement < 0.5


@pytest.mark.parametrize(
    ("gain", "offset"),
    [((1.0, 1.0, 1.0), (0, 0, 0)), ((0.8, 1.1, 0.9), (20, -8, 12)), ((0.75,) * 3, (0,) * 3)],
)
def test_colours_are_brought_back(gain: tuple[float, ...], offset: tuple[int, ...]) -> None:
    world = WORLDS["sokoban"]
    problem = make_problem(world, "small", "val", 0)
    video = first_frame(world, problem)[None]
    changed = np.clip(video * np.array(gain) + np.array(offset), 0, 255).astype(np.uint8)
    expected = expected_zones(problem.grid, theme_of(world, problem))
    box = box_of(problem.layout)
    colours = fit_colours(zones_in(FirstFrame(changed[0]), box, *problem.grid.shape), expected)
    assert colours.believable
    np.testing.assert_allclose(colours.gain, gain, atol=0.05)
    rows, cols = problem.grid.shape
    back = straighten(changed, box, colours, rows=rows, cols=cols)
    seen = zone_colours(back[None], straight_layout(rows, cols))[0, 0]
    assert np.abs(seen - expected).max() < 8


def test_unbelievable_colours_are_told() -> None:
    problem = make_problem(WORLDS["maze"], "small", "val", 0)
    expected = expected_zones(problem.grid, theme_of(WORLDS["maze"], problem))
    assert not fit_colours(expected * 0.4, expected).believable
    assert not fit_colours(255 - expected, expected).believable
    assert not fit_colours(expected + 60, expected).believable


def test_brightness_that_drifts_is_taken_back_and_nothing_else() -> None:
    world = WORLDS["maze"]
    problem = make_problem(world, "small", "val", 0)
    video = oracle_video(world, problem)
    assert without_drift(video, problem.layout) is video
    drift = np.linspace(0, -30, len(video)).astype(np.int16)
    darker = np.clip(video + drift[:, None, None, None], 0, 255).astype(np.uint8)
    assert np.abs(without_drift(darker, problem.layout).astype(int) - video).max() <= 1
    dark = video.copy()
    dark[3:] //= 4  # too much to be a drift
    np.testing.assert_array_equal(without_drift(dark, problem.layout), dark)
    noise = video.copy()
    noise[1:] = np.random.default_rng(0).integers(0, 256, noise[1:].shape)
    np.testing.assert_array_equal(without_drift(noise, problem.layout), noise)


def test_bars_are_told_from_the_picture() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    framed = np.zeros((60, 90, 3), np.uint8)
    framed[12:52, 20:80] = picture
    assert without_bars(framed) == Box(left=20, right=80, top=12, bottom=52)
    assert without_bars(picture) == Box(left=0, right=60, top=0, bottom=40)
    assert without_bars(framed[:10]) == Box(left=0, right=90, top=0, bottom=10)
