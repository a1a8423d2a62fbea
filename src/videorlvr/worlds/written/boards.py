"""Boards as text, in two forms.

cells: a word a cell, `[17.2]` for ground 17 and figure 2; says all of any state of any world, and costs a small model
    one token a cell.
drawn: as people draw it, `Game.text`; for models that have read the internet.

Law: `read_board(world, board_text(...))` is the board, in both forms; of the form `cells` every state in mid-play, too.
"""

from __future__ import annotations

import re
from typing import Literal

import numpy as np

from videorlvr.worlds.api import Grid, World

BoardForm = Literal["cells", "drawn"]
CELL = re.compile(r"\[(\d{1,3})\.(\d{1,3})\]")
MAX_CHARS = 2**16


def cell_word(ground: int, figure: int) -> str:
    return f"[{ground}.{figure}]"


def cells_text(grid: Grid) -> str:
    """A row of the board a line."""
    return "\n".join(
        "".join(cell_word(int(ground), int(figure)) for ground, figure in zip(*row, strict=True))
        for row in zip(grid.ground, grid.figure, strict=True)
    )


def board_text(world: World, grid: Grid, form: BoardForm) -> str:
    """A first state as text."""
    if form == "cells":
        return cells_text(grid)
    game = world.game(grid)
    return game.text(game.start())


def read_board(world: World, text: str, form: BoardForm) -> Grid:
    """Inverse of `board_text`.

    Raises:
        ValueError: If the text is no board, saying where.
    """
    if len(text) > MAX_CHARS:
        raise ValueError(f"a board of {len(text)} characters: expected at most {MAX_CHARS}")
    if form == "cells":
        return read_cells(text)
    if world.read_boards is None:
        raise ValueError(f"the world {world.name} reads no drawn boards: take the form 'cells'")
    boards = list(world.read_boards(text))
    if len(boards) != 1 or boards[0].grid is None:
        found = boards[0].refusal if len(boards) == 1 else f"{len(boards)} boards"
        raise ValueError(f"expected one board of {world.name}, found {found}")
    return boards[0].grid


def read_cells(text: str) -> Grid:
    """The state that `cells_text` wrote.

    Raises:
        ValueError: Naming the row that is none.
    """
    rows: list[list[tuple[int, int]]] = []
    for number, line in enumerate(text.split("\n"), start=1):
        cells = [(int(ground), int(figure)) for ground, figure in CELL.findall(line)]
        plain = "".join(cell_word(*cell) for cell in cells)
        if not cells or plain != line or max(map(max, cells)) > 255:
            raise ValueError(f"row {number} is '{line:.40}': expected cells such as [17.2], 0 to 255 both")
        if rows and len(cells) != len(rows[0]):
            raise ValueError(f"row {number} has {len(cells)} cells and row 1 has {len(rows[0])}")
        rows.append(cells)
    both = np.array(rows, np.uint8)
    return Grid(np.ascontiguousarray(both[:, :, 0]), np.ascontiguousarray(both[:, :, 1]))


def cell_words(world: World) -> list[str]:
    """Every word that a cell of this world may be: what a tokenizer must know.

    Walls are left out where the boards of the world's first level have none.
    """
    tiles, figures = len(world.tile_names), len(world.figure_names)
    walls = range(16) if _has_walls(world) else (0,)
    return [
        cell_word(16 * tile + wall, figure)
        for tile in range(tiles)
        for wall in walls
        for figure in range(figures)
    ]


def _has_walls(world: World) -> bool:
    from videorlvr.worlds.problems import make_problem

    level = next(iter(world.levels))
    return any((make_problem(world, level, "train", index).grid.ground % 16).any() for index in range(4))
