"""Boards with a known solution: a cover of the board by flows is drawn first, then all but its ends hidden.

A cover is a set of paths that fill the board. It begins as straight rows (or columns) and is shuffled by
random steals: a path's end takes over a piece of a path beside it. Steals may also merge two paths and
splits cut one, so every number of colours in the size's range comes up.

Law: no flow touches itself. Two cells of one flow are neighbours only if they follow one another in it,
as in boards that people make; so no pair of endpoints is adjacent, and no flow has a shorter way
through its own cells. (The judge does not ask this of a solution; only our own boards keep it.)
"""

from __future__ import annotations

from functools import lru_cache
from math import isqrt

import numpy as np

from videorlvr.worlds.api import Draft, Grid, Level, tile_code
from videorlvr.worlds.flowfree.rules import Flow, moves_text, neighbours

NUM_COLOURS = {4: (3, 4), 5: (4, 5), 6: (4, 6), 7: (5, 7), 8: (6, 8), 9: (6, 9), 10: (7, 11)}
"""Side of the board (of an oblong one, of the square of that many cells) -> range of its colours."""
MIN_LENGTH = 3
"""Cells of the shortest flow, endpoints included. The longest has 3 / 4 of the board's outline."""
STEALS_PER_CELL = 30
"""Attempts, accepted or not, before a cover counts as shuffled."""


@lru_cache(maxsize=16)
def _around(rows: int, cols: int) -> list[list[int]]:
    """Neighbours of every cell, cells numbered in reading order."""
    cells = [(row, col) for row in range(rows) for col in range(cols)]
    return [[r * cols + c for r, c in neighbours((rows, cols), cell)] for cell in cells]


class Cover:
    """Paths that fill a board; every change keeps them from touching themselves and within `lengths`."""

    def __init__(self, rows: int, cols: int, lengths: tuple[int, int], *, upright: bool) -> None:
        lines = np.arange(rows * cols).reshape(rows, cols)
        self.around, self.lengths = _around(rows, cols), lengths
        self.paths: list[list[int]] = (lines.T if upright else lines).tolist()
        self.owner = [0] * (rows * cols)  # index of each cell's path
        for name in range(len(self.paths)):
            self._put(name, self.paths[name])

    def _put(self, name: int, path: list[int]) -> None:
        self.paths[name] = path
        for cell in path:
            self.owner[cell] = name

    def steal(self, end: float, way: float, side: float, *, may_merge: bool) -> None:
        """A path's end takes a neighbouring cell, and all that lies on one side of it in its path.

        end, way, side: uniform in [0, 1); which end, which neighbour, which side. Nothing happens where
        the result is no cover of ours.
        """
        paths, owner = self.paths, self.owner
        name, backwards = divmod(int(end * 2 * len(paths)), 2)
        taker = paths[name][::-1] if backwards else paths[name]
        around = self.around[taker[-1]]
        cell = around[int(way * len(around))]
        loser = owner[cell]
        if loser == name:
            return
        at, path = paths[loser].index(cell), paths[loser]
        taken, rest = (path[at:], path[:at]) if side < 0.5 else (path[at::-1], path[at + 1 :])
        if not self._fits(taker, taken) or not (self._fits(rest, []) if rest else may_merge):
            return
        if sum(owner[beside] == name for other in taken for beside in self.around[other]) > 1:
            return  # it would touch itself
        self._put(name, taker + taken)
        if rest:
            self.paths[loser] = rest
        else:
            last = self.paths.pop()
            if loser < len(self.paths):
                self._put(loser, last)

    def split(self, which: float, where: float) -> None:
        """Cut a path in two, unless a piece were too short."""
        name = int(which * len(self.paths))
        path = self.paths[name]
        at = int(where * len(path))
        if self._fits(path[:at], []) and self._fits(path[at:], []):
            self.paths[name] = path[:at]
            self.paths.append([])
            self._put(len(self.paths) - 1, path[at:])

    def _fits(self, start: list[int], rest: list[int]) -> bool:
        return self.lengths[0] <= len(start) + len(rest) <= self.lengths[1]


def draw_cover(rows: int, cols: int, num_flows: int, rng: np.random.Generator) -> list[list[int]] | None:
    """A random cover by that many paths, cells numbered in reading order; None where it got stuck."""
    lengths = (MIN_LENGTH, 3 * (rows + cols) // 2)
    cover = Cover(rows, cols, lengths, upright=bool(rng.random() < 0.5))
    for end, way, side in rng.random((STEALS_PER_CELL * rows * cols, 3)).tolist():
        if len(cover.paths) < num_flows and side < 0.25:
            cover.split(end, way)
        else:
            cover.steal(end, way, side, may_merge=len(cover.paths) > num_flows)
    return cover.paths if len(cover.paths) == num_flows else None


def generate(level: Level, rng: np.random.Generator) -> Draft | None:
    """A board that has a solution, and this solution: flows in reading order of their first endpoints.

    Raises:
        ValueError: If the level asks for boards of a size without a range of colours.
    """
    rows = int(rng.integers(level.rows[0], level.rows[1] + 1))
    # Square boards, as the game has them, wherever the level does not ask for oblong ones.
    cols = rows if level.rows == level.cols else int(rng.integers(level.cols[0], level.cols[1] + 1))
    side = isqrt(rows * cols)
    if side not in NUM_COLOURS:
        raise ValueError(f"a board of {rows}x{cols} cells: FlowFree is made from 4x4 to 10x10")
    low, high = NUM_COLOURS[side]
    paths = draw_cover(rows, cols, int(rng.integers(low, high + 1)), rng)
    if paths is None:
        return None
    paths = sorted(path if path[0] < path[-1] else path[::-1] for path in paths)
    flows = [
        Flow(colour, tuple(divmod(cell, cols) for cell in path)) for colour, path in enumerate(paths, start=1)
    ]
    ground, figure = np.zeros((rows, cols), np.uint8), np.zeros((rows, cols), np.uint8)
    for flow in flows:
        for end in (flow.cells[0], flow.cells[-1]):
            ground[end], figure[end] = tile_code(flow.colour), flow.colour
    return Draft(Grid(ground, figure), moves_text(flows))
