"""FlowFree by a SAT solver (python-sat): the independent oracle, and the counter of solutions.

A variable for each side between two cells (a flow crosses it) and for each cell and colour. Every cell
has one colour, cells joined across a side share it, an endpoint has one crossed side, any other cell two.
What these clauses allow besides flows is rings apart from the endpoints; a ring is forbidden when it
turns up. Needs `pip install "videorlvr[solvers]"`.

Two solutions differ when a cell differs in colour: that is what a video shows. (Flows that touch
themselves may fill the same cells in more than one order; that is one solution.)
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import numpy as np

from videorlvr.worlds.api import Cells, Grid
from videorlvr.worlds.flowfree.rules import Cell, endpoints_of, follow, moves_text, neighbours

Links = dict[Cell, set[Cell]]


def solutions(grid: Grid) -> Iterator[tuple[str, Cells]]:
    """All solutions: (move text, figure of the filled board), each board once, in no promised order.

    Raises:
        ImportError: If python-sat is not installed.
    """
    try:
        from pysat.solvers import Cadical153
    except ImportError:
        raise ImportError(
            "counting FlowFree solutions needs python-sat: pip install 'videorlvr[solvers]'"
        ) from None
    encoding = _Encoding(grid)
    with Cadical153(bootstrap_with=encoding.clauses) as solver:
        while solver.solve():
            true = {literal for literal in solver.get_model() if literal > 0}
            links = encoding.links(true)
            rings = list(_rings(links, encoding.ends))
            for ring in rings:
                solver.add_clause([-encoding.side[side] for side in ring])
            if rings:
                continue
            flows = [follow(links, colour, ends[0]) for colour, ends in encoding.ends.items()]
            figure = np.zeros(grid.shape, np.uint8)
            for flow in flows:
                for cell in flow.cells:
                    figure[cell] = flow.colour
            yield moves_text(flows), figure
            solver.add_clause([-variable for variable in encoding.paint.values() if variable in true])


def solve_sat(grid: Grid) -> str | None:
    """A solution in move text, or None if there is none."""
    return next((moves for moves, _ in solutions(grid)), None)


def count_solutions(grid: Grid, limit: int = 2) -> int:
    """The number of solutions, counted up to `limit`."""
    return sum(1 for _ in zip(range(limit), solutions(grid), strict=False))


def is_unique(grid: Grid) -> bool:
    return count_solutions(grid) == 1


class _Encoding:
    """Variables and clauses of a board."""

    def __init__(self, grid: Grid) -> None:
        self.ends = endpoints_of(grid.ground)
        cells = [(row, col) for row in range(grid.shape[0]) for col in range(grid.shape[1])]
        sides = [(a, b) for a in cells for b in neighbours(grid.shape, a) if a < b]
        self.side: dict[tuple[Cell, Cell], int] = {side: i for i, side in enumerate(sides, start=1)}
        paints = [(cell, colour) for cell in cells for colour in self.ends]
        self.paint = {paint: i for i, paint in enumerate(paints, start=len(sides) + 1)}
        self.clauses: list[list[int]] = []
        given = {cell: colour for colour, ends in self.ends.items() for cell in ends}
        for cell in cells:
            around = [self.side[min(cell, b), max(cell, b)] for b in neighbours(grid.shape, cell)]
            self._exactly(1 if cell in given else 2, around)
            self._exactly(1, [self.paint[cell, colour] for colour in self.ends])
            if cell in given:
                self.clauses.append([self.paint[cell, given[cell]]])
        for (a, b), crossed in self.side.items():
            for colour in self.ends:
                one, other = self.paint[a, colour], self.paint[b, colour]
                self.clauses += [[-crossed, -one, other], [-crossed, one, -other]]

    def _exactly(self, number: int, variables: list[int]) -> None:
        """Of every number + 1 one is false, and of every len - number + 1 one is true."""
        self.clauses += [[-v for v in some] for some in combinations(variables, number + 1)]
        self.clauses += [list(some) for some in combinations(variables, len(variables) - number + 1)]

    def links(self, true: set[Any]) -> Links:
        out: Links = {cell: set() for cell, _ in self.paint}
        for (a, b), variable in self.side.items():
            if variable in true:
                out[a].add(b)
                out[b].add(a)
        return out


def _rings(links: Links, ends: dict[int, tuple[Cell, ...]]) -> Iterator[list[tuple[Cell, Cell]]]:
    """The sides of each closed ring, as (smaller cell, larger cell)."""
    left = set(links)
    for colour, (start, _) in ends.items():
        left -= set(follow(links, colour, start).cells)
    while left:
        ring = follow(links, 0, min(left)).cells
        left -= set(ring)
        around = zip(ring, (*ring[1:], ring[0]), strict=True)
        yield [(min(a, b), max(a, b)) for a, b in around]
