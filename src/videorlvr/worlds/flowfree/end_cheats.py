"""Cheats of FlowFree that grow rightly and end wrongly: past the end, unfilled, or filled up somehow."""

from __future__ import annotations

from collections import deque

import numpy as np

from videorlvr.worlds.api import Cells, Cheat, Problem, Video, World
from videorlvr.worlds.flowfree.rules import NOTHING, Flow, endpoints_of, neighbours
from videorlvr.worlds.flowfree.states import cells_where, grown, joins, long_flows, shortest
from videorlvr.worlds.staging import show


def _past_the_end(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A flow joins its endpoints and goes on into the empty board."""
    for flow in long_flows(problem):
        figures = grown(problem, [flow])
        start, second, tip = flow.cells[0], flow.cells[1], flow.cells[-2]
        for cell in neighbours(problem.grid.shape, tip) + neighbours(problem.grid.shape, flow.cells[-1]):
            around = neighbours(problem.grid.shape, cell)
            closes = tip in around and flow.cells[-1] in around
            if figures[-1][cell] == NOTHING and not closes and start not in around and second not in around:
                figures[-1][cell] = flow.colour
                return show(world, problem, figures)
    return None


def _short_cuts(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """All pairs are joined, but cells stay empty."""
    for flows in joins(problem.grid, rng):
        figures = grown(problem, flows)
        if not figures[-1].all():
            return show(world, problem, figures)
    return None


def _filled_up(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """All pairs are joined by short cuts; then empty cells take the colour of a cell beside them."""
    for flows in joins(problem.grid, rng):
        figures = grown(problem, flows)
        states, queue = [figures[-1]], deque(cells_where(figures[-1] != NOTHING))
        while queue:
            cell = queue.popleft()
            for other in neighbours(problem.grid.shape, cell):
                if states[-1][other] == NOTHING:
                    states.append(states[-1].copy())
                    states[-1][other] = states[-1][cell]
                    queue.append(other)
        if _has_dead_end(problem, states[-1]):  # no order of growth makes a path of that
            painted = [*states[1 :: problem.moves_per_frame], states[-1]]
            return show(world, problem, np.concatenate([figures, painted]))
    return None


def _has_dead_end(problem: Problem, figure: Cells) -> bool:
    """Is there a cell between endpoints with at most one cell of its colour beside it?"""
    return any(
        sum(figure[other] == figure[cell] for other in neighbours(problem.grid.shape, cell)) < 2
        for cell in cells_where(problem.grid.figure == NOTHING)
    )


def _wrong_partners(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A flow grows to the endpoint of another colour."""
    ends = endpoints_of(problem.grid.ground)
    for colour, (start, _) in ends.items():
        for other, (end, _) in ends.items():
            cells = shortest(problem.grid.figure, start, end) if other != colour else None
            if cells and len(cells) > 2:
                return show(world, problem, grown(problem, [Flow(colour, tuple(cells[:-1]))]))
    return None


END_CHEATS = (
    Cheat("past-the-end", _past_the_end, ("grew_past_end",)),
    Cheat("short-cuts", _short_cuts, ("not_filled",)),
    Cheat("short-cuts-filled-up", _filled_up, ("grew_past_end", "branched", "grew_at_both_ends")),
    Cheat("wrong-partners", _wrong_partners, ("not_joined", "grew_past_end")),
)
