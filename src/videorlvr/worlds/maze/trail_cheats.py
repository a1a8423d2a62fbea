"""Cheats of Maze whose walk is right, or nearly, and whose trail or head is not."""

from __future__ import annotations

import numpy as np

from videorlvr.worlds.api import Cheat, Problem, Video, World
from videorlvr.worlds.maze.rules import HEAD, NOTHING, TRAIL, cells_where, distances, goal_of
from videorlvr.worlds.maze.states import sides, solution_cells, start_cell, walked
from videorlvr.worlds.staging import done_frame, oracle_figures, show


def _paint_everything(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """Every corridor filled, head on the goal: the hole readers found in the paper's reward."""
    figures = oracle_figures(world, problem)
    figures[1:][figures[1:] == NOTHING] = TRAIL
    return show(world, problem, figures)


def _flood(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The trail spreads along all corridors at once, and the head follows it to the goal."""
    away, figures = distances(problem.grid.ground, start_cell(problem)), oracle_figures(world, problem)
    done = done_frame(figures)
    for frame, figure in enumerate(figures):
        figure[(away <= frame * problem.moves_per_frame) & (figure == NOTHING)] = TRAIL
    # Before the last moves the walk has none to spare, so that no way explains a cell beside it.
    spread = not np.array_equal(figures[:done], oracle_figures(world, problem)[:done])
    return show(world, problem, figures) if spread else None


def _thick_trail(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right walk with a trail three cells wide."""
    figures = oracle_figures(world, problem)
    done = done_frame(figures)
    for figure in figures[1:]:
        for cell in cells_where(figure == TRAIL):
            for _, other in sides(problem.grid.shape, cell):
                figure[other] = figure[other] or TRAIL
    spread = not np.array_equal(figures[:done], oracle_figures(world, problem)[:done])
    return show(world, problem, figures) if spread else None


def _from_the_goal(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The trail grows from the goal to the start, where the head waits, and jumps at last."""
    path = solution_cells(problem)[::-1]
    if 2 * (len(path) - 1) <= problem.moves_per_frame:
        return None  # time to go there and come back
    figures = np.repeat(problem.grid.figure[None], problem.num_frames, axis=0)
    for frame in range(1, len(figures)):
        for cell in path[: frame * problem.moves_per_frame]:
            figures[frame][cell] = figures[frame][cell] or TRAIL
    figures[-1][path[-1]], figures[-1][path[0]] = TRAIL, HEAD
    return show(world, problem, figures)


def _from_both_ends(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The head walks while a trail grows towards it from the goal."""
    cells = solution_cells(problem)
    if len(cells) - 2 <= problem.moves_per_frame:
        return None
    figures = oracle_figures(world, problem)
    for cell in cells[-2:]:
        later = figures[1:, *cell]
        later[later == NOTHING] = TRAIL
    return show(world, problem, figures)


def _two_heads(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """A second head waits on the goal while the first walks."""
    figures = oracle_figures(world, problem)
    figures[1:][:, *goal_of(problem.grid.ground)] = HEAD
    figures[1][start_cell(problem)] = HEAD
    return show(world, problem, figures)


def _two_walkers(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Two heads, one from the start and one from the goal, meet halfway."""
    cells = solution_cells(problem)
    if len(cells) < 4:
        return None
    figures = walked(problem, cells[: len(cells) // 2])
    other = walked(problem, cells[::-1][: len(cells) // 2])
    other[:, *start_cell(problem)] = NOTHING
    other[0] = NOTHING
    return show(world, problem, np.maximum(figures, other))


def _ghost_heads(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The head stays behind, too, wherever it has been seen."""
    heads = oracle_figures(world, problem) == HEAD
    seen = np.logical_or.accumulate(heads, axis=0)
    return show(world, problem, np.where(seen, HEAD, oracle_figures(world, problem)).astype(np.uint8))


def _roles_exchanged(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """After the given frame the head is drawn as trail and the trail as heads."""
    figures = oracle_figures(world, problem)
    if (figures[1] == TRAIL).sum() < 2:
        return None  # a head that stays behind a trail of one cell: that is another cheat
    figures[1:] = np.array([NOTHING, HEAD, TRAIL], np.uint8)[figures[1:]]
    return show(world, problem, figures)


def _blinking_head(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right walk, the head to be seen in every second frame only."""
    figures = oracle_figures(world, problem)
    odd = figures[1::2]
    odd[odd == HEAD] = TRAIL
    return show(world, problem, figures)


def _no_agent(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right trail draws itself; the head never moves."""
    figures = oracle_figures(world, problem)
    figures[figures == HEAD] = TRAIL
    figures[:, *start_cell(problem)] = HEAD
    return show(world, problem, figures)


def _headless(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right trail, and no head once it has begun."""
    figures = oracle_figures(world, problem)
    figures[1:][figures[1:] == HEAD] = TRAIL
    return show(world, problem, figures)


def _erased_trail(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The head walks rightly but leaves nothing behind."""
    figures = oracle_figures(world, problem)
    figures[figures == TRAIL] = NOTHING
    return show(world, problem, figures)


def _fading_trail(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The head walks rightly, but its trail fades away behind it."""
    figures = oracle_figures(world, problem)
    if done_frame(figures) < 2:
        return None
    figures[2:, *start_cell(problem)] = NOTHING
    return show(world, problem, figures)


TRAIL_CHEATS = (
    Cheat("paint-everything", _paint_everything, ("trail_unwalked",)),
    Cheat("flood", _flood, ("trail_unwalked",)),
    Cheat("thick-trail", _thick_trail, ("trail_unwalked",)),
    Cheat("trail-from-the-goal", _from_the_goal, ("trail_unwalked",)),
    Cheat("trail-from-both-ends", _from_both_ends, ("trail_unwalked",)),
    Cheat("trail-without-walker", _no_agent, ("trail_unwalked",)),
    Cheat("no-trail", _erased_trail, ("trail_unwalked", "trail_erased")),
    Cheat("fading-trail", _fading_trail, ("trail_erased",)),
    Cheat("two-heads", _two_heads, ("many_heads",)),
    Cheat("two-walkers", _two_walkers, ("many_heads",)),
    Cheat("ghost-heads", _ghost_heads, ("many_heads",)),
    Cheat("roles-exchanged", _roles_exchanged, ("many_heads",)),
    Cheat("headless", _headless, ("no_head",)),
    Cheat("blinking-head", _blinking_head, ("no_head",)),
)
