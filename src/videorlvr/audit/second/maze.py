"""Maze as a game of single moves: the head steps through an open side of its cell, and leaves a trail."""

from __future__ import annotations

from collections.abc import Iterator

from videorlvr.audit.second.game import Cell, cells_by_code
from videorlvr.worlds.api import Cells, Grid

NOTHING, TRAIL, HEAD = 0, 1, 2
GOAL = 1
STEPS = ((1, -1, 0), (2, 0, 1), (4, 1, 0), (8, 0, -1))
"""(wall that forbids it, rows down, columns right)"""

Walk = tuple[Cell, frozenset[Cell]]
"""The head's cell, and all cells that it has been in. It is both state and picture."""


class Maze:
    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        self.walls = (grid.ground % 16).tolist()
        self.goals = cells_by_code(grid.ground // 16)[GOAL]

    def start(self) -> Walk:
        walk = self.picture(self.grid.figure)
        assert walk is not None
        return walk

    def picture(self, figure: Cells) -> Walk | None:
        shown = cells_by_code(figure)
        if len(shown[HEAD]) != 1 or not set(shown) <= {NOTHING, TRAIL, HEAD}:
            return None
        return min(shown[HEAD]), shown[TRAIL] | shown[HEAD]

    def looks(self, state: Walk) -> Walk:
        return state

    def moves(self, state: Walk, target: Walk) -> Iterator[Walk]:
        (row, col), trail = state
        for wall, down, right in STEPS:
            if not self.walls[row][col] & wall:
                head = (row + down, col + right)
                yield head, trail | {head}

    def end_fault(self, history: list[set[Walk]]) -> int | None:
        """The head ends on the goal, and once a frame shows it there it stays."""
        arrived = [head in self.goals for states in history for head, _ in states]
        for frame in range(1, len(arrived)):
            if arrived[frame - 1] and not arrived[frame]:
                return frame
        return None if arrived[-1] else len(arrived) - 1
