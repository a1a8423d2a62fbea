"""Videos made to fool the judge of FlowFree. Each must be refused for its own reason."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

import numpy as np

from videorlvr.worlds.api import Cells, Cheat, Grid, Problem, Video, World
from videorlvr.worlds.cheats import shared_cheats, show
from videorlvr.worlds.flowfree.rules import (
    NOTHING,
    Cell,
    Flow,
    endpoints_of,
    flows_of,
    moves_text,
    neighbours,
    play,
)
from videorlvr.worlds.problems import oracle_trace, pace


def _oracle(world: World, problem: Problem) -> Cells:
    return oracle_trace(world, problem).figure.copy()


def _long_flows(problem: Problem) -> list[Flow]:
    """Flows of at least five cells: the second and the last but one are not neighbours."""
    return [flow for flow in flows_of(problem.solution) if len(flow.cells) >= 5]


def _grown(problem: Problem, flows: list[Flow]) -> Cells:
    """States of these flows growing at the problem's pace, the end held: uint8 [T, R, C]."""
    states = play(problem.grid, moves_text(flows))
    return pace(states, num_frames=problem.num_frames, moves_per_frame=problem.moves_per_frame)


def _painted(problem: Problem, *frames: dict[Cell, int]) -> Cells:
    """The given state with cells painted in the second, third ... frame, all kept: uint8 [T, R, C]."""
    figures = np.repeat(problem.grid.figure[None], problem.num_frames, axis=0)
    for frame, paint in enumerate(frames, start=1):
        for cell, colour in paint.items():
            figures[frame:, *cell] = colour
    return figures


def _endpoint_recoloured(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """An endpoint takes another colour, ring and core, in the first frame that is not given."""
    ground = np.repeat(problem.grid.ground[None], problem.num_frames, axis=0)
    figures = _oracle(world, problem)
    (first, _), (second, _) = list(endpoints_of(problem.grid.ground).values())[:2]
    ground[1:, *first] = problem.grid.ground[second]
    figures[1:, *first] = problem.grid.figure[second]
    return show(world, problem, figures, ground)


def _endpoint_overrun(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """An endpoint keeps its ring but shows another colour's flow at its core."""
    figures = _oracle(world, problem)
    (first, _), (second, _) = list(endpoints_of(problem.grid.ground).values())[:2]
    figures[1:, *first] = problem.grid.figure[second]
    return show(world, problem, figures)


def _repainted(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """A grown cell takes another colour for one frame and then its own again."""
    figures = _oracle(world, problem)
    row, col = flows_of(problem.solution)[0].cells[1]
    figures[2, row, col] = 2
    return show(world, problem, figures)


def _from_nowhere(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The middle of a flow is there before the rest."""
    flows = _long_flows(problem)
    if not flows:
        return None
    figures = _oracle(world, problem)
    figures[1:] = np.maximum(figures[:-1], _painted(problem, {flows[-1].cells[2]: flows[-1].colour})[1:])
    return show(world, problem, figures)


def _both_ends(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A flow grows from both of its endpoints and meets in the middle."""
    flows = _long_flows(problem)
    if not flows:
        return None
    flow = flows[rng.integers(len(flows))]
    ends = {flow.cells[1]: flow.colour, flow.cells[-2]: flow.colour}
    return show(world, problem, _painted(problem, ends, dict.fromkeys(flow.cells[2:-2], flow.colour)))


def _swapped(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Two flows grow in each other's cells."""
    first = flows_of(problem.solution)[0]
    inner = first.cells[1 : 1 + problem.moves_per_frame]
    beside = {other for cell in inner for other in neighbours(problem.grid.shape, cell)}
    for other in flows_of(problem.solution)[1:]:
        if beside.isdisjoint((other.cells[0], other.cells[-1])):
            names = np.arange(256, dtype=np.uint8)
            names[[first.colour, other.colour]] = other.colour, first.colour
            figures = _oracle(world, problem)
            given = problem.grid.figure
            return show(world, problem, np.where(given != NOTHING, given, names[figures]))
    return None


def _one_colour(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right cells fill at the right pace, all in the first colour."""
    figures = _oracle(world, problem)
    return show(world, problem, np.where((problem.grid.figure == 0) & (figures != 0), 1, figures))


def _random_colours(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right cells fill at the right pace, in random colours of the board."""
    figures = _oracle(world, problem)
    colours = list(endpoints_of(problem.grid.ground))
    paint = rng.choice(colours, problem.grid.shape).astype(np.uint8)
    figures = np.where((problem.grid.figure == 0) & (figures != 0), paint, figures)
    return show(world, problem, figures.astype(np.uint8))


def _regrown(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The first flow vanishes for a frame and is there again."""
    figures = _oracle(world, problem)
    given = problem.grid.figure
    figures[2][(figures[2] == 1) & (given == NOTHING)] = NOTHING
    return show(world, problem, figures)


def _too_fast(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """One frame of the oracle is left out."""
    figures = _oracle(world, problem)
    figures[1:-1] = figures[2:].copy()
    return show(world, problem, figures)


def _past_the_end(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A flow joins its endpoints and goes on into the empty board."""
    for flow in _long_flows(problem):
        figures = _grown(problem, [flow])
        start, second, tip = flow.cells[0], flow.cells[1], flow.cells[-2]
        for cell in neighbours(problem.grid.shape, tip) + neighbours(problem.grid.shape, flow.cells[-1]):
            around = neighbours(problem.grid.shape, cell)
            closes = tip in around and flow.cells[-1] in around
            if figures[-1][cell] == NOTHING and not closes and start not in around and second not in around:
                figures[-1][cell] = flow.colour
                return show(world, problem, figures)
    return None


def _fork(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A flow of two cells gets a branch beside its first."""
    for flow in _long_flows(problem):
        grown = flow.cells[:3]
        for cell in [side for one in grown[:2] for side in neighbours(problem.grid.shape, one)]:
            around = neighbours(problem.grid.shape, cell)
            given = problem.grid.figure[cell] != NOTHING or cell in grown
            if not given and grown[2] not in around and flow.cells[-1] not in around:
                paint = dict.fromkeys(grown[1:], flow.colour)
                return show(world, problem, _painted(problem, paint, {cell: flow.colour}))
    return None


def _shortest(figure: Cells, start: Cell, end: Cell) -> list[Cell] | None:
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


def _joins(grid: Grid, rng: np.random.Generator) -> Iterator[list[Flow]]:
    """All pairs joined by ways as short as the flows before leave them, in random orders of colours."""
    ends = endpoints_of(grid.ground)
    for _ in range(20):
        figure, flows = grid.figure.copy(), []
        for colour in rng.permutation(list(ends)).tolist():
            cells = _shortest(figure, *ends[colour])
            if cells is None:
                break
            flows.append(Flow(colour, tuple(cells)))
            for cell in cells:
                figure[cell] = colour
        else:
            yield flows


def _short_cuts(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """All pairs are joined, but cells stay empty."""
    for flows in _joins(problem.grid, rng):
        figures = _grown(problem, flows)
        if not figures[-1].all():
            return show(world, problem, figures)
    return None


def _faint(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right video at a tenth of its contrast over the first frame."""
    video = show(world, problem, _oracle(world, problem)).astype(np.float32)
    return np.asarray((video[0] + 0.1 * (video - video[0])).round(), np.uint8)


GROWTH = ("grew_from_nowhere", "grew_at_both_ends", "branched", "grew_past_end")
ILLEGAL = ("flow_erased", "overwritten", "too_fast", *GROWTH)

CHEATS = (
    *shared_cheats(unfinished="not_joined", illegal=ILLEGAL),
    Cheat("endpoint-recoloured", _endpoint_recoloured, ("endpoint_changed",)),
    Cheat("endpoint-overrun", _endpoint_overrun, ("overwritten",)),
    Cheat("repainted-for-a-frame", _repainted, ("overwritten",)),
    Cheat("flow-from-nowhere", _from_nowhere, ("grew_from_nowhere",)),
    Cheat("both-ends-at-once", _both_ends, ("grew_at_both_ends",)),
    Cheat("swapped-colours", _swapped, ("grew_from_nowhere",)),
    Cheat("one-colour-for-all", _one_colour, (*GROWTH, "not_joined")),
    Cheat("random-colours", _random_colours, GROWTH),
    Cheat("erased-and-regrown", _regrown, ("flow_erased",)),
    Cheat("frame-left-out", _too_fast, ("too_fast",)),
    Cheat("past-the-end", _past_the_end, ("grew_past_end",)),
    Cheat("fork", _fork, ("branched",)),
    Cheat("short-cuts", _short_cuts, ("not_filled",)),
    Cheat("faint", _faint, ("not_joined",)),
)
