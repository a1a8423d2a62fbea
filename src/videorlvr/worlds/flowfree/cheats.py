"""Videos made to fool the judge of FlowFree. Each must be refused for its own reason."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from videorlvr.worlds.api import Cells, Cheat, Problem, Video, World
from videorlvr.worlds.cheats import shared_cheats
from videorlvr.worlds.flowfree.end_cheats import END_CHEATS
from videorlvr.worlds.flowfree.rules import NOTHING, Cell, endpoints_of, flows_of, neighbours
from videorlvr.worlds.flowfree.states import cells_where, long_flows
from videorlvr.worlds.staging import oracle_figures, show


def _painted(problem: Problem, *frames: dict[Cell, int]) -> Cells:
    """The given state with cells painted in the second, third ... frame, all kept: uint8 [T, R, C]."""
    figures = np.repeat(problem.grid.figure[None], problem.num_frames, axis=0)
    for frame, paint in enumerate(frames[: problem.num_frames - 1], start=1):
        for cell, colour in paint.items():
            figures[frame:, *cell] = colour
    return figures


def _endpoint_recoloured(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """An endpoint takes another colour, ring and core, in the first frame that is not given."""
    ground = np.repeat(problem.grid.ground[None], problem.num_frames, axis=0)
    figures = oracle_figures(world, problem)
    (first, _), (second, _) = list(endpoints_of(problem.grid.ground).values())[:2]
    ground[1:, *first] = problem.grid.ground[second]
    figures[1:, *first] = problem.grid.figure[second]
    return show(world, problem, figures, ground)


def _endpoint_overrun(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """An endpoint keeps its ring but shows another colour's flow at its core."""
    figures = oracle_figures(world, problem)
    (first, _), (second, _) = list(endpoints_of(problem.grid.ground).values())[:2]
    figures[1:, *first] = problem.grid.figure[second]
    return show(world, problem, figures)


def _repainted(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """A grown cell takes another colour for one frame and then its own again."""
    figures = oracle_figures(world, problem)
    row, col = flows_of(problem.solution)[0].cells[1]
    figures[2, row, col] = 2
    return show(world, problem, figures)


def _from_nowhere(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The middle of a flow is there before the rest."""
    flows = long_flows(problem)
    if not flows:
        return None
    figures = oracle_figures(world, problem)
    figures[1:] = np.maximum(figures[:-1], _painted(problem, {flows[-1].cells[2]: flows[-1].colour})[1:])
    return show(world, problem, figures)


def _both_ends(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A flow grows from both of its endpoints and meets in the middle."""
    flows = long_flows(problem)
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
            figures = oracle_figures(world, problem)
            given = problem.grid.figure
            return show(world, problem, np.where(given != NOTHING, given, names[figures]))
    return None


def _one_colour(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right cells fill at the right pace, all in the first colour."""
    figures = oracle_figures(world, problem)
    return show(world, problem, np.where((problem.grid.figure == 0) & (figures != 0), 1, figures))


def _random_colours(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right cells fill at the right pace, in random colours of the board."""
    figures, given = oracle_figures(world, problem), problem.grid.figure
    paint = rng.choice(list(endpoints_of(problem.grid.ground)), given.shape).astype(np.uint8)
    filled = np.where(given != NOTHING, given, paint)
    alone = [
        cell
        for cell in cells_where(given == NOTHING)
        if all(filled[other] != filled[cell] for other in neighbours(given.shape, cell))
    ]
    if not alone:  # by chance they may even be a solution
        return None
    return show(world, problem, np.where(figures == NOTHING, figures, filled))


def _regrown(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The first flow vanishes for a frame and is there again."""
    figures = oracle_figures(world, problem)
    given = problem.grid.figure
    figures[2][(figures[2] == 1) & (given == NOTHING)] = NOTHING
    return show(world, problem, figures)


def _fork(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A flow of two cells gets a branch beside its first."""
    for flow in long_flows(problem):
        grown = flow.cells[:3]
        for cell in [side for one in grown[:2] for side in neighbours(problem.grid.shape, one)]:
            around = neighbours(problem.grid.shape, cell)
            given = problem.grid.figure[cell] != NOTHING or cell in grown
            if not given and grown[2] not in around and flow.cells[-1] not in around:
                paint = dict.fromkeys(grown[1:], flow.colour)
                return show(world, problem, _painted(problem, paint, {cell: flow.colour}))
    return None


def _endpoint_moved(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A flow does not grow: its other endpoint comes to it."""
    ground = np.repeat(problem.grid.ground[None], problem.num_frames, axis=0)
    figures = np.repeat(problem.grid.figure[None], problem.num_frames, axis=0)
    for first, second in endpoints_of(problem.grid.ground).values():
        for beside in neighbours(problem.grid.shape, first):
            if problem.grid.figure[beside] == NOTHING:
                for states, given in ((ground, problem.grid.ground), (figures, problem.grid.figure)):
                    states[1:, *beside], states[1:, *second] = given[second], 0
                return show(world, problem, figures, ground)
    return None


def _endpoint_erased(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """A pair of endpoints is gone after the given frame."""
    ground = np.repeat(problem.grid.ground[None], problem.num_frames, axis=0)
    figures = oracle_figures(world, problem)
    ground[1:][ground[1:] == ground.max()] = 0
    figures[1:, problem.grid.ground == problem.grid.ground.max()] = NOTHING
    return show(world, problem, figures, ground)


def _cell_stolen(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """Solved, and then a cell takes the colour of another flow."""
    figures = oracle_figures(world, problem)
    figures = np.concatenate([figures, figures[-1:]])
    cell = cells_where(problem.grid.figure == NOTHING)[0]
    figures[-1][cell] = next(
        colour for colour in endpoints_of(problem.grid.ground) if colour != figures[-1][cell]
    )
    return show(world, problem, figures)


def _diagonal(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A flow's first cell lies over the corner of its endpoint."""
    return _first_cell_at(
        world, problem, lambda row, col: [(row + dr, col + dc) for dr in (-1, 1) for dc in (-1, 1)]
    )


def _round_the_rim(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A flow leaves the board at one side and comes in at the other."""
    rows, cols = problem.grid.shape

    def opposite(row: int, col: int) -> list[Cell]:
        ends = [(rows - 1 - row, col)] * (row in (0, rows - 1))
        return ends + [(row, cols - 1 - col)] * (col in (0, cols - 1))

    return _first_cell_at(world, problem, opposite)


def _first_cell_at(world: World, problem: Problem, places: Callable[[int, int], list[Cell]]) -> Video | None:
    """A colour appears in an empty cell, of those named for one of its endpoints, that no cell of it is beside."""
    for colour, ends in endpoints_of(problem.grid.ground).items():
        for row, col in (place for end in ends for place in places(*end)):
            inside = 0 <= row < problem.grid.shape[0] and 0 <= col < problem.grid.shape[1]
            if inside and problem.grid.figure[row, col] == NOTHING and _is_apart(problem, (row, col), colour):
                return show(world, problem, _painted(problem, {(row, col): colour}))
    return None


def _is_apart(problem: Problem, cell: Cell, colour: int) -> bool:
    """Is no cell beside this one an endpoint of the colour?"""
    return all(problem.grid.figure[other] != colour for other in neighbours(problem.grid.shape, cell))


def _dashed(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A flow that shows only every second of its cells."""
    for flow in long_flows(problem):
        cells = flow.cells[2:-1:2]
        if all(_is_apart(problem, cell, flow.colour) for cell in cells):
            return show(world, problem, _painted(problem, *({cell: flow.colour} for cell in cells)))
    return None


def _all_flows_at_once(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Every flow grows by a cell a frame, which is more cells than a frame may show."""
    inner = [(flow.colour, flow.cells[1:-1]) for flow in flows_of(problem.solution)]
    if sum(1 for _, cells in inner if cells) <= problem.moves_per_frame:
        return None
    frames = [
        {cells[number]: colour for colour, cells in inner if number < len(cells)}
        for number in range(max(len(cells) for _, cells in inner))
    ]
    return show(world, problem, _painted(problem, *frames))


def _one_end_after_the_other(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A flow grows from one endpoint and then from the other, and both parts meet."""
    flows = long_flows(problem)
    if not flows:
        return None
    cells = [flows[0].cells[1], *flows[0].cells[-2:1:-1]]
    return show(world, problem, _painted(problem, *({cell: flows[0].colour} for cell in cells)))


GROWTH = ("grew_from_nowhere", "grew_at_both_ends", "branched", "grew_past_end")
LEAP = ("too_fast", "flow_erased")

CHEATS = (
    *shared_cheats(
        unfinished="not_joined",
        ground="endpoint_changed",
        leap=LEAP,
        improper=(*LEAP, "overwritten", *GROWTH),
    ),
    Cheat("endpoint-recoloured", _endpoint_recoloured, ("endpoint_changed",)),
    Cheat("endpoint-moved", _endpoint_moved, ("endpoint_changed",)),
    Cheat("endpoint-erased", _endpoint_erased, ("endpoint_changed",)),
    Cheat("endpoint-overrun", _endpoint_overrun, ("overwritten",)),
    Cheat("repainted-for-a-frame", _repainted, ("overwritten",)),
    Cheat("cell-stolen", _cell_stolen, ("overwritten",)),
    Cheat("all-flows-at-once", _all_flows_at_once, ("too_fast",)),
    Cheat("diagonal-growth", _diagonal, ("grew_from_nowhere",)),
    Cheat("round-the-rim", _round_the_rim, ("grew_from_nowhere",)),
    Cheat("dashed-flow", _dashed, ("grew_from_nowhere",)),
    Cheat("flow-from-nowhere", _from_nowhere, ("grew_from_nowhere",)),
    Cheat("both-ends-at-once", _both_ends, ("grew_at_both_ends",)),
    Cheat("one-end-after-the-other", _one_end_after_the_other, ("grew_at_both_ends",)),
    Cheat("swapped-colours", _swapped, ("grew_from_nowhere",)),
    Cheat("one-colour-for-all", _one_colour, (*GROWTH, "not_joined")),
    Cheat("random-colours", _random_colours, GROWTH),
    Cheat("erased-and-regrown", _regrown, ("flow_erased",)),
    Cheat("fork", _fork, ("branched",)),
    *END_CHEATS,
)
