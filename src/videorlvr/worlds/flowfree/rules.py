"""The rules of FlowFree (Numberlink): endpoints in pairs, flows that join them, a board to be filled.

Ground tile k marks an endpoint of colour k, tile 0 an empty cell; there are no walls. Figure k says that
colour k is in the cell. In the first state only the endpoints are coloured.

Move text: one word a flow, in the order in which they grow: the colour's letter, row and column of the
endpoint it grows from, and its steps: `A0,1:RDD B2,2:UL`. The step onto the other endpoint is written
like any other, but it changes no cell, so it is not a state of its own. A flow that was left may be taken
up at its tip by a later word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from videorlvr.worlds.api import Cells, Grid

NOTHING = 0
MAX_COLOURS = 12
LETTERS = "ABCDEFGHIJKL"
TILE_NAMES = ("empty", *(f"endpoint {letter}" for letter in LETTERS))
FIGURE_NAMES = ("nothing", *(f"flow {letter}" for letter in LETTERS))

Cell = tuple[int, int]
DIRECTIONS: dict[str, Cell] = {"U": (-1, 0), "R": (0, 1), "D": (1, 0), "L": (0, -1)}
"""Move letter -> row step, column step."""
LETTER_OF = {step: letter for letter, step in DIRECTIONS.items()}
WORD = re.compile(r"([A-L])(0|[1-9][0-9]{0,2}),(0|[1-9][0-9]{0,2}):([URDL]*)")


@dataclass(frozen=True)
class Flow:
    """The cells of one colour's flow in the order of growth, the endpoint it grows from first."""

    colour: int
    cells: tuple[Cell, ...]

    def __str__(self) -> str:
        (row, col) = self.cells[0]
        letters = "".join(LETTER_OF[b[0] - a[0], b[1] - a[1]] for a, b in pairwise(self.cells))
        return f"{LETTERS[self.colour - 1]}{row},{col}:{letters}"


def flows_of(moves: str) -> list[Flow]:
    """The flows of a move text, in its order; "" is none. Whether the board allows them is not asked.

    Raises:
        ValueError: For a word that is no flow.
    """
    flows = []
    for number, word in enumerate(moves.split(), start=1):
        match = WORD.fullmatch(word)
        if match is None:
            raise ValueError(
                f"flow {number} is '{word}': a flow is written like A0,1:RDD (colour A-L, row, column, "
                "and steps U, R, D, L)"
            )
        cells = [(int(match[2]), int(match[3]))]
        for letter in match[4]:
            dr, dc = DIRECTIONS[letter]
            cells.append((cells[-1][0] + dr, cells[-1][1] + dc))
        flows.append(Flow(LETTERS.index(match[1]) + 1, tuple(cells)))
    return flows


def follow(links: Mapping[Cell, set[Cell]], colour: int, start: Cell) -> Flow:
    """The flow that leads from a cell along the links between cells."""
    cells, seen = [start], {start}
    while onward := links[cells[-1]] - seen:
        cells.append(min(onward))
        seen.add(cells[-1])
    return Flow(colour, tuple(cells))


def moves_text(flows: list[Flow]) -> str:
    return " ".join(str(flow) for flow in flows)


def endpoints_of(ground: Cells) -> dict[int, tuple[Cell, ...]]:
    """Colour -> its endpoints in reading order (two on any board of this world), by colour."""
    rows, cols = ground.nonzero()
    out: dict[int, tuple[Cell, ...]] = {}
    for row, col, code in zip(rows.tolist(), cols.tolist(), ground[rows, cols].tolist(), strict=True):
        out[code >> 4] = (*out.get(code >> 4, ()), (row, col))
    return dict(sorted(out.items()))


def neighbours(shape: tuple[int, int], cell: Cell) -> list[Cell]:
    """The two to four cells that share a side with a cell."""
    ways = ((cell[0] + dr, cell[1] + dc) for dr, dc in DIRECTIONS.values())
    return [(row, col) for row, col in ways if 0 <= row < shape[0] and 0 <= col < shape[1]]


def with_names_in_reading_order(grid: Grid) -> Grid:
    """Colours renamed A, B, C ... by where their first endpoints come in reading order."""
    names = np.zeros(16, np.uint8)
    ends = endpoints_of(grid.ground)
    for new, old in enumerate(sorted(ends, key=lambda colour: ends[colour][0]), start=1):
        names[old] = new
    return Grid(names[grid.ground >> 4] * 16, names[grid.figure])
