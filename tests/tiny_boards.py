"""Boards that are written by hand, for tests that need to know every cell."""

from __future__ import annotations

import dataclasses

import numpy as np

from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Cells, Grid, Problem
from videorlvr.worlds.problems import make_problem


def posed(world: str, grid: Grid, solution: str, *, num_frames: int, moves_per_frame: int = 1) -> Problem:
    return dataclasses.replace(
        make_problem(WORLDS[world], "micro", "train", 0),
        grid=grid,
        solution=solution,
        num_frames=num_frames,
        moves_per_frame=moves_per_frame,
    )


def row(codes: str) -> Cells:
    """A board of few cells: a digit a cell, a space a row."""
    return np.array([[int(code) for code in line] for line in codes.split()], np.uint8)
