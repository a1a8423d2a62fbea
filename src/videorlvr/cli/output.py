"""What commands print: aligned tables for people, JSON for programs.

Law: with `--json -` standard output holds the JSON and nothing else; notes go to standard error.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

    from videorlvr.reports.tables import Table

JSON_HELP = "write the result as JSON to this file; '-' prints it, and nothing else, on standard output"


def speaks() -> bool:
    """Whether this process tells results: the first of those that torchrun started, or one by itself."""
    return os.environ.get("RANK", "0") == "0"


def emit_json(value: Any, target: str) -> None:
    """Write a result as JSON to a file, or to standard output for '-'.

    Raises:
        OSError: If the file cannot be written.
    """
    from videorlvr.base.records import to_json, write_json

    if target == "-":
        sys.stdout.write(json.dumps(to_json(value), indent=2, allow_nan=False) + "\n")
    else:
        write_json(target, value)


def check_places(files: Sequence[tuple[str, str | None]], runs: Iterable[str]) -> None:
    """Try where results are to be written, before the work: (option, path) each, '-' and None left out.

    Raises:
        ValueError: If one cannot be written, or would replace a file of these runs.
    """

    from videorlvr.base.outputs import Claimed, check_outputs
    from videorlvr.base.runs import own_files

    claimed = Claimed()
    for run in runs:
        for file in own_files(Path(run)):
            claimed.add(file, "a file of the run,")
    check_outputs([(option, Path(path)) for option, path in files if path and path != "-"], claimed)


def table_console() -> Console:
    """A terminal wide enough for the tables, whose columns would otherwise be cut to unreadable."""
    from rich.console import Console

    return Console(width=max(116, Console().width))


def show_table(console: Console, shown: Table, *, with_note: bool = True) -> None:
    """A table, and below it how to read its numbers, as wide as the terminal."""
    from dataclasses import replace

    from videorlvr.reports.tables import rich_table

    console.print(rich_table(replace(shown, note="")))
    if with_note and shown.note:
        console.print(shown.note, style="dim", highlight=False, markup=False)


def note(text: str) -> None:
    """A remark that is no part of the result."""
    print(text, file=sys.stderr)


def table(rows: Sequence[Sequence[object]], *, right: frozenset[int] = frozenset(), indent: int = 0) -> str:
    """Rows as aligned columns; the first row is the heading, columns in `right` are flush right."""
    texts = [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in texts) for column in range(len(texts[0]))]
    lines = []
    for row in texts:
        cells = [
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append((" " * indent + "  ".join(cells)).rstrip())
    return "\n".join(lines)
