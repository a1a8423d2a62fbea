"""The XSB text format, in which Sokoban levels are exchanged: read and written.

A board is rows of `#` wall, `@` player, `+` player on a target, `$` box, `*` box on a target, `.` target
and floor, which is a space, `-` or `_`. A file holds any number of boards with text between them (`xsb_lines`).
The first line `Title: ...` is the title; every other one is a comment, without a leading `;`.

Law: what the player cannot come to is not changed in its picture, except that floor there becomes wall. A board
that is not clear is refused by line, and the others are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import Cells, GivenBoard, Grid, tile_code
from videorlvr.worlds.sokoban.rules import BOX, FLOOR, NOTHING, PLAYER, SQUARES, STONE, TARGET, WALL
from videorlvr.worlds.sokoban.xsb_lines import BLANKS, MAX_SIDE, Block, blocks_of, squares_of

TITLE = "title:"
CODES = {letter: codes for codes, letter in SQUARES.items()} | dict.fromkeys(BLANKS, (FLOOR, NOTHING))
"""Character -> ground tile, figure."""
UNWRITTEN = 255
"""The tile of a square that a short row does not reach."""


@dataclass(frozen=True)
class XsbLevel:
    """One level of an XSB file. comments: its other lines of text, without their leading `;`."""

    title: str
    comments: tuple[str, ...]
    grid: Grid


def read_xsb(text: str) -> list[XsbLevel]:
    """The levels of an XSB file; `xsb_boards` reads on where one is refused.

    Raises:
        ValueError: With the line number, for the first board that is refused; or if there is no board at all.
    """
    levels = []
    for block in _blocks(text):
        title, comments = _named(block)
        levels.append(XsbLevel(title, comments, _board(block)[0]))
    return levels


def xsb_boards(text: str) -> Iterator[GivenBoard]:
    """The boards of an XSB file, in its order, each read or refused with a sentence that names the line.

    Collections number their boards in comments: the last one stands in for a title.

    Raises:
        ValueError: If there is no board at all.
    """
    for block in _blocks(text):
        title, comments = _named(block)
        line, title = block.rows[0].number, title or (comments[-1] if comments else "")
        try:
            grid, note = _board(block)
        except ValueError as error:
            yield GivenBoard(line, title, None, refusal=str(error))
        else:
            yield GivenBoard(line, title, grid, note=note)


def _blocks(text: str) -> list[Block]:
    blocks = [part for block in blocks_of(text) for part in _parted(block)]
    if not blocks:
        raise ValueError("there is no Sokoban board in this text: a board is rows of '#' and other squares")
    return blocks


def _parted(block: Block) -> list[Block]:
    """Rows of one character, without a wall, part boards where each of the parts has a player of its own."""
    parts = [Block([], block.text)]
    for row in block.rows:
        if not row.is_uniform:
            parts[-1].rows.append(row)
        elif parts[-1].rows:
            parts.append(Block([], [row.bare]))
        else:
            parts[-1].text.append(row.bare)
    players = [sum(row.text.count(letter) for row in part.rows for letter in "@+") for part in parts]
    return parts if len(parts) > 1 and set(players) == {1} else [block]


def _named(block: Block) -> tuple[str, tuple[str, ...]]:
    """(title, comments)"""
    titles = [line for line in block.text if line.lower().startswith(TITLE)]
    title = titles[0][len(TITLE) :].strip() if titles else ""
    return title, tuple(line.removeprefix(";").strip() for line in block.text if line not in titles[:1])


def _board(block: Block) -> tuple[Grid, str]:
    """(the board, a note on what had to be done to it)"""
    rows, lines = [], []
    for row in block.rows:
        spelled = squares_of(row)
        rows += spelled
        lines += [row.number] * len(spelled)
    first = block.rows[0].number
    if len(rows) > MAX_SIDE:
        raise ValueError(f"line {first}: a board of {len(rows)} rows; at most {MAX_SIDE} are read")
    tiles, figure = _squares(rows)
    _check_pieces(tiles, figure, first)
    room = _room(tiles, figure)
    leaks = (room & (tiles == UNWRITTEN)).any(axis=1)
    if leaks.any():
        line = lines[int(leaks.argmax())]
        raise ValueError(
            f"line {line}: the room of this board is not enclosed, since this row is shorter than the room: "
            "close it with '#', or write its floor as '-'"
        )
    outside = ((tiles == FLOOR) & (figure == NOTHING) & ~room) | (tiles == UNWRITTEN)
    tiles[outside], figure[outside] = WALL, STONE
    sides = tuple((int(side[0].any()), int(side[1].any())) for side in (_edges(tiles), _edges(tiles.T)))
    note = ""
    if any(map(any, sides)):
        tiles, figure = (
            np.pad(tiles, sides, constant_values=WALL),
            np.pad(figure, sides, constant_values=STONE),
        )
        note = f"line {first}: the board is open at its edge, and was closed with walls"
    return Grid((tiles * tile_code(1)).astype(np.uint8), figure), note


def _edges(tiles: Cells) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Where the first and the last row are open."""
    return tiles[0] != WALL, tiles[-1] != WALL


def _squares(rows: list[str]) -> tuple[Cells, Cells]:
    """Ground tiles and figures, without the columns that are blank from top to bottom: indentation."""
    cols = max(map(len, rows))
    written = [[CODES[letter] for letter in row] + [(UNWRITTEN, NOTHING)] * (cols - len(row)) for row in rows]
    tiles, figure = (
        np.array([[codes[layer] for codes in row] for row in written], np.uint8) for layer in (0, 1)
    )
    blank = (np.isin(tiles, (FLOOR, UNWRITTEN)) & (figure == NOTHING)).all(axis=0)
    kept = np.flatnonzero(~blank)
    columns = slice(int(kept[0]), int(kept[-1]) + 1) if len(kept) else slice(0, cols)
    return tiles[:, columns].copy(), figure[:, columns].copy()


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
        lines.append("".join(SQUARES[codes] for codes in zip(*row, strict=True)))
    return "\n".join(lines) + "\n"
