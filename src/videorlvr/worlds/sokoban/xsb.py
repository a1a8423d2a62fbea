"""The XSB text format, in which Sokoban levels are exchanged: read and written.

A board is rows of `#` wall, `@` player, `+` player on a target, `$` box, `*` box on a target, `.` target
and floor, which is a space, `-` or `_`. A file holds any number of boards with text between them. Text
right under a board belongs to it; other text belongs to the board that follows, or to the last one.
The first line `Title: ...` is the title; every other one is a comment, without a leading `;`.

Not handled: run-length encoding (`4#`), and letters for players and boxes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import Cells, Grid, tile_code
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
TITLE = "title:"
LETTERS = {codes: letter for letter, codes in reversed(CODES.items())}


@dataclass(frozen=True)
class XsbLevel:
    """One level of an XSB file. comments: its other lines of text, without their leading `;`."""

    title: str
    comments: tuple[str, ...]
    grid: Grid


@dataclass
class _Draft:
    """A level that is being read. line: the number of its board's first line."""

    text: list[str]
    line: int
    rows: list[str] = field(default_factory=list)


def read_xsb(text: str) -> list[XsbLevel]:
    """The levels of an XSB file. Short rows are padded; blank squares outside the room become walls.

    Raises:
        ValueError: With the line number, for an unknown character, a room that is not enclosed, other
            than one player, or boxes and targets that do not match; or if there is no board at all.
    """
    drafts: list[_Draft] = []
    waiting: list[str] = []  # text for the next board
    last = "blank"
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            last = "blank"
        elif _is_row(line, last == "row"):
            if last != "row":
                drafts.append(_Draft(waiting, number))
                waiting = []
            drafts[-1].rows.append(_checked_row(line.rstrip(), number))
            last = "row"
        elif last == "blank":
            waiting.append(line.strip())
        else:  # right under a board
            drafts[-1].text.append(line.strip())
    if not drafts:
        raise ValueError("there is no Sokoban board in this text: a board is rows that begin with '#'")
    drafts[-1].text += waiting
    return [_level(draft) for draft in drafts]


def _is_row(line: str, under_row: bool) -> bool:
    """Rows are told from text by the wall they begin with; inside a board, one without it is told, too."""
    if line.lstrip(BLANKS).startswith("#"):
        return True
    return under_row and set(line.rstrip()) <= set(CODES) and not set(line) <= set(BLANKS)


def _checked_row(row: str, number: int) -> str:
    for letter in row:
        if letter not in CODES:
            raise ValueError(
                f"line {number}: '{letter}' is no XSB square; "
                "expected one of # @ + $ * . or floor: space, -, _"
            )
    return row


def _level(draft: _Draft) -> XsbLevel:
    titles = [line for line in draft.text if line.lower().startswith(TITLE)]
    title = titles[0][len(TITLE) :].strip() if titles else ""
    comments = tuple(line.removeprefix(";").strip() for line in draft.text if line not in titles[:1])
    return XsbLevel(title, comments, _grid(draft))


def _grid(draft: _Draft) -> Grid:
    cols = max(map(len, draft.rows))
    squares = [CODES[letter] for row in draft.rows for letter in row.ljust(cols)]
    shape = (len(draft.rows), cols)
    tiles = np.array([tile for tile, _ in squares], np.uint8).reshape(shape)
    figure = np.array([code for _, code in squares], np.uint8).reshape(shape)
    _check_pieces(tiles, figure, draft.line)
    room = _room(tiles, figure)
    outside = (tiles == FLOOR) & (figure == NOTHING) & ~room
    tiles[outside], figure[outside] = WALL, STONE
    walls = tiles == WALL
    if not (walls[0].all() and walls[-1].all() and walls[:, 0].all() and walls[:, -1].all()):
        raise ValueError(f"line {draft.line}: the room of this board is not enclosed: close it with '#'")
    return Grid((tiles * tile_code(1)).astype(np.uint8), figure)


def _check_pieces(tiles: Cells, figure: Cells, line: int) -> None:
    players, boxes, targets = (
        int(cells.sum()) for cells in (figure == PLAYER, figure == BOX, tiles == TARGET)
    )
    if players != 1:
        found = f"{players} players" if players else "no player"
        raise ValueError(f"line {line}: this board has {found}; expected one '@' or '+'")
    if boxes != targets or not boxes:
        raise ValueError(
            f"line {line}: this board has {boxes} boxes ($ *) and {targets} targets (. * +); "
            "expected as many of each, and at least one"
        )


def _room(tiles: Cells, figure: Cells) -> npt.NDArray[np.bool_]:
    """Squares that the player could walk to if there were no boxes."""
    seen: npt.NDArray[np.bool_] = figure == PLAYER
    while True:
        more = seen.copy()
        more[1:] |= seen[:-1]
        more[:-1] |= seen[1:]
        more[:, 1:] |= seen[:, :-1]
        more[:, :-1] |= seen[:, 1:]
        more &= tiles != WALL
        if np.array_equal(more, seen):
            return seen
        seen = more


def write_xsb(levels: Sequence[XsbLevel]) -> str:
    """The text of an XSB file, from which `read_xsb` gives the same levels.

    Raises:
        ValueError: For a title or a comment that would not be read back: of several lines, or with
            spaces around it.
    """
    return "\n".join(_written(level) for level in levels)


def _written(level: XsbLevel) -> str:
    for text in (level.title, *level.comments):
        if text != text.strip() or len(text.splitlines()) > 1:
            raise ValueError(f"{text!r} cannot be written to XSB: make it one line without spaces around it")
    lines = [f"Title: {level.title}"] if level.title else []
    lines += [f"; {comment}".strip() for comment in level.comments]
    tiles, figure = (level.grid.ground // tile_code(1)).tolist(), level.grid.figure.tolist()
    for row in zip(tiles, figure, strict=True):
        lines.append("".join(LETTERS[codes] for codes in zip(*row, strict=True)))
    return "\n".join(lines) + "\n"
