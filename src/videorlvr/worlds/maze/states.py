"""Walks as states, legal or not: what cheats and variants of Maze are made of."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import numpy as np

from videorlvr.worlds.api import Cells, Problem
from videorlvr.worlds.maze.rules import DIRECTIONS, HEAD, TRAIL, Cell, heads_of, play


def start_cell(problem: Problem) -> Cell:
    return heads_of(problem.grid.figure)[0]


def solution_cells(problem: Problem) -> list[Cell]:
    """The cells of the reference solution, start and goal included."""
    return [heads_of(figure)[0] for figure in play(problem.grid, problem.solution)]


def sides(shape: tuple[int, int], cell: Cell) -> Iterator[tuple[int, Cell]]:
    """(wall bit, cell beyond that side) on the board, walls or not."""
    for dr, dc, bit in DIRECTIONS.values():
        row, col = cell[0] + dr, cell[1] + dc
        if 0 <= row < shape[0] and 0 <= col < shape[1]:
            yield bit, (row, col)


def straight(start: Cell, goal: Cell) -> list[Cell]:
    """The cells of a way over an empty board, rows first."""
    cells = [start]
    while cells[-1] != goal:
        row, col = cells[-1]
        step = (np.sign(goal[0] - row), 0) if row != goal[0] else (0, np.sign(goal[1] - col))
        cells.append((row + int(step[0]), col + int(step[1])))
    return cells


def walked(problem: Problem, cells: list[Cell]) -> Cells:
    """States of a head that follows `cells`, walls or not, at the problem's pace, and then stands."""
    states = [problem.grid.figure.copy()]
    for before, after in itertools.pairwise(cells):
        state = states[-1].copy()
        state[before] = TRAIL
        state[after] = HEAD
        states.append(state)
    index = np.arange(problem.num_frames) * problem.moves_per_frame
    return np.stack(states)[np.minimum(index, len(states) - 1)]


def held(problem: Problem, frames: list[Cells]) -> Cells:
    """At least as many frames as the problem has, the last one held."""
    return np.stack(frames + frames[-1:] * (problem.num_frames - len(frames)))
