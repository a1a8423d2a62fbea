"""The XSB text format, in which Sokoban levels are exchanged: read and written.

A board is rows of `#` wall, `@` player, `+` player on a target, `$` box, `*` box on a target, `.` target
and floor, which is a space, `-` or `_`. A file holds any number of boards with text between them. Text
right under a board belongs to it; other text belongs to the board that follows, or to the last one.
`Title: ...` is the title; every other line of text, a leading `;` apart, is a comment.

Not handled: run-length encoding (`4#`), and letters for players and boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from videorlvr.worlds.api import Grid, tile_code
from videorlvr.worlds.sokoban.rules import BOX, FLOOR, NOTHING, PLAYER, STONE, TARGET, WALL

CODES = {
    "#": (WALL, STONE),
    "@": (FLOOR, PLAYER),
    "+": (TARGET, PLAYER),
    "$": (FLOOR, BOX),
    "*": (TARGET, BOX),
    ".": (TARGET, NOTHING),
    " ": (FLOOR, NOTHING),
    "-": (FLOOR, NOTHING),
    "_": (FLOOR, NOTHING),
}
"""Character -> ground tile, figure."""
BLANKS = " -_"
LETTERS = {codes: letter for letter, codes in reversed(CODES.items())}


@dataclass(frozen=True)
class XsbLevel:
    """One level of an XSB file. comments: its other lines of text, without their leading `;`."""

    title: str
    comments: tuple[str, ...]
    grid: Grid


class _Draft:
    """A level that is being read. line: the number of its board's first line."""

    def __init__(self) -> None:
        self.title = ""
        self.comments: list[str] = []
        self.rows: list[str] = []
        self.line = 0

    def add_text(self, line: str) -> None:
        text = line.strip()
        if text.lower().startswith("title:"):
            self.title = text[len("title:") :].strip()
        else:
            self.comments.append(text.removeprefix(";").strip())


def read_xsb(text: str) -> list[XsbLevel]:
    """The levels of an XSB file. Short rows are padded; blank squares outside the room become walls.

    Raises:
        ValueError: With the line number, for an unknown character, a room that is not enclosed, other
            than one player, or boxes and targets that do not match; or if there is no board at all.
    """
    levels: list[_Draft] = []
    draft, under_board = _Draft(), False
    for number, line in enumerate(text.splitlines(), start=1):
        line = line.rstrip()
        if _is_row(line):
            if not under_board or draft.comments or draft.title or not draft.rows:
                draft = _begun(levels, draft)
            draft.line = draft.line or number
            draft.rows.append(_checked_row(line, number))
            under_board = True
        elif line.strip():
            draft.add_text(line)
        elif under_board:
            draft, under_board = _Draft(), False
    return _finished(levels, draft)


def _is_row(line: str) -> bool:
    """Boards are told from text by their walls; a row without walls, which is a mistake, is told too."""
    return line.lstrip(BLANKS).startswith("#") or (
        set(line) <= set(CODES) and any(letter not in BLANKS for letter in line)
    )
