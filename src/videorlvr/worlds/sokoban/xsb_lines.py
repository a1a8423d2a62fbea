"""Which lines of an XSB file are rows of boards, and which are text.

Law: every line is a row or text, and every row is in a board that is read or refused. A line is a row by what it is
made of, wherever it stands: squares, perhaps run-length encoded (`3#2-`, `2(#-)`, rows ended by `|`). Blank lines
and lines of text part boards.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from videorlvr.worlds.sokoban.rules import SQUARES

MAX_SIDE = 64
"""Squares of the longest row, and rows of the tallest board, that are read."""
BLANKS = " -_"
FLAT = frozenset(SQUARES.values()) | set(BLANKS)
ENCODED = FLAT | set("0123456789|()")
_NUMBER = re.compile(r"\d+[.)]?|[^#]*\d")
"""No row: a number behind which no square follows."""
_GROUP = re.compile(r"(\d*)\(([^()]*)\)")
_RUN = re.compile(r"(\d*)([^\d])")

Kind = Literal["row", "blank", "text"]


@dataclass
class Line:
    """A line of the file. number: from 1."""

    text: str
    number: int

    @property
    def bare(self) -> str:
        return self.text.strip()

    @property
    def has_wall(self) -> bool:
        return "#" in self.text

    @property
    def is_uniform(self) -> bool:
        """Is it one character, over and over? So are separators, and rows of nothing but floor."""
        return len(set(self.bare)) <= 1 and not self.has_wall

    @property
    def may_be_text(self) -> bool:
        """At the end of a board's rows: a separator, or a number."""
        return (
            not self.has_wall and self.bare != "@" and (self.is_uniform or any(map(str.isdigit, self.bare)))
        )

    @property
    def kind(self) -> Kind:
        if not self.bare:
            return "blank"
        if set(self.bare) <= ENCODED:
            return "text" if _NUMBER.fullmatch(self.bare) else "row"
        return "row" if self._is_broken_row() else "text"

    def _is_broken_row(self) -> bool:
        """Begins with a wall, and is squares for the most part: a row with a mistake in it, to be refused."""
        squares = [letter for letter in self.bare if letter not in BLANKS]
        return bool(re.match(r"[\d\s_-]*#", self.bare)) and 2 * sum(map(ENCODED.__contains__, squares)) > len(
            squares
        )


@dataclass
class Block:
    """The rows of one board, and the text that belongs to it."""

    rows: list[Line]
    text: list[str] = field(default_factory=list)


def blocks_of(text: str) -> list[Block]:
    """The boards of a file, each with its text.

    Text that is right under a board, with a blank line or the file's end behind it, belongs to that board; so does
    text without a blank line on either side, unless the file begins with text right above its first board, as
    where titles come first. Other text belongs to the board that follows, or to the last one.
    """
    runs = _runs(text)
    boards = [number for number, run in enumerate(runs) if run.kind == "row"]
    if not boards:
        return []
    titles_first = boards[0] > 0 and runs[boards[0] - 1].kind == "text"
    blocks = {number: Block(runs[number].lines) for number in boards}
    for number, run in enumerate(runs):
        if run.kind != "text":
            continue
        above, below = number - 1 in blocks, number + 1 in blocks
        following = next((board for board in boards if board > number), None)
        up = following is None or (above and not (below and titles_first))
        owner = number - 1 if above and up else boards[-1] if following is None else following
        blocks[owner].text += [line.bare for line in run.lines]
    return [blocks[number] for number in boards]


@dataclass
class _Run:
    kind: Kind
    lines: list[Line]


def _runs(text: str) -> list[_Run]:
    """Lines of one kind that follow one another."""
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")
    runs: list[_Run] = []
    for number, line in enumerate(lines, start=1):
        one = Line(line, number)
        if not runs or runs[-1].kind != one.kind:
            runs.append(_Run(one.kind, []))
        runs[-1].lines.append(one)
    out: list[_Run] = []
    for run in runs:
        for part in _without_separators(run) if run.kind == "row" else [run]:
            if out and out[-1].kind == part.kind:
                out[-1].lines += part.lines
            else:
                out.append(part)
    return out


def _without_separators(run: _Run) -> list[_Run]:
    """Lines that look like rows, less those at either end that are text: separators and numbers. Without a line that
    could be no separator there is no board among them."""
    at = [number for number, line in enumerate(run.lines) if not line.may_be_text]
    if not at or not any(line.has_wall or set("@+") & set(line.text) for line in run.lines):
        return [_Run("text", run.lines)]
    first, end = at[0], at[-1] + 1
    parts = [
        _Run("text", run.lines[:first]),
        _Run("row", run.lines[first:end]),
        _Run("text", run.lines[end:]),
    ]
    return [part for part in parts if part.lines]


def squares_of(line: Line) -> list[str]:
    """The rows that a line holds, spelled out: one, or several that end with `|`.

    Raises:
        ValueError: For a character that is no square, or a row that is too long.
    """
    body = line.text.rstrip("\r\n")
    indent = body[: len(body) - len(body.lstrip())].expandtabs()
    body = body.strip("\t") if "\t" not in body.strip() else body
    text = indent + body.lstrip()
    for letter in text:
        if letter not in ENCODED:
            raise ValueError(
                f"line {line.number}: {letter!r} is no XSB square; expected one of # @ + $ * . or floor: space, -, _"
            )
    while group := _GROUP.search(text):
        text = text[: group.start()] + group[2] * _count(group[1], line) + text[group.end() :]
        _check_length(text, line)
    if set(text) & set("()"):
        raise ValueError(
            f"line {line.number}: a bracket without its other one; expected a group such as 2(#-)"
        )
    rows = text.split("|")
    rows = rows[:-1] if len(rows) > 1 and not rows[-1].strip() else rows
    out = []
    for row in rows:
        if row and row[-1].isdigit():
            raise ValueError(
                f"line {line.number}: a number without a square behind it; expected one such as 3#"
            )
        runs = [letter * _count(count, line) for count, letter in _RUN.findall(row)]
        out.append("".join(runs))
        _check_length(out[-1].rstrip(), line)
    return out


def _count(digits: str, line: Line) -> int:
    if len(digits) > 3 or int(digits or 1) > MAX_SIDE:
        raise ValueError(f"line {line.number}: a run of {digits:.20} squares; at most {MAX_SIDE} are read")
    return int(digits or 1)


def _check_length(row: str, line: Line) -> None:
    most = MAX_SIDE * MAX_SIDE if "|" in row else MAX_SIDE
    if len(row) > most:
        raise ValueError(f"line {line.number}: a row of {len(row)} squares; at most {MAX_SIDE} are read")
