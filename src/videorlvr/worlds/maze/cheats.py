"""Videos made to fool the judge of Maze. Each must be refused for its own reason."""

from __future__ import annotations

import itertools

import numpy as np

from videorlvr.worlds.api import WALL_EAST, WALL_WEST, Cells, Cheat, Problem, Video, World
from videorlvr.worlds.cheats import shared_cheats, show
from videorlvr.worlds.maze.rules import (
    DIRECTIONS,
    GOAL,
    HEAD,
    NOTHING,
    TRAIL,
    Cell,
    distances,
    goal_of,
    heads_of,
    play,
)
from videorlvr.worlds.problems import oracle_trace


def _oracle(world: World, problem: Problem) -> Cells:
    return oracle_trace(world, problem).figure.copy()


def _walk(problem: Problem, cells: list[Cell]) -> Cells:
    """States of a head that follows `cells`, walls or not, at the problem's pace."""
    states = [problem.grid.figure.copy()]
    for before, after in itertools.pairwise(cells):
        state = states[-1].copy()
        state[before] = TRAIL
        state[after] = HEAD
        states.append(state)
    last = len(states) - 1
    index = np.minimum(np.arange(problem.num_frames) * problem.moves_per_frame, last)
    return np.stack(states)[index]


def _through_walls(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Straight to the goal, rows first, walls or not."""
    start, goal = heads_of(problem.grid.figure)[0], goal_of(problem.grid.ground)
    cells = [start]
    while cells[-1] != goal:
        row, col = cells[-1]
        step = (np.sign(goal[0] - row), 0) if row != goal[0] else (0, np.sign(goal[1] - col))
        cells.append((row + int(step[0]), col + int(step[1])))
    walls = [
        problem.grid.ground[a] & bit
        for a, b in itertools.pairwise(cells)
        for dr, dc, bit in DIRECTIONS.values()
        if (a[0] + dr, a[1] + dc) == b
    ]
    figures = _walk(problem, cells)
    shown = [heads_of(figure)[0] for figure in figures]
    unlike = any(
        distances(problem.grid.ground, a)[b] > problem.moves_per_frame for a, b in itertools.pairwise(shown)
    )
    return show(world, problem, figures) if any(walls) and unlike else None


def _diagonal(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """One step over a corner that no walk of a frame explains."""
    rows, cols = problem.grid.shape
    (row, col) = heads_of(problem.grid.figure)[0]
    away = distances(problem.grid.ground, (row, col))
    for dr, dc in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        other = (row + dr, col + dc)
        if 0 <= other[0] < rows and 0 <= other[1] < cols and away[other] > problem.moves_per_frame:
            return show(world, problem, _walk(problem, [(row, col), other]))
    return None


def _paint_everything(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """Every corridor filled, head on the goal: the hole readers found in the paper's reward."""
    figures = _oracle(world, problem)
    figures[1:][figures[1:] == NOTHING] = TRAIL
    return show(world, problem, figures)


def _two_heads(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """A second head waits on the goal while the first walks."""
    figures = _oracle(world, problem)
    figures[1:][:, *goal_of(problem.grid.ground)] = HEAD
    start = heads_of(problem.grid.figure)[0]
    figures[1][start] = HEAD
    return show(world, problem, figures)


def _goal_to_head(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The goal moves to where the head stands."""
    ground = np.repeat(problem.grid.ground[None], problem.num_frames, axis=0)
    ground[1:][:, *goal_of(problem.grid.ground)] -= GOAL * 16
    ground[1:][:, *heads_of(problem.grid.figure)[0]] += GOAL * 16
    return show(world, problem, np.repeat(problem.grid.figure[None], problem.num_frames, axis=0), ground)


def _walls_open_for_a_frame(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """One inner wall is gone in one frame and back in the next."""
    ground = np.repeat(problem.grid.ground[None], problem.num_frames, axis=0)
    inner = np.argwhere(problem.grid.ground[:, :-1] & WALL_EAST)
    if not len(inner):
        return None
    row, col = inner[rng.integers(len(inner))]
    ground[1, row, col] &= 255 - WALL_EAST
    ground[1, row, col + 1] &= 255 - WALL_WEST
    return show(world, problem, _oracle(world, problem), ground)


def _no_agent(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right trail draws itself; the head never moves."""
    figures = _oracle(world, problem)
    start = heads_of(problem.grid.figure)[0]
    figures[figures == HEAD] = TRAIL
    figures[:, *start] = HEAD
    return show(world, problem, figures)


def _headless(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right trail, and no head once it has begun."""
    figures = _oracle(world, problem)
    figures[1:][figures[1:] == HEAD] = TRAIL
    return show(world, problem, figures)


def _erased_trail(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The head walks rightly but leaves nothing behind."""
    figures = _oracle(world, problem)
    figures[figures == TRAIL] = NOTHING
    return show(world, problem, figures)


def _past_the_goal(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """To the goal, and back off it in the last frame."""
    figures = _oracle(world, problem)
    done = int(np.argmax((figures == figures[-1]).all(axis=(1, 2))))
    states = play(problem.grid, problem.solution)
    back = heads_of(states[-2])[0]
    if done == len(figures) - 1:
        return None
    figures[-1][goal_of(problem.grid.ground)] = TRAIL
    figures[-1][back] = HEAD
    return show(world, problem, figures)


def _faint(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right video at a tenth of its contrast over the first frame."""
    video = show(world, problem, _oracle(world, problem)).astype(np.float32)
    return np.asarray((video[0] + 0.1 * (video - video[0])).round(), np.uint8)


ILLEGAL = ("jump", "wall_crossed", "trail_unwalked", "trail_erased")

CHEATS = (
    *shared_cheats(unfinished="not_at_goal", illegal=ILLEGAL),
    Cheat("through-walls", _through_walls, ("wall_crossed", "trail_unwalked")),
    Cheat("diagonal-step", _diagonal, ("wall_crossed", "jump")),
    Cheat("paint-everything", _paint_everything, ("trail_unwalked",)),
    Cheat("two-heads", _two_heads, ("many_heads",)),
    Cheat("goal-moved-to-head", _goal_to_head, ("walls_changed",)),
    Cheat("wall-gone-for-a-frame", _walls_open_for_a_frame, ("walls_changed",)),
    Cheat("trail-without-walker", _no_agent, ("trail_unwalked",)),
    Cheat("headless", _headless, ("no_head",)),
    Cheat("no-trail", _erased_trail, ("trail_unwalked", "trail_erased")),
    Cheat("past-the-goal", _past_the_goal, ("left_goal",)),
    Cheat("faint", _faint, ("not_at_goal",)),
)
