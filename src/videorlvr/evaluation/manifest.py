"""Reading a manifest that others may have edited: every line is checked before any video is judged.

Law: a line is either a problem whose own reference solution the judge accepts, or an error that names
file, line, key and what was expected. Ids are file names, so none may lead out of the videos' folder.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videorlvr.base.choices import nearest
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.problems import level_of, oracle_trace, theme_of

FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,199}")
MAX_FRAMES = 1024
ADDRESS_KEYS = ("world", "version", "level", "split", "index")
JUDGED_KEYS = ("id", *ADDRESS_KEYS, "problem", "layout")
"""The keys that judging needs; a manifest may hold more."""


@dataclass(frozen=True)
class Entry:
    """One problem to judge. id: the name of its video, without `.mp4`."""

    id: str
    problem: Problem


def read_manifest(path: str | Path) -> list[Entry]:
    """All problems of a manifest, in order.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: `file:line: ...` for a line that cannot be judged, or if there is none.
    """
    try:
        text = Path(path).read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path}: not a text file; expected a manifest of JSON lines") from None
    entries: list[Entry] = []
    line_of: dict[str, int] = {}
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            entry = parse_entry(line)
            if entry.id in line_of:
                raise ValueError(
                    f"key 'id' is '{entry.id}', as on line {line_of[entry.id]}; expected unique ids"
                )
        except ValueError as error:
            raise ValueError(f"{path}:{number}: {error}") from None
        line_of[entry.id] = number
        entries.append(entry)
    if not entries:
        raise ValueError(f"{path}: no problems in it; expected a manifest of 'videorlvr worlds export'")
    return entries


def parse_entry(line: str) -> Entry:
    """One line of a manifest.

    Raises:
        ValueError: Naming the key at fault and what was expected.
    """
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON ({error})") from None
    if not isinstance(record, dict):
        raise ValueError(f"found {line[:40]!r}; expected one JSON object a line")
    for key in JUDGED_KEYS:
        if key not in record:
            near = nearest(key, [name for name in record if name not in JUDGED_KEYS])
            hint = f" (did you misspell it as '{near}'?)" if near else ""
            raise ValueError(f"key '{key}' is missing{hint}; expected {', '.join(JUDGED_KEYS)}")
    return Entry(_file_name(record["id"]), _problem(record))


def _file_name(value: object) -> str:
    if not isinstance(value, str) or not FILE_NAME.fullmatch(value) or ".." in value:
        raise ValueError(
            f"key 'id' is {value!r:.80}; expected a file name of letters, digits, '-', '_' and single '.'"
        )
    return value


def _problem(record: Mapping[str, Any]) -> Problem:
    world = world_of(str(record["world"]))
    if record["version"] != world.version:
        raise ValueError(
            f"key 'version' is {record['version']!r}; expected {world.version}, since this videorlvr judges "
            f"{world.id}: export the problems again, or judge them with the release that made them"
        )
    try:
        problem = Problem.from_json(record["problem"])
    except ValueError as error:
        raise ValueError(
            f"key 'problem' is {error}; expected what 'videorlvr worlds export' writes"
        ) from None
    for key in ADDRESS_KEYS:
        if record[key] != getattr(problem.address, key):
            raise ValueError(
                f"key '{key}' is {record[key]!r}; expected {getattr(problem.address, key)!r}, as in the "
                "problem's address"
            )
    if record["layout"] != dataclasses.asdict(problem.layout):
        raise ValueError("key 'layout' differs from the problem's own; expected the same rectangle in both")
    _check_layout(problem)
    _check_pace(world, problem)
    _check_solution(world, problem)
    return problem


def _check_layout(problem: Problem) -> None:
    layout, (rows, cols) = problem.layout, problem.grid.shape
    values = dataclasses.asdict(layout)
    whole = all(isinstance(value, int) and value >= 0 for value in values.values())
    if not (
        whole
        and (layout.rows, layout.cols) == (rows, cols)
        and layout.cell_px >= 8
        and layout.top_px + rows * layout.cell_px <= layout.height_px <= 8192
        and layout.left_px + cols * layout.cell_px <= layout.width_px <= 8192
    ):
        raise ValueError(
            f"key 'layout' is {values}; expected a board of {rows}x{cols} cells of at least 8 px "
            "inside the frame"
        )


def _check_pace(world: World, problem: Problem) -> None:
    """A manifest may not allow more in a frame than the level does: the judge would accept jumps."""
    level = level_of(world, problem.address.level)
    for name, most in (("moves_per_frame", level.moves_per_frame), ("num_frames", MAX_FRAMES)):
        value = getattr(problem, name)
        if not isinstance(value, int) or not 1 <= value <= most:
            raise ValueError(f"key 'problem' has {name} {value!r}; expected a whole number from 1 to {most}")


def _check_solution(world: World, problem: Problem) -> None:
    """The judge must accept the reference, else a verdict on anything else means nothing."""
    theme_of(world, problem)
    try:
        verdict = world.verify(problem, oracle_trace(world, problem))
    except Exception as error:  # any value of any type may stand in a file
        raise ValueError(
            f"key 'problem' is not a problem of {world.id} ({type(error).__name__}: {error})"
        ) from None
    if not verdict.success:
        raise ValueError(
            f"key 'problem' has a solution that {world.id} refuses ({verdict.reason}); expected a valid one"
        )
