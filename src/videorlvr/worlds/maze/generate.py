"""Mazes by unlike algorithms: depth-first (long corridors), Wilson (uniform), braided (with loops)."""

from __future__ import annotations

import numpy as np

from videorlvr.worlds.api import Cells, Draft, Grid, Level, tile_code
from videorlvr.worlds.maze.rules import DIRECTIONS, GOAL, HEAD, OPPOSITE, Cell, distances

BRAID_SHARE = 0.25
"""Share of boards with loops, and in those, the share of dead ends that are opened."""
BRAID_OPENED = 0.5


def _steps(cell: Cell, shape: tuple[int, int]) -> list[tuple[int, Cell]]:
    """(wall bit, neighbour) on the board, walls ignored."""
    out = []
    for dr, dc, bit in DIRECTIONS.values():
        row, col = cell[0] + dr, cell[1] + dc
        if 0 <= row < shape[0] and 0 <= col < shape[1]:
            out.append((bit, (row, col)))
    return out


def _open(walls: Cells, cell: Cell, bit: int, other: Cell) -> None:
    walls[cell] &= 255 - bit
    walls[other] &= 255 - OPPOSITE[bit]


def depth_first(walls: Cells, rng: np.random.Generator) -> None:
    """Carve a spanning tree by randomised depth-first search: long, winding corridors."""
    start = (int(rng.integers(walls.shape[0])), int(rng.integers(walls.shape[1])))
    seen, stack = {start}, [start]
    while stack:
        ways = [way for way in _steps(stack[-1], walls.shape) if way[1] not in seen]
        if not ways:
            stack.pop()
            continue
        bit, other = ways[rng.integers(len(ways))]
        _open(walls, stack[-1], bit, other)
        seen.add(other)
        stack.append(other)


def wilson(walls: Cells, rng: np.random.Generator) -> None:
    """Carve a uniform spanning tree by loop-erased random walks (Wilson, STOC 1996)."""
    cells = [(row, col) for row in range(walls.shape[0]) for col in range(walls.shape[1])]
    tree = {cells[rng.integers(len(cells))]}
    for start in cells:
        leave: dict[Cell, tuple[int, Cell]] = {}
        cell = start
        while cell not in tree:  # the last way out of each cell is its way in the loop-erased walk
            ways = _steps(cell, walls.shape)
            leave[cell] = ways[rng.integers(len(ways))]
            cell = leave[cell][1]
        cell = start
        while cell not in tree:
            bit, other = leave[cell]
            _open(walls, cell, bit, other)
            tree.add(cell)
            cell = other


def braid(walls: Cells, rng: np.random.Generator) -> None:
    """Open some dead ends, so that loops appear and several walks are valid."""
    for row, col in np.argwhere(np.isin(walls, (7, 11, 13, 14))):
        cell = (int(row), int(col))
        closed = [way for way in _steps(cell, walls.shape) if walls[cell] & way[0]]
        if closed and rng.random() < BRAID_OPENED:
            _open(walls, cell, *closed[rng.integers(len(closed))])


def generate(level: Level, rng: np.random.Generator) -> Draft | None:
    """A maze whose shortest walk from start to goal has a length within the level's bounds."""
    rows = int(rng.integers(level.rows[0], level.rows[1] + 1))
    cols = int(rng.integers(level.cols[0], level.cols[1] + 1))
    walls = np.full((rows, cols), 15, np.uint8)
    (depth_first if rng.random() < 0.5 else wilson)(walls, rng)
    if rng.random() < BRAID_SHARE:
        braid(walls, rng)
    start = (int(rng.integers(rows)), int(rng.integers(cols)))
    away = distances(walls, start)
    goals = np.argwhere((away >= level.moves[0]) & (away <= level.moves[1]))
    if not len(goals):
        return None
    row, col = goals[rng.integers(len(goals))]
    walls[row, col] |= tile_code(GOAL)
    figure = np.zeros((rows, cols), np.uint8)
    figure[start] = HEAD
    return Draft(Grid(walls, figure))
