"""Right walks other than the reference, which the judge of Maze must accept."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from videorlvr.worlds.api import Problem, Variant, Video, World
from videorlvr.worlds.maze.rules import Cell, distances, goal_of, neighbours, play
from videorlvr.worlds.maze.states import start_cell
from videorlvr.worlds.staging import staged
from videorlvr.worlds.variants import SHARED_VARIANTS

BACK = {"U": "D", "R": "L", "D": "U", "L": "R"}


def _ways(problem: Problem, cell: Cell, rng: np.random.Generator) -> list[tuple[str, Cell]]:
    """Open moves from a cell, in random order."""
    ways = neighbours(problem.grid.ground, cell)
    return [ways[number] for number in rng.permutation(len(ways))]


def _shortest(problem: Problem, cell: Cell) -> str:
    """A shortest walk from a cell to the goal."""
    away, moves = distances(problem.grid.ground, goal_of(problem.grid.ground)), ""
    while away[cell]:
        letter, cell = next(way for way in neighbours(problem.grid.ground, cell) if away[way[1]] < away[cell])
        moves += letter
    return moves


def _walk(world: World, problem: Problem, moves: Sequence[str]) -> Video | None:
    return staged(world, problem, play(problem.grid, "".join(moves)))


def _detour(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A random walk that does not come to the goal, and from there a shortest one to it."""
    cell, goal, moves = start_cell(problem), goal_of(problem.grid.ground), ""
    for _ in range(int(rng.integers(1, 3 * len(problem.solution)))):
        letter, other = _ways(problem, cell, rng)[0]
        if other != goal:
            cell, moves = other, moves + letter
    return _walk(world, problem, moves + _shortest(problem, cell))


def _there_and_back(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """To the cell before the goal, back to the start, and then to the goal."""
    almost = problem.solution[:-1]
    return _walk(world, problem, [almost, *(BACK[letter] for letter in almost[::-1]), problem.solution])


def _another_route(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A walk over other cells, where the maze has loops."""
    goal = goal_of(problem.grid.ground)
    stack, seen = [(start_cell(problem), "")], set[Cell]()
    while stack:
        cell, moves = stack.pop()
        if cell == goal:
            return _walk(world, problem, moves) if len(moves) > len(problem.solution) else None
        if cell not in seen:
            seen.add(cell)
            stack += [(other, moves + letter) for letter, other in _ways(problem, cell, rng)]
    return None


def _every_corridor(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A walk through every corridor that can be reached before the goal: what painting them all pretends."""
    goal, moves = goal_of(problem.grid.ground), ""
    seen, stack = {start_cell(problem), goal}, [(start_cell(problem), "")]
    while stack:
        cell, back = stack[-1]
        onward = [way for way in _ways(problem, cell, rng) if way[1] not in seen]
        if onward:
            letter, other = onward[0]
            seen.add(other)
            stack.append((other, BACK[letter]))
            moves += letter
        else:
            stack.pop()
            moves += back
    return _walk(world, problem, moves + problem.solution)


VARIANTS = (
    *SHARED_VARIANTS,
    Variant("detour", _detour),
    Variant("there-and-back", _there_and_back),
    Variant("another-route", _another_route),
    Variant("every-corridor", _every_corridor),
)
