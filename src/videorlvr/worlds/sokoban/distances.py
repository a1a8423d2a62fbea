"""How far boxes are from targets: the bound that the solver searches with and the judge scores with.

A box alone on the board needs at least `push_lengths` pushes to reach a target; boxes that share the
targets among them need at least the cheapest assignment's sum. A cell from which no target can be
reached is dead, and so is a square of four cells full of walls and boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from videorlvr.worlds.sokoban.rules import LETTERS, Board

NEVER = 10**6
"""Pushes from where no push leads to a target. Larger than any sum on a board."""
MAX_MATCHED = 8
"""Up to so many boxes are assigned exactly; beyond, each counts its nearest target."""


@lru_cache(maxsize=1024)
def push_lengths(board: Board) -> tuple[tuple[int, ...], ...]:
    """Fewest pushes of a box alone: [target][cell], `NEVER` where there is no way.

    Walked backwards: a box is pulled from its target, and the puller needs two cells in line.
    """
    offsets = [board.offsets[letter] for letter in LETTERS]
    tables = []
    for target in board.targets:
        table, layer = [NEVER] * len(board.walls), [target]
        table[target] = 0
        for cell in layer:  # grows while it is walked through
            for offset in offsets:
                other = cell + offset
                if table[other] == NEVER and not board.walls[other] and not board.walls[other + offset]:
                    table[other] = table[cell] + 1
                    layer.append(other)
        tables.append(tuple(table))
    return tuple(tables)


@lru_cache(maxsize=1024)
def alive_cells(board: Board) -> frozenset[int]:
    """Cells from which a box alone can be pushed to some target."""
    tables = push_lengths(board)
    return frozenset(cell for cell in board.floor if any(table[cell] != NEVER for table in tables))


def pushes_left(board: Board, boxes: Sequence[int]) -> int:
    """A lower bound of the pushes that bring all boxes to targets; at least `NEVER` if it shows none can.

    0 exactly when all boxes are on targets.
    """
    tables = push_lengths(board)
    if len(boxes) == 1:
        return min(table[boxes[0]] for table in tables)
    if len(boxes) > MAX_MATCHED:
        return sum(min(table[box] for table in tables) for box in boxes)
    costs = {0: 0}  # targets in use, as bits -> cheapest assignment of the boxes so far
    for box in boxes:
        ways: dict[int, int] = {}
        for used, cost in costs.items():
            for index, table in enumerate(tables):
                now = used | 1 << index
                if now != used and cost + table[box] < ways.get(now, NEVER * len(boxes) + 1):
                    ways[now] = cost + table[box]
        costs = ways
    return min(costs.values(), default=NEVER)


@lru_cache(maxsize=1024)
def squares(board: Board) -> tuple[tuple[tuple[int, int], ...], ...]:
    """Per cell, the squares of four cells it lies in: (walls and cell itself, targets), as bits of cells."""
    return tuple(_squares_of(board, cell) for cell in range(len(board.walls)))


def _squares_of(board: Board, cell: int) -> tuple[tuple[int, int], ...]:
    if board.walls[cell]:
        return ()
    out = []
    for down in (-board.cols, board.cols):
        for right in (-1, 1):
            corners = (cell, cell + down, cell + right, cell + down + right)
            boxes = sum(1 << corner for corner in corners if not board.walls[corner])
            targets = sum(1 << corner for corner in corners if corner in board.targets)
            out.append((boxes, targets))
    return tuple(out)


def is_frozen(board: Board, cell: int, boxes: int) -> bool:
    """Is a box just pushed to `cell` stuck in a square full of walls and boxes, one of them off target?

    boxes: bits of all cells with a box.
    """
    return any(boxes & corners == corners and corners & ~targets for corners, targets in squares(board)[cell])
