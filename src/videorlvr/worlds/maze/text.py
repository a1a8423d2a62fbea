"""Mazes as text, in the two ways in which people draw them. S is where the walk begins, G the goal.

Walls: `#` and a space (or `.`). Where rows and columns are odd in number and every second square of the rim's
corner on is a wall (`###/#S#/###`), squares between are walls or ways; else every square is a cell, and a `#` is a
cell that nothing leads to.

Drawing: `+--+` with `|`, cells of any width and height.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np

from videorlvr.worlds.api import WALL_EAST, WALL_NORTH, WALL_SOUTH, WALL_WEST, GivenBoard, Grid
from videorlvr.worlds.given import MAX_SIDE, TextBlock, read_blocks, text_blocks
from videorlvr.worlds.maze.rules import GOAL, HEAD

_WALLED = re.compile(r"[# .SG]+")
_DRAWN = re.compile(r"[-+| .SG]+")
Wall = Callable[[int, int, int, int], bool]
"""(row, col, row step, col step): is there a wall on that side of that cell?"""


def read_boards(text: str) -> Iterator[GivenBoard]:
    """The mazes of a text, each read or refused with a sentence that names the line.

    Raises:
        ValueError: If there is none.
    """
    return read_blocks(
        text_blocks(text, _is_row), _grid, "a maze is rows of '#' and spaces, or drawn with '+', '-' and '|'"
    )


def _is_row(line: str) -> bool:
    """Begins with a wall, and is a maze for the most part; what else is in it is refused later."""
    bare = line.strip()
    marks = [letter for letter in bare if letter != " "]
    squares = sum(map("#.SG+-|".__contains__, marks))
    return len(bare) > 2 and bare[0] in "#+|" and bare[-1] in "#+|" and 2 * squares > len(marks)


def _grid(block: TextBlock) -> Grid:
    drawn = block.rows[0].startswith("+")
    pattern, letters = (_DRAWN, "+ - | space . S G") if drawn else (_WALLED, "# space . S G")
    for number, row in enumerate(block.rows, start=block.line):
        if not pattern.fullmatch(row):
            wrong = next(letter for letter in row if not pattern.fullmatch(letter))
            raise ValueError(f"line {number}: {wrong!r} is no part of a maze; expected one of {letters}")
        if len(row) != len(block.rows[0]):
            raise ValueError(
                f"line {number}: this row has {len(row)} squares and the first {len(block.rows[0])}"
            )
    for letter in "SG":
        count = sum(row.count(letter) for row in block.rows)
        if count != 1:
            raise ValueError(f"line {block.line}: this maze has {count} times '{letter}'; expected it once")
    return _drawing(block) if drawn else _walls(block)


def _walls(block: TextBlock) -> Grid:
    rows = block.rows
    height, width = len(rows), len(rows[0])
    thin = height % 2 and width % 2 and all(row[::2] == "#" * len(row[::2]) for row in rows[::2])
    if thin and all("#" not in row[1::2] for row in rows[1::2]):

        def between(row: int, col: int, down: int, right: int) -> bool:
            return rows[2 * row + 1 + down][2 * col + 1 + right] == "#"

        return _board([row[1::2] for row in rows[1::2]], between, block.line)

    def blocked(row: int, col: int, down: int, right: int) -> bool:
        row_there, col_there = row + down, col + right
        if not (0 <= row_there < len(cells) and 0 <= col_there < len(cells[0])):
            return True
        return "#" in (cells[row][col], cells[row_there][col_there])

    rim = rows[0] + rows[-1] + "".join(row[0] + row[-1] for row in rows)
    cells = [row[1:-1] for row in rows[1:-1]] if set(rim) == {"#"} else rows
    return _board(cells, blocked, block.line)


def _drawing(block: TextBlock) -> Grid:
    rows = block.rows
    across = [place for place, letter in enumerate(rows[0]) if letter == "+"]
    down = [place for place, row in enumerate(rows) if row.startswith("+")]
    if len(across) < 2 or down[-1] != len(rows) - 1 or min(np.diff(across)) < 2 or min(np.diff(down)) < 2:
        raise ValueError(
            f"line {block.line}: this drawing has no cells between its '+'; expected rows such as +--+--+"
        )
    for place in down:
        if any(rows[place][col] != "+" for col in across):
            raise ValueError(
                f"line {block.line + place}: a '+' is missing, or stands elsewhere than in the first row"
            )

    def inside(row: int, col: int) -> list[str]:
        return [line[across[col] + 1 : across[col + 1]] for line in rows[down[row] + 1 : down[row + 1]]]

    def wall(row: int, col: int, row_step: int, col_step: int) -> bool:
        if row_step:
            side = rows[down[row + (row_step > 0)]][across[col] + 1 : across[col + 1]]
        else:
            at = across[col + (col_step > 0)]
            side = "".join(line[at] for line in rows[down[row] + 1 : down[row + 1]])
        if len(set(side)) > 1:
            raise ValueError(
                f"line {block.line + down[row]}: a wall of the cell in column {col + 1} has a gap: {side!r}"
            )
        return side[0] in "-|"

    def content(row: int, col: int) -> str:
        return "".join(inside(row, col)).strip(" .") or " "

    cells = ["".join(content(row, col)[0] for col in range(len(across) - 1)) for row in range(len(down) - 1)]
    if "".join(cells).count("S") + "".join(cells).count("G") != 2:
        raise ValueError(f"line {block.line}: S and G have to stand in cells of their own")
    return _board(cells, wall, block.line)


def _board(cells: list[str], wall: Wall, line: int) -> Grid:
    """The board of these cells. Its rim is closed, whatever is drawn: a head cannot leave the board."""
    shape = len(cells), len(cells[0]) if cells else 0
    if min(shape) < 1 or max(shape) > MAX_SIDE:
        raise ValueError(
            f"line {line}: a maze of {shape[0]}x{shape[1]} cells; 1 to {MAX_SIDE} a side are read"
        )
    ground, figure = np.zeros(shape, np.uint8), np.zeros(shape, np.uint8)
    sides = ((-1, 0, WALL_NORTH), (0, 1, WALL_EAST), (1, 0, WALL_SOUTH), (0, -1, WALL_WEST))
    for row, col in np.ndindex(shape):
        for down, right, bit in sides:
            rim = not (0 <= row + down < shape[0] and 0 <= col + right < shape[1])
            if rim or wall(row, col, down, right):
                ground[row, col] |= bit
        if cells[row][col] == "G":
            ground[row, col] += 16 * GOAL
        if cells[row][col] == "S":
            figure[row, col] = HEAD
    return Grid(ground, figure)
