"""The rules of Maze: cells, corridors, and a head that leaves a trail.

A cell's ground code holds its walls (north, east, south, west) and whether it is the goal. A figure is
nothing, trail, or the head; the head's cell counts as trail. Moves are letters: U, R, D, L.
"""

from __future__ import annotations

from collections import deque

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import WALL_EAST, WALL_NORTH, WALL_SOUTH, WALL_WEST, Cells, Grid

FLOOR, GOAL = 0, 1
NOTHING, TRAIL, HEAD = 0, 1, 2
TILE_NAMES = ("floor", "goal")
FIGURE_NAMES = ("nothing", "trail", "head")

Cell = tuple[int, int]
DIRECTIONS: dict[str, tuple[int, int, int]] = {
    "U": (-1, 0, WALL_NORTH),
    "R": (0, 1, WALL_EAST),
    "D": (1, 0, WALL_SOUTH),
    "L": (0, -1, WALL_WEST),
}
"""Move letter -> row step, column step, and the wall bit that forbids it."""
OPPOSITE = {WALL_NORTH: WALL_SOUTH, WALL_EAST: WALL_WEST, WALL_SOUTH: WALL_NORTH, WALL_WEST: WALL_EAST}


def cells_where(mask: npt.NDArray[np.bool_]) -> list[Cell]:
    """The true cells of a bool [R, C], in reading order. Five times as fast as `np.argwhere` on small boards."""
    cols = mask.shape[1]
    return [divmod(cell, cols) for cell in np.flatnonzero(mask).tolist()]


def goal_of(ground: Cells) -> Cell:
    return cells_where(ground >> 4 == GOAL)[0]


def heads_of(figure: Cells) -> list[Cell]:
    return cells_where(figure == HEAD)


def neighbours(ground: Cells, cell: Cell) -> list[tuple[str, Cell]]:
    """Open moves from a cell. Walls on the rim keep the head on the board."""
    walls, (row, col) = int(ground[cell]), cell
    return [(letter, (row + dr, col + dc)) for letter, (dr, dc, bit) in DIRECTIONS.items() if not walls & bit]


def distances(ground: Cells, source: Cell) -> npt.NDArray[np.int32]:
    """Moves from `source` to every cell, int32 [R, C]; -1 where there is no way."""
    out = np.full(ground.shape, -1, np.int32)
    out[source] = 0
    queue = deque([source])
    while queue:
        cell = queue.popleft()
        for _, other in neighbours(ground, cell):
            if out[other] < 0:
                out[other] = out[cell] + 1
                queue.append(other)
    return out


def play(grid: Grid, moves: str) -> Cells:
    """States of a walk: uint8 [L + 1, R, C].

    Raises:
        ValueError: For a letter that is no move or a move into a wall.
    """
    figures = np.empty((len(moves) + 1, *grid.shape), np.uint8)
    figures[0] = grid.figure
    cell = heads_of(grid.figure)[0]
    for step, letter in enumerate(moves, start=1):
        if letter not in DIRECTIONS:
            raise ValueError(f"move {step} is '{letter}': a maze move is one of U, R, D, L")
        to = dict(neighbours(grid.ground, cell)).get(letter)
        if to is None:
            raise ValueError(f"move {step} ('{letter}' from row {cell[0]}, col {cell[1]}) runs into a wall")
        figures[step] = figures[step - 1]
        figures[step][cell] = TRAIL
        figures[step][to] = HEAD
        cell = to
    return figures


def random_moves(grid: Grid, num_moves: int, rng: np.random.Generator) -> str:
    """A random walk that knows neither the goal nor where it has been."""
    cell, moves = heads_of(grid.figure)[0], ""
    for _ in range(num_moves):
        ways = neighbours(grid.ground, cell)
        letter, cell = ways[rng.integers(len(ways))]
        moves += letter
    return moves


def solve(grid: Grid) -> str | None:
    """A shortest walk to the goal; among equals, the first in the order U, R, D, L."""
    goal = goal_of(grid.ground)
    away = distances(grid.ground, goal)
    cell = heads_of(grid.figure)[0]
    if away[cell] < 0:
        return None
    moves = ""
    while cell != goal:
        letter, cell = next(way for way in neighbours(grid.ground, cell) if away[way[1]] == away[cell] - 1)
        moves += letter
    return moves
