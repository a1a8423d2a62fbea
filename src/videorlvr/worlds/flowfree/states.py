"""Growth as states, legal or not: what cheats and variants of FlowFree are made of."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import Cells, Grid, Problem
from videorlvr.worlds.flowfree.play import play
from videorlvr.worlds.flowfree.rules import (
    NOTHING,
    Cell,
    Flow,
    endpoints_of,
    flows_of,
    moves_text,
    neighbours,
)
from videorlvr.worlds.problems import pace


def cells_where(mask: npt.NDArray[np.bool_]) -> list[Cell]:
    """The true cells of a bool [R, C], in reading order."""
    return [(row, col) for row, col in np.argwhere(mask).tolist()]


def long_flows(problem: Problem) -> list[Flow]:
    """Flows of at least five cells: the second and the last but one are not neighbours."""
    return [flow for flow in flows_of(problem.solution) if len(flow.cells) >= 5]


def grown(problem: Problem, flows: list[Flow]) -> Cells:
    """States of these flows growing at the problem's pace, the end held: uint8 [T, R, C]."""
    states = play(problem.grid, moves_text(flows))
    return pace(states, num_frames=problem.num_frames, moves_per_frame=problem.moves_per_frame)


def shortest(figure: Cells, start: Cell, end: Cell) -> list[Cell] | None:
    """A shortest way over empty cells."""
    came, queue = {start: start}, deque([start])
    while queue:
        cell = queue.popleft()
        for other in neighbours((figure.shape[0], figure.shape[1]), cell):
            if other not in came and (figure[other] == NOTHING or other == end):
                came[other] = cell
                queue.append(other)
    if end not in came:
        return None
    cells = [end]
    while cells[-1] != start:
        cells.append(came[cells[-1]])
    return cells[::-1]


def joins(grid: Grid, rng: np.random.Generator) -> Iterator[list[Flow]]:
    """All pairs joined by ways as short as the flows before leave them, in random orders of colours."""
    ends = endpoints_of(grid.ground)
    for _ in range(20):
        figure, flows = grid.figure.copy(), []
        for colour in rng.permutation(list(ends)).tolist():
            cells = shortest(figure, *ends[colour])
            if cells is None:
                break
            flows.append(Flow(colour, tuple(cells)))
            for cell in cells:
                figure[cell] = colour
        else:
            yield flows
