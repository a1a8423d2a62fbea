"""Videos made to fool the judge of Maze. Each must be refused for its own reason."""

from __future__ import annotations

import itertools

import numpy as np

from videorlvr.worlds.api import WALL_EAST, WALL_WEST, Cells, Cheat, Grid, Problem, Video, World, tile_code
from videorlvr.worlds.cheats import shared_cheats
from videorlvr.worlds.maze.rules import (
    DIRECTIONS,
    GOAL,
    HEAD,
    OPPOSITE,
    TRAIL,
    distances,
    goal_of,
    heads_of,
    play,
    solve,
)
from videorlvr.worlds.maze.states import held, sides, solution_cells, start_cell, straight, walked
from videorlvr.worlds.maze.trail_cheats import TRAIL_CHEATS
from videorlvr.worlds.problems import pace
from videorlvr.worlds.staging import oracle_figures, show


def _ground_in_time(problem: Problem) -> Cells:
    return np.repeat(problem.grid.ground[None], problem.num_frames, axis=0)


def _breaks_the_pace(problem: Problem, figures: Cells) -> bool:
    """Is there a frame whose head no walk of its moves explains?"""
    shown = [heads_of(figure)[0] for figure in figures]
    return any(
        not 0 <= distances(problem.grid.ground, a)[b] <= problem.moves_per_frame
        for a, b in itertools.pairwise(shown)
    )


def _through_walls(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Straight to the goal, rows first, walls or not."""
    figures = walked(problem, straight(start_cell(problem), goal_of(problem.grid.ground)))
    return show(world, problem, figures) if _breaks_the_pace(problem, figures) else None


def _through_one_wall(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right walk, until a step through a wall brings the head nearer to the goal."""
    ground, cells = problem.grid.ground, solution_cells(problem)
    away = distances(ground, goal_of(ground))
    for number, cell in enumerate(cells[:-1]):
        for bit, other in sides(problem.grid.shape, cell):
            far = distances(ground, cell)[other] > problem.moves_per_frame
            if ground[cell] & bit and far and away[other] < away[cell]:
                states = play(problem.grid, problem.solution[:number])
                crossed = states[-1].copy()
                crossed[cell], crossed[other] = TRAIL, HEAD
                frames = [*states[:-1][:: problem.moves_per_frame], states[-1], crossed]
                return show(world, problem, held(problem, frames))
    return None


def _within_a_frame(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Between two frames the trail goes through a wall, to a cell that another walk of a frame leads to."""
    grid, start = problem.grid, start_cell(problem)
    away = distances(grid.ground, start)
    for bit, other in sides(grid.shape, start):
        for bit_on, end in sides(grid.shape, other):
            walled = grid.ground[start] & bit or grid.ground[other] & bit_on
            if walled and 0 < away[end] <= problem.moves_per_frame:
                figures = walked(problem, [start, other, end])
                figures[1:] = figures[-1]
                return show(world, problem, figures)
    return None


def _diagonal(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """One step over a corner that no walk of a frame explains."""
    rows, cols = problem.grid.shape
    (row, col) = start_cell(problem)
    away = distances(problem.grid.ground, (row, col))
    for dr, dc in ((1, 1), (1, -1), (-1, 1), (-1, -1)):
        other = (row + dr, col + dc)
        if 0 <= other[0] < rows and 0 <= other[1] < cols and away[other] > problem.moves_per_frame:
            return show(world, problem, walked(problem, [(row, col), other]))
    return None


def _round_the_rim(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The head leaves the board at one side and comes in at the other."""
    (rows, cols), (row, col) = problem.grid.shape, start_cell(problem)
    away = distances(problem.grid.ground, (row, col))
    ends = [(rows - 1 - row, col)] * (row in (0, rows - 1))
    ends += [(row, cols - 1 - col)] * (col in (0, cols - 1))
    for end in ends:
        if away[end] > problem.moves_per_frame:
            return show(world, problem, walked(problem, [(row, col), end]))
    return None


def _teleport(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The head is at once beside the goal, and walks on from there."""
    cells = solution_cells(problem)
    if len(cells) - 2 <= problem.moves_per_frame:
        return None
    return show(world, problem, walked(problem, [cells[0], *cells[-2:]]))


def _goal_to_head(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The goal moves to where the head stands."""
    ground = _ground_in_time(problem)
    ground[1:][:, *goal_of(problem.grid.ground)] -= tile_code(GOAL)
    ground[1:][:, *start_cell(problem)] += tile_code(GOAL)
    return show(world, problem, np.repeat(problem.grid.figure[None], problem.num_frames, axis=0), ground)


def _second_goal(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """A second goal appears where the head stands."""
    ground = _ground_in_time(problem)
    ground[1:, *start_cell(problem)] += tile_code(GOAL)
    return show(world, problem, np.repeat(problem.grid.figure[None], problem.num_frames, axis=0), ground)


def _walls_open_for_a_frame(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """One inner wall is gone in one frame and back in the next."""
    ground = _ground_in_time(problem)
    inner = np.argwhere(problem.grid.ground[:, :-1] & WALL_EAST)
    if not len(inner):
        return None
    row, col = inner[rng.integers(len(inner))]
    ground[1, row, col] &= 255 - WALL_EAST
    ground[1, row, col + 1] &= 255 - WALL_WEST
    return show(world, problem, oracle_figures(world, problem), ground)


def _walls_erased_in_passing(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Straight to the goal; walls in the way are gone while the head passes, and are back at the end."""
    cells = straight(start_cell(problem), goal_of(problem.grid.ground))
    figures, ground = walked(problem, cells), _ground_in_time(problem)
    for a, b in itertools.pairwise(cells):
        bit = next(bit for bit, other in sides(problem.grid.shape, a) if other == b)
        ground[1:-1, *a] &= 255 - bit
        ground[1:-1, *b] &= 255 - OPPOSITE[bit]
    return show(world, problem, figures, ground) if (ground != ground[0]).any() else None


def _past_the_goal(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """To the goal, and back off it in the last frame."""
    figures = oracle_figures(world, problem)
    figures = np.concatenate([figures, figures[-1:]])
    figures[-1][goal_of(problem.grid.ground)] = TRAIL
    figures[-1][solution_cells(problem)[-2]] = HEAD
    return show(world, problem, figures)


def _back_and_forth(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A busy walk that gets nowhere: one step and back, to the end."""
    first = problem.solution[0]
    away_from_goal = len(problem.solution) > 1
    back = {"U": "D", "D": "U", "L": "R", "R": "L"}[first]
    steps = problem.moves_per_frame * (problem.num_frames - 1)
    states = play(problem.grid, ((first + back) * steps)[:steps])
    figures = pace(states, num_frames=problem.num_frames, moves_per_frame=problem.moves_per_frame)
    return show(world, problem, figures) if away_from_goal else None


def _other_maze(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A right walk to the goal in another maze, whose walls are not those shown."""
    walls = problem.grid.ground.copy()
    for cell in np.ndindex(*problem.grid.shape):
        for bit, other in sides(problem.grid.shape, cell):
            if rng.random() < 0.5:
                walls[cell] &= 255 - bit
                walls[other] &= 255 - OPPOSITE[bit]
    moves = solve(Grid(walls, problem.grid.figure))
    assert moves is not None, "opening walls closes no way"
    cells = [start_cell(problem)]
    for dr, dc, _ in (DIRECTIONS[letter] for letter in moves):
        cells.append((cells[-1][0] + dr, cells[-1][1] + dc))
    figures = walked(problem, cells)
    return show(world, problem, figures) if _breaks_the_pace(problem, figures) else None


LEAP = ("jump", "wall_crossed", "trail_erased")

CHEATS = (
    *shared_cheats(
        unfinished="not_at_goal",
        ground="walls_changed",
        leap=LEAP,
        improper=(*LEAP, "trail_unwalked", "no_head", "many_heads"),
    ),
    Cheat("through-walls", _through_walls, ("wall_crossed", "trail_unwalked")),
    Cheat("through-one-wall", _through_one_wall, ("wall_crossed",)),
    Cheat("wall-crossed-within-a-frame", _within_a_frame, ("trail_unwalked",)),
    Cheat("diagonal-step", _diagonal, ("wall_crossed", "jump")),
    Cheat("round-the-rim", _round_the_rim, ("jump", "wall_crossed")),
    Cheat("walk-of-another-maze", _other_maze, ("wall_crossed", "trail_unwalked")),
    Cheat("teleport", _teleport, ("jump", "wall_crossed")),
    *TRAIL_CHEATS,
    Cheat("goal-moved-to-head", _goal_to_head, ("walls_changed",)),
    Cheat("second-goal", _second_goal, ("walls_changed",)),
    Cheat("wall-gone-for-a-frame", _walls_open_for_a_frame, ("walls_changed",)),
    Cheat("walls-erased-in-passing", _walls_erased_in_passing, ("walls_changed",)),
    Cheat("past-the-goal", _past_the_goal, ("left_goal",)),
    Cheat("back-and-forth", _back_and_forth, ("not_at_goal",)),
)
