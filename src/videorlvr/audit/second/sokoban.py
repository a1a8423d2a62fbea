"""Sokoban as a game of single moves: the player steps, and pushes the box that is in the way, if it can go on."""

from __future__ import annotations

from collections.abc import Iterator

from videorlvr.audit.second.game import Cell, cells_by_code
from videorlvr.worlds.api import Cells, Grid

WALL, TARGET = 16, 32
NOTHING, PLAYER, BOX, STONE = 0, 1, 2, 3
STEPS = ((-1, 0), (0, 1), (1, 0), (0, -1))

Room = tuple[Cell, frozenset[Cell]]
"""The player's cell and the boxes' cells. It is both state and picture."""


class Sokoban:
    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        ground = cells_by_code(grid.ground)
        self.walls, self.targets = ground[WALL], ground[TARGET]

    def start(self) -> Room:
        room = self.picture(self.grid.figure)
        assert room is not None
        return room

    def picture(self, figure: Cells) -> Room | None:
        shown = cells_by_code(figure)
        known = set(shown) <= {NOTHING, PLAYER, BOX, STONE}
        if len(shown[PLAYER]) != 1 or shown[STONE] != self.walls or not known:
            return None
        return min(shown[PLAYER]), shown[BOX]

    def looks(self, state: Room) -> Room:
        return state

    def moves(self, state: Room, target: Room) -> Iterator[Room]:
        (row, col), boxes = state
        for down, right in STEPS:
            to, beyond = (row + down, col + right), (row + 2 * down, col + 2 * right)
            if to in self.walls:
                continue
            if to not in boxes:
                yield to, boxes
            elif beyond not in self.walls and beyond not in boxes:
                yield to, boxes - {to} | {beyond}

    def end_fault(self, history: list[set[Room]]) -> int | None:
        """At the end every target carries a box. If it did before, the fault is where that ended last."""
        solved = [self.targets <= boxes for states in history for _, boxes in states]
        if solved[-1]:
            return None
        return max((frame + 1 for frame in range(len(solved)) if solved[frame]), default=len(solved) - 1)
