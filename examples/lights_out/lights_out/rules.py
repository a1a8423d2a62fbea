"""The rules of Lights Out as a game. A state is the set of lamps that are lit, as bits of an integer.

The ground is a socket in every cell (tile 1) on a panel (tile 0, which shows between the cells).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from videorlvr.worlds import game
from videorlvr.worlds.api import Cells, GivenBoard, Grid, tile_code
from videorlvr.worlds.game import Game, IllegalMoveError, NotAMoveError
from videorlvr.worlds.given import TextBlock, read_blocks, text_blocks

SOCKET = tile_code(1)
DARK, LIT = 0, 1
Cell = tuple[int, int]
Bits = int
_MOVE = re.compile(r"(0|[1-9][0-9]?),(0|[1-9][0-9]?)")


def written(cell: Cell) -> str:
    return f"{cell[0]},{cell[1]}"


def turned_over(cell: Cell, shape: tuple[int, int]) -> Bits:
    """The lamps that a press turns over: bit row * cols + col."""
    row, col = cell
    near = ((row, col), (row - 1, col), (row, col + 1), (row + 1, col), (row, col - 1))
    return sum(1 << r * shape[1] + c for r, c in near if 0 <= r < shape[0] and 0 <= c < shape[1])


def board(lamps: Cells) -> Grid:
    return Grid(np.full_like(lamps, SOCKET), lamps)


def lit_in(figure: Cells) -> Bits:
    return sum(1 << int(cell) for cell in np.flatnonzero(figure.ravel() == LIT))


class LightsOut(Game[Bits]):
    """The game on one board. A move is a press, `row,col`; presses are parted by a space."""

    def __init__(self, grid: Grid) -> None:
        if (grid.ground != SOCKET).any() or (grid.figure > LIT).any():
            raise ValueError("a board of Lights Out has a lamp in every cell, dark or lit, and no walls")
        self.shape, self.first = grid.shape, lit_in(grid.figure)
        cells = [divmod(cell, self.shape[1]) for cell in range(grid.figure.size)]
        self.presses = {written(cell): turned_over(cell, self.shape) for cell in cells}

    def start(self) -> Bits:
        return self.first

    def legal(self, state: Bits) -> list[str]:
        return list(self.presses)

    def step(self, state: Bits, move: str) -> Bits:
        if not _MOVE.fullmatch(move):
            raise NotAMoveError(f"{move!r:.80}: a press is written as row,col, such as 0,2")
        if move not in self.presses:
            raise IllegalMoveError(
                f"'{move}': there is no lamp on this board of {self.shape[0]}x{self.shape[1]}"
            )
        return state ^ self.presses[move]

    def figure(self, state: Bits) -> Cells:
        cells = self.shape[0] * self.shape[1]
        return np.array([state >> cell & 1 for cell in range(cells)], np.uint8).reshape(self.shape)

    def text(self, state: Bits) -> str:
        return "\n".join("".join(".O"[code] for code in row) for row in self.figure(state).tolist())

    def solved(self, state: Bits) -> bool:
        return state == 0

    def read_moves(self, text: str) -> list[str]:
        return text.split(" ") if text else []

    def write_moves(self, moves: list[str]) -> str:
        return " ".join(moves)


def play(grid: Grid, moves: str) -> Cells:
    return game.play(LightsOut(grid), moves)


def solve(grid: Grid) -> str | None:
    """The fewest presses, by chasing the light: when the first row's presses are chosen, those of every other row
    follow, since only they can still darken the row above."""
    rows, cols = grid.shape
    best: list[Cell] | None = None
    for first in range(1 << cols):
        lit, pressed = lit_in(grid.figure), []
        for row in range(rows):
            above = first if row == 0 else lit >> (row - 1) * cols & (1 << cols) - 1
            for col in range(cols):
                if above >> col & 1:
                    pressed.append((row, col))
                    lit ^= turned_over((row, col), grid.shape)
        if lit == 0 and (best is None or len(pressed) < len(best)):
            best = pressed
    return None if best is None else " ".join(map(written, best))


def read_boards(text: str) -> Iterator[GivenBoard]:
    """Boards as text: `O` for a lamp that is lit, `.` for a dark one."""
    blocks = text_blocks(text, lambda line: bool(re.fullmatch(r"\s*[.O]{2,}\s*", line)))
    return read_blocks(blocks, _grid, "a board is rows of '.' and 'O'")


def _grid(block: TextBlock) -> Grid:
    if len(set(map(len, block.rows))) > 1:
        raise ValueError(f"line {block.line}: the rows of this board are not of one length")
    return board(np.array([[".O".index(letter) for letter in row] for row in block.rows], np.uint8))
