"""Right ways to fill the board other than the reference, which the judge of FlowFree must accept."""

from __future__ import annotations

import numpy as np

from videorlvr.worlds.api import Problem, Variant, Video, World
from videorlvr.worlds.flowfree.play import play
from videorlvr.worlds.flowfree.rules import Flow, flows_of, moves_text
from videorlvr.worlds.staging import other_solutions, staged
from videorlvr.worlds.variants import SHARED_VARIANTS


def _grown(world: World, problem: Problem, flows: list[Flow]) -> Video | None:
    return staged(world, problem, play(problem.grid, moves_text(flows)))


def _turned(flow: Flow) -> Flow:
    """The same flow, grown from its other endpoint."""
    return Flow(flow.colour, flow.cells[::-1])


def _flows_backwards(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The last flow first."""
    return _grown(world, problem, flows_of(problem.solution)[::-1])


def _other_ends(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Every flow from its other endpoint."""
    return _grown(world, problem, [_turned(flow) for flow in flows_of(problem.solution)])


def _any_order(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The flows in a random order, each from a random endpoint."""
    flows = [flow if rng.random() < 0.5 else _turned(flow) for flow in flows_of(problem.solution)]
    return _grown(world, problem, [flows[number] for number in rng.permutation(len(flows))])


def _in_turn(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The flows take turns, a cell each."""
    inner = [(flow.colour, flow.cells[1:-1]) for flow in flows_of(problem.solution)]
    longest = max(len(cells) for _, cells in inner)
    order = [(cells[step], colour) for step in range(longest) for colour, cells in inner if step < len(cells)]
    return _in_order(world, problem, order)


def _at_random(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Each cell that is filled is the next of a random flow, grown from a random endpoint."""
    flows = [flow if rng.random() < 0.5 else _turned(flow) for flow in flows_of(problem.solution)]
    owners = rng.permutation([number for number, flow in enumerate(flows) for _ in flow.cells[1:-1]])
    cells = [iter(flow.cells[1:-1]) for flow in flows]
    return _in_order(world, problem, [(next(cells[owner]), flows[owner].colour) for owner in owners.tolist()])


def _in_order(world: World, problem: Problem, order: list[tuple[tuple[int, int], int]]) -> Video | None:
    """Cells filled one after another with their colours."""
    states = [problem.grid.figure]
    for cell, colour in order:
        states.append(states[-1].copy())
        states[-1][cell] = colour
    return staged(world, problem, np.stack(states))


def _another_cover(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Another solution of the board, where the solver finds one in a mirror."""
    reference = play(problem.grid, problem.solution)[-1]
    for states in other_solutions(world, problem):
        if not np.array_equal(states[-1], reference):
            return staged(world, problem, states)
    return None


VARIANTS = (
    *SHARED_VARIANTS,
    Variant("flows-backwards", _flows_backwards),
    Variant("other-ends", _other_ends),
    Variant("any-order", _any_order),
    Variant("flows-in-turn", _in_turn),
    Variant("cells-at-random", _at_random),
    Variant("another-cover", _another_cover),
)
