"""Where the search for a board begins and how far it goes: large boards, far corners, plain colours."""

from __future__ import annotations

import numpy as np

from videorlvr.judge import locate as register
from videorlvr.judge.locate import (
    MAX_SCALE_ERROR,
    PLAIN,
    Box,
    FirstFrame,
    Found,
    expected_zones,
    find_board,
)
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import WALL_WEST, Grid, Layout, Video
from videorlvr.worlds.draw import render
from videorlvr.worlds.problems import make_problem, theme_of
from videorlvr.worlds.render import first_frame

WORLD = WORLDS["sokoban"]
PROBLEM = make_problem(WORLD, "micro", "val", 0)
THEME = theme_of(WORLD, PROBLEM)


def found_in(page: Video) -> Found | None:
    return find_board(page[None], grid=PROBLEM.grid, layout=PROBLEM.layout, theme=THEME)


def random_board(rows: int, cols: int, box: Box, height_px: int, width_px: int) -> tuple[FirstFrame, Grid]:
    """A board of random cells in a box, in noise: each pixel shows what is at its middle."""
    rng = np.random.default_rng(rows)
    ground = rng.integers(len(THEME.tiles) * 16, size=(rows, cols)).astype(np.uint8)
    figure = rng.integers(len(THEME.figures), size=(rows, cols)).astype(np.uint8)
    layout = Layout(64 * rows, 64 * cols, 0, 0, 64, rows, cols)
    board = render(ground, figure[None], layout=layout, theme=THEME)[0]
    page = rng.integers(0, 256, (height_px, width_px, 3), dtype=np.uint8)
    ys, xs = np.arange(height_px) + 0.5, np.arange(width_px) + 0.5
    y = np.floor((ys - box.top) / (box.bottom - box.top) * len(board)).astype(int)
    x = np.floor((xs - box.left) / (box.right - box.left) * board.shape[1]).astype(int)
    inside = ((y >= 0) & (y < len(board)))[:, None] & ((x >= 0) & (x < board.shape[1]))
    y, x = y.clip(0, len(board) - 1), x.clip(0, board.shape[1] - 1)
    return FirstFrame(np.where(inside[..., None], board[y[:, None], x], page)), Grid(ground, figure)


def around(box: Box, scale: float) -> Box:
    """The box at another scale, with the same middle."""
    wide, high = (scale - 1) * (box.right - box.left) / 2, (scale - 1) * (box.bottom - box.top) / 2
    return box.moved(-wide, wide, -high, high)


def test_a_wide_board_is_scanned_by_some_of_its_columns() -> None:
    """At the largest scale, which the steps of 15 columns just reach, and aside by half a cell."""
    start = Box(40, 40 + 15 * 10, 30, 30 + 3 * 10)
    true = around(start, 1 + MAX_SCALE_ERROR).moved(5, 5, -2.5, -2.5)
    frame, grid = random_board(3, 15, true, 90, 240)
    found = register._scan(start, frame, expected_zones(grid, THEME))
    assert found is not None
    assert found.distance(true) < 1e-6


def test_a_scan_goes_no_further_than_a_tenth() -> None:
    start = Box(40, 40 + 5 * 12, 30, 30 + 5 * 12)
    for scale in (1.3, 0.8):
        frame, grid = random_board(5, 5, around(start, scale), 130, 150)
        found = register._scan(start, frame, expected_zones(grid, THEME))
        assert found is not None
        assert abs(found.cell_px(5, 5)[0] / 12 - 1) < MAX_SCALE_ERROR + 1e-6


def test_a_climb_goes_on_where_one_step_would_leave_the_frame() -> None:
    """The board fills the frame, and the box lies outside by as much as it may: no edge moves alone."""
    true = Box(0, 4 * 16, 0, 3 * 16)
    frame, grid = random_board(3, 4, true, 48, 64)
    end, value = register.climb(true.moved(-2.13, 2.13, -2.18, 2.18), frame, expected_zones(grid, THEME))
    assert end.distance(true) < 0.1
    assert value > 0.99


def test_the_best_start_is_tried_first() -> None:
    """In a corner of a large plain page, with a margin of its own: of some starts, one leads there."""
    problem = make_problem(WORLD, "paper", "val", 0)
    layout, frame = problem.layout, first_frame(WORLD, problem)
    page = np.full((200, 210, 3), 150, np.uint8)
    page[118 : 118 + frame.shape[0], 2 : 2 + frame.shape[1]] = frame
    found = find_board(page[None], grid=problem.grid, layout=layout, theme=theme_of(WORLD, problem))
    assert found is not None
    left, top = 2 + layout.left_px, 118 + layout.top_px
    true = Box(left, left + layout.cols * layout.cell_px, top, top + layout.rows * layout.cell_px)
    assert found.box.distance(true) < 0.2
    assert found.agreement > 0.99


def test_a_place_a_cell_aside_is_another_place() -> None:
    """All columns are equal, and there are two more than the board has: the problem's own place, and the middle."""
    rng = np.random.default_rng(1)
    ground = rng.integers(len(THEME.tiles), size=(4, 1)).astype(np.uint8).repeat(6, axis=1) * 16
    ground |= WALL_WEST  # the outermost rows are not plain, or they would be taken for bars
    figure = rng.integers(len(THEME.figures), size=(4, 1)).astype(np.uint8).repeat(6, axis=1)
    page = render(ground, figure[None], layout=Layout(64, 112, 0, 16, 16, 4, 6), theme=THEME)
    grid, layout = Grid(ground[:, :4], figure[:, :4]), Layout(64, 112, 0, 16, 16, 4, 4)
    found = find_board(page, grid=grid, layout=layout, theme=THEME)
    assert found is not None
    assert found.agreement > 0.99
    assert found.rival > 0.99


def test_a_plain_page_of_any_colour_is_not_searched() -> None:
    page = np.broadcast_to(np.array([200, 90, 20], np.uint8), (40, 50, 3)).copy()
    assert found_in(page) is None
    page[10:20, 30] += np.uint8(PLAIN)
    assert found_in(page) is None


def test_a_row_is_plain_up_to_the_bound() -> None:
    """Two pixels as far to both sides leave the row's mean where it is."""
    picture = np.full((60, 100, 3), 90, np.uint8)
    picture[10:40, 20:70] = np.random.default_rng(0).integers(0, 256, (30, 50, 3), dtype=np.uint8)
    for noise, top in ((PLAIN, 10), (PLAIN + 1, 3)):
        noisy = picture.copy()
        noisy[3, 25, 1], noisy[3, 26, 1] = 90 + noise, 90 - noise
        assert register.without_bars(noisy).top == top
