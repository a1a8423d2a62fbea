"""Boards that people wrote down: what the text forms of all worlds share, and our own JSON.

Law: a line is part of a board or text around it, and every board is read or refused; one that is refused takes no
other with it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from videorlvr.worlds.api import GivenBoard, Grid, World

MAX_SIDE = 64
"""Cells of a side of the largest board that is read."""


@dataclass
class TextBlock:
    """Lines that follow one another and belong to one board. line: the number of the first, from 1."""

    line: int
    title: str
    rows: list[str]


def lines_of(text: str) -> list[str]:
    """The lines of a file, however it ends them, so that numbers are those of an editor."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


def text_blocks(text: str, is_row: Callable[[str], bool]) -> list[TextBlock]:
    """Runs of rows, without the indentation that they share, each with the text last seen above it as its title."""
    blocks: list[TextBlock] = []
    title, open_block = "", False
    for number, line in enumerate(lines_of(text), start=1):
        if is_row(line):
            if not open_block:
                blocks.append(TextBlock(number, title, []))
                title = ""
            blocks[-1].rows.append(line.rstrip().expandtabs())
        elif line.strip():
            title = line.strip().lstrip(";").strip()
            title = title[6:].strip() if title.lower().startswith("title:") else title
        open_block = is_row(line)
    for block in blocks:
        indent = min(len(row) - len(row.lstrip()) for row in block.rows)
        block.rows = [row[indent:] for row in block.rows]
    return blocks


def read_blocks(
    blocks: list[TextBlock], grid_of: Callable[[TextBlock], Grid], what: str
) -> Iterator[GivenBoard]:
    """The boards of these blocks by `grid_of`, which raises ValueError, naming the line, for one that it refuses.

    Raises:
        ValueError: If there is none. what: how a board looks.
    """
    if not blocks:
        raise ValueError(f"there is no board in this text: {what}")
    for block in blocks:
        try:
            yield GivenBoard(block.line, block.title, grid_of(block))
        except ValueError as error:
            yield GivenBoard(block.line, block.title, None, refusal=str(error))


def json_boards(text: str, world: World) -> Iterator[GivenBoard]:
    """The boards of our own JSON: problems as `worlds show --json` writes them, manifests (a line a problem), or
    grids with `ground` and `figure`; one, or a list of them.

    Raises:
        ValueError: If the text is no JSON.
    """
    items = list(_items(text))
    if all(isinstance(item, ValueError) for _, item in items):
        raise ValueError(f"this is no JSON ({items[0][1] if items else 'it is empty'})")
    for place, (line, item) in enumerate(items, start=1):
        title = str(item.get("id", "")) if isinstance(item, dict) else ""
        try:
            yield GivenBoard(line, title, _grid(item, world))
        except ValueError as error:
            which = f"line {line}" if len(items) == 1 or line > 1 else f"item {place}"
            yield GivenBoard(line, title, None, refusal=f"{which}: {error}")


def _items(text: str) -> Iterator[tuple[int, Any]]:
    """(line, JSON value) of a list or of a file with a value a line; the error in place of a line that is none."""
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        for number, line in enumerate(lines_of(text), start=1):
            if line.strip():
                yield number, _value(line)
        return
    yield from ((1, item) for item in (whole if isinstance(whole, list) else [whole]))


def _value(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        return ValueError(f"not JSON ({error})")


def _grid(item: Any, world: World) -> Grid:
    """The grid in a problem, in a line of a manifest, or by itself."""
    if isinstance(item, ValueError):
        raise item
    for key in ("problem", "grid"):
        address = item.get("address", item) if isinstance(item, dict) else {}
        other = address.get("world", world.name) if isinstance(address, dict) else world.name
        if other != world.name:
            raise ValueError(f"this is a board of the world {other!r:.40}; expected one of {world.name}")
        item = item[key] if isinstance(item, dict) and key in item else item
    if not isinstance(item, dict) or not {"ground", "figure"} <= item.keys():
        raise ValueError(
            f"{str(item)!r:.40} holds no board; expected 'ground' and 'figure', or a problem with a 'grid'"
        )
    layers = []
    for name, most in (("ground", 16 * len(world.tile_names)), ("figure", len(world.figure_names))):
        rows = item[name]
        if not _is_board(rows, most):
            raise ValueError(
                f"'{name}' is {rows!r:.40}; expected at most {MAX_SIDE} rows of as many whole numbers, 0 to {most - 1}"
            )
        layers.append(np.array(rows, np.uint8))
    if layers[0].shape != layers[1].shape:
        raise ValueError(
            f"'ground' is {layers[0].shape} cells and 'figure' {layers[1].shape}; expected the same"
        )
    return Grid(layers[0], layers[1])


def _is_board(rows: Any, most: int) -> bool:
    return (
        isinstance(rows, list)
        and 1 <= len(rows) <= MAX_SIDE
        and all(
            isinstance(row, list) and len(row) == len(rows[0]) and 1 <= len(row) <= MAX_SIDE for row in rows
        )
        and all(type(cell) is int and 0 <= cell < most for row in rows for cell in row)
    )
