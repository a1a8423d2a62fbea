"""The rules of Maze: cells, corridors, and a head that leaves a trail.

A cell's ground code holds its walls (north, east, south, west) and whether it is the goal. A figure is
nothing, trail, or the head; the head's cell counts as trail. Moves are letters: U, R, D, L.
"""

from __future__ import annotations

from collections import deque
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from videorlvr.worlds import game
from videorlvr.worlds.api import WALL_EAST, WALL_NORTH, WALL_SOUTH, WALL_WEST, Cells, Grid
from videorlvr.worlds.game import Game, IllegalMoveError, NotAMoveError

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


def one_sided_wall(ground: Cells) -> Cell | None:
    """The first cell in reading order whose wall to the east or south its neighbour has not, or the other way round."""
    differ = np.zeros(ground.shape, bool)
    differ[:, :-1] |= (ground[:, :-1] & WALL_EAST != 0) != (ground[:, 1:] & WALL_WEST != 0)
    differ[:-1] |= (ground[:-1] & WALL_SOUTH != 0) != (ground[1:] & WALL_NORTH != 0)
    return cells_where(differ)[0] if differ.any() else None


class Walk(NamedTuple):
    """A state: where the head is, and all figures, row after row."""

    head: Cell
    figures: bytes


class Maze(Game[Walk]):
    """The game on one board. A move is a letter; the head's cell stays behind as trail."""

    def __init__(self, grid: Grid) -> None:
        """
        Raises:
            ValueError: For a board without exactly one head and one goal, with anything else on it, or with a wall that
                one cell has and its neighbour has not.
        """
        heads, goals = heads_of(grid.figure), cells_where(grid.ground >> 4 == GOAL)
        if (len(heads), len(goals)) != (1, 1):
            raise ValueError(f"a maze has {len(heads)} heads and {len(goals)} goals: expected one of each")
        ground = grid.ground
        sides = (
            (ground[0], WALL_NORTH),
            (ground[:, -1], WALL_EAST),
            (ground[-1], WALL_SOUTH),
            (ground[:, 0], WALL_WEST),
        )
        if not all((cells & wall).all() for cells, wall in sides):
            raise ValueError("the rim of this maze has a gap: close it with walls")
        if np.count_nonzero(grid.figure) != 1:
            raise ValueError("in the first state of a maze there is nothing but the head")
        if (cell := one_sided_wall(ground)) is not None:
            raise ValueError(
                f"a wall of row {cell[0]}, col {cell[1]} is drawn on one side only: draw it in both cells that it parts"
            )
        self.grid, self.goal = grid, goals[0]
        self.first = Walk(heads[0], grid.figure.tobytes())

    def start(self) -> Walk:
        return self.first

    def legal(self, state: Walk) -> list[str]:
        return [letter for letter, _ in neighbours(self.grid.ground, state.head)]

    def step(self, state: Walk, move: str) -> Walk:
        if move not in DIRECTIONS:
            raise NotAMoveError(f"{move!r}: a maze move is one of {', '.join(DIRECTIONS)}")
        (row, col), (dr, dc, wall) = state.head, DIRECTIONS[move]
        if self.grid.ground[row, col] & wall:
            raise IllegalMoveError(f"'{move}' from row {row}, col {col}: it runs into a wall")
        figures, cols = bytearray(state.figures), self.grid.shape[1]
        figures[row * cols + col] = TRAIL
        figures[(row + dr) * cols + col + dc] = HEAD
        return Walk((row + dr, col + dc), bytes(figures))

    def figure(self, state: Walk) -> Cells:
        return np.frombuffer(state.figures, np.uint8).reshape(self.grid.shape)

    def restart(self, state: Walk) -> Cells:
        figures = np.zeros(self.grid.shape, np.uint8)
        figures[state.head] = HEAD
        return figures

    def is_choice(self, state: Walk, move: str) -> bool:
        """At a junction: where another way leads to a cell that is no trail yet."""
        trail, ways = self.figure(state), neighbours(self.grid.ground, state.head)
        return any(letter != move and trail[cell] == NOTHING for letter, cell in ways)

    def text(self, state: Walk) -> str:
        """`#` walls around cells: S the head, G the goal, X the head on the goal, `.` trail."""
        rows, cols = self.grid.shape
        lines = [["#"] * (2 * cols + 1) for _ in range(2 * rows + 1)]
        for (row, col), code in np.ndenumerate(self.figure(state)):
            goal = (row, col) == self.goal
            lines[2 * row + 1][2 * col + 1] = " .S"[code] if not goal else "X" if code == HEAD else "G"
            for _, (other_row, other_col) in neighbours(self.grid.ground, (row, col)):
                lines[row + other_row + 1][col + other_col + 1] = " "
        return "\n".join(map("".join, lines))

    def solved(self, state: Walk) -> bool:
        return state.head == self.goal

    def wander(self, num_moves: int, rng: np.random.Generator) -> str:
        """A walk that knows neither the goal nor where it has been: it does not stop at the goal."""
        cell, moves = self.first.head, ""
        for _ in range(num_moves):
            ways = neighbours(self.grid.ground, cell)
            letter, cell = ways[rng.integers(len(ways))]
            moves += letter
        return moves


def play(grid: Grid, moves: str) -> Cells:
    """States of a walk: uint8 [L + 1, R, C]; an illegal move is named by an error."""
    return game.play(Maze(grid), moves)


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
