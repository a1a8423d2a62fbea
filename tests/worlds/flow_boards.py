"""FlowFree boards in letters, and verdicts on moves."""

from __future__ import annotations

import dataclasses

import numpy as np

from videorlvr.worlds.api import Cells, Grid, Problem, Trace, Verdict
from videorlvr.worlds.flowfree import WORLD
from videorlvr.worlds.flowfree.play import play
from videorlvr.worlds.problems import make_problem, pace


def board(*rows: str) -> Grid:
    """A board in letters: `A..A` has two endpoints of the first colour."""
    colours = np.array([[".ABCDEFGHIJKL".index(letter) for letter in row] for row in rows], np.uint8)
    return Grid(colours * 16, colours)


def posed(grid: Grid, solution: str, *, num_frames: int, moves_per_frame: int) -> Problem:
    problem = make_problem(WORLD, "micro", "train", 0)
    return dataclasses.replace(
        problem, grid=grid, solution=solution, num_frames=num_frames, moves_per_frame=moves_per_frame
    )


def judged(problem: Problem, figures: Cells) -> Verdict:
    return WORLD.verify(problem, Trace.exact(problem.grid.ground, figures))


def played(problem: Problem, moves: str) -> Verdict:
    """The verdict on these moves, shown at the problem's pace."""
    states = play(problem.grid, moves)
    return judged(
        problem, pace(states, num_frames=problem.num_frames, moves_per_frame=problem.moves_per_frame)
    )
