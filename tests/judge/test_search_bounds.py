"""The bounds on the judges' searches: honest frames do not meet them, and hostile ones are refused soon."""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import pytest

from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Cells, Grid, Problem, Trace, Verdict
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.sokoban.xsb import read_xsb

LIMIT_S = 1.0


def judged(world: str, grid: Grid, *figures: Cells, moves_per_frame: int) -> Verdict:
    problem: Problem = dataclasses.replace(
        make_problem(WORLDS[world], "micro", "train", 0),
        grid=grid,
        solution="",
        num_frames=len(figures) + 2,
        moves_per_frame=moves_per_frame,
    )
    shown = np.stack([grid.figure, *figures, figures[-1]])
    return WORLDS[world].verify(problem, Trace.exact(grid.ground, shown))


def open_maze(size: int) -> Grid:
    ground, figure = np.zeros((2, size, size), np.uint8)
    ground[0] |= 1
    ground[:, -1] |= 2
    ground[-1] |= 4
    ground[:, 0] |= 8
    ground[-1, -1] |= 16
    figure[0, 0] = 2
    return Grid(ground, figure)


def snake(rows: int, cols: int) -> list[tuple[int, int]]:
    """The cells of a block, row after row, to and fro."""
    return [(row, col if row % 2 == 0 else cols - 1 - col) for row in range(rows) for col in range(cols)]


@pytest.mark.parametrize(("rows", "cols"), [(4, 4), (2, 8), (3, 5)])
def test_a_walk_through_a_block_in_one_frame_is_found(rows: int, cols: int) -> None:
    """As many cells as the hardest level shows in a frame, at twice its pace."""
    grid, cells = open_maze(9), snake(rows, cols)
    after = np.zeros_like(grid.figure)
    after[tuple(np.transpose(cells))] = 1
    after[cells[-1]] = 2
    assert judged("maze", grid, after, moves_per_frame=len(cells) - 1).components["process"] == 1
    assert judged("maze", grid, after, moves_per_frame=len(cells) - 2).frame == 1


def flow_from_corner(size: int) -> Grid:
    figure = np.zeros((size, size), np.uint8)
    figure[0, 0] = figure[-1, -1] = 1
    return Grid(figure * 16, figure)


@pytest.mark.parametrize(("rows", "cols"), [(3, 3), (3, 4), (2, 5)])
def test_a_flow_that_fills_a_block_in_one_frame_is_found(rows: int, cols: int) -> None:
    """More cells than the hardest level shows in a frame, at twice its pace."""
    grid, cells = flow_from_corner(7), snake(rows, cols)[1:]
    after = grid.figure.copy()
    after[tuple(np.transpose(cells))] = 1
    tip = after.copy()
    row, col = cells[-1]
    tip[row + 1, col] = 1  # only a flow that ended there goes on there
    assert judged("flowfree", grid, after, tip, moves_per_frame=len(cells)).components["process"] == 1
    assert judged("flowfree", grid, after, tip, moves_per_frame=len(cells) - 1).frame == 1


def test_a_flow_that_fills_half_the_board_at_once_is_refused_soon() -> None:
    """It cannot be told in time how it grew; the cells that nothing reaches make it hopeless anyway."""
    grid = flow_from_corner(10)
    for rows in (5, 7, 8):
        after = grid.figure.copy()
        after[:rows, :8] = 1
        after[rows, 1] = after[rows, 3] = after[rows, 5] = 1  # three dead ends: no one way through
        began = time.process_time()
        verdict = judged("flowfree", grid, after, moves_per_frame=98)
        assert time.process_time() - began < LIMIT_S
        assert verdict.frame == 1
        assert verdict.reason in ("branched", "grew_at_both_ends")


def room(*rows: str) -> Grid:
    return read_xsb("\n".join(rows))[0].grid


def test_a_long_way_round_in_one_frame_is_found() -> None:
    """Six pushes and the walk between them: more than a frame of any level shows."""
    grid = room("########", "#      #", "# $  . #", "# @    #", "# $  . #", "#      #", "########")
    moves = WORLDS["sokoban"].solve(grid)
    assert moves is not None
    assert len(moves) > 8
    after = WORLDS["sokoban"].play(grid, moves)[-1]
    assert judged("sokoban", grid, after, moves_per_frame=len(moves)).success
    assert judged("sokoban", grid, after, moves_per_frame=len(moves) - 1).frame == 1


def test_a_game_that_no_search_ends_is_refused_soon() -> None:
    """Four boxes in a wide room and a hundred moves in a frame."""
    inside = ["#" + " " * 16 + "#"] * 14
    inside[3], inside[6], inside[10] = "#   $   $    .   #", "#  @    $  .     #", "#  $  .   .      #"
    grid = room("#" * 18, *inside, "#" * 18)
    after = grid.figure.copy()
    after[after == 1] = after[after == 2] = 0
    after[1, 1] = after[1, 16] = after[14, 1] = after[14, 16] = 2
    after[7, 7] = 1
    began = time.process_time()
    verdict = judged("sokoban", grid, after, moves_per_frame=100)
    assert time.process_time() - began < 5 * LIMIT_S
    assert verdict.frame == 1
