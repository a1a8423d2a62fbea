"""FlowFree boards as text: a letter or digit twice for each colour, `.` for an empty cell.

Cells may be parted by single spaces. Upper and lower case are two colours; colours are named anew, in reading order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np

from videorlvr.worlds.api import GivenBoard, Grid
from videorlvr.worlds.flowfree.rules import MAX_COLOURS, with_names_in_reading_order
from videorlvr.worlds.given import MAX_SIDE, TextBlock, read_blocks, text_blocks

EMPTY = "."
_CLOSE = re.compile(r"\s*[A-Za-z0-9.]{2,}\s*")
_APART = re.compile(r"\s*[A-Za-z0-9.]( [A-Za-z0-9.])+\s*")


def read_boards(text: str) -> Iterator[GivenBoard]:
    """The boards of a text, each read or refused with a sentence that names the line.

    Raises:
        ValueError: If there is none.
    """
    blocks = [block for block in text_blocks(text, _is_row) if any(EMPTY in row[:-1] for row in block.rows)]
    return read_blocks(
        blocks, _grid, "a FlowFree board is rows of letters, each twice, and '.' for empty cells"
    )


def _is_row(line: str) -> bool:
    """Words look like rows that are full of endpoints; a block without an empty cell is text."""
    return bool(_CLOSE.fullmatch(line) or _APART.fullmatch(line)) or _is_broken_row(line.strip())


def _is_broken_row(bare: str) -> bool:
    """Cells for the most part, half of them empty, and something else: to be refused, not passed by."""
    return " " not in bare and 2 * bare.count(EMPTY) >= len(bare) > 2 and not bare.startswith(";")


def _grid(block: TextBlock) -> Grid:
    rows = [row.replace(" ", "") for row in block.rows]
    rows, first = _without_words(rows, block.line)
    for number, row in enumerate(rows, start=first):
        for letter in row:
            if not (letter.isascii() and letter.isalnum()) and letter != EMPTY:
                raise ValueError(f"line {number}: {letter!r} is no cell; expected a letter, a digit or '.'")
        if len(row) != len(rows[0]):
            raise ValueError(f"line {number}: this row has {len(row)} cells and the first {len(rows[0])}")
    if max(len(rows), len(rows[0])) > MAX_SIDE:
        raise ValueError(
            f"line {first}: a board of {len(rows)}x{len(rows[0])} cells; at most {MAX_SIDE} are read"
        )
    names = sorted(set("".join(rows)) - {EMPTY})
    for name in names:
        places = [number for number, row in enumerate(rows, start=first) for letter in row if letter == name]
        if len(places) != 2:
            raise ValueError(
                f"line {places[0]}: '{name}' stands {len(places)} times on this board; expected twice"
            )
    if not 1 <= len(names) <= MAX_COLOURS:
        raise ValueError(f"line {first}: a board of {len(names)} colours; expected 1 to {MAX_COLOURS}")
    colours = np.array(
        [[names.index(letter) + 1 if letter != EMPTY else 0 for letter in row] for row in rows], np.uint8
    )
    return with_names_in_reading_order(Grid(colours * 16, colours))


def _without_words(rows: list[str], line: int) -> tuple[list[str], int]:
    """Words in capitals right above or under a board are not as long as its rows: (rows, line of the first)."""
    widths = [len(row) for row in rows if EMPTY in row] or [len(rows[0])]
    width = max(set(widths), key=widths.count)
    while len(rows) > 1 and EMPTY not in rows[0] and len(rows[0]) != width:
        rows, line = rows[1:], line + 1
    while len(rows) > 1 and EMPTY not in rows[-1] and len(rows[-1]) != width:
        rows = rows[:-1]
    return rows, line
