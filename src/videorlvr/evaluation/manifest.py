"""Reading a manifest that others may have edited: every line is checked before any video is judged.

Law: a line is either a sound problem (`evaluation.soundness`), or an error that names file, line, key and what was
expected. Whether it is the problem of its address takes longer, see `evaluation.checks`. Ids are file names, so none
may lead out of the videos' folder. Sizes and types are checked before anything is computed from a value, so that a
line costs milliseconds whatever it says.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from videorlvr.base.choices import nearest, unknown
from videorlvr.base.files import open_regular
from videorlvr.evaluation.soundness import check_sound
from videorlvr.worlds import WORLDS, world_of
from videorlvr.worlds.api import GIVEN, SPLITS, Level, Problem, World
from videorlvr.worlds.problems import content_index, level_of
from videorlvr.worlds.verify import MAX_FRAMES

FILE_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,199}")
MAX_PROBLEMS = 100_000
MAX_LINE_BYTES = 2**20
MAX_SIDE_CELLS = 64
MAX_CHARS = {"solution": 2**14, "prompt": 2**12, "theme": 64}
ADDRESS_KEYS = ("world", "version", "level", "split", "index")
JUDGED_KEYS = ("id", *ADDRESS_KEYS, "problem", "layout")
"""The keys that judging needs; a manifest may hold more."""


@dataclass(frozen=True)
class Entry:
    """One problem to judge.

    id: the name of its video, without `.mp4`. line: its number in the manifest, from 1.
    first_frame, oracle: the picture that a model is given and the video of the reference solution, relative to the
        manifest, where the line names them.
    """

    id: str
    problem: Problem
    line: int = 0
    first_frame: str | None = None
    oracle: str | None = None

    def to_json(self) -> dict[str, Any]:
        """What a verdict depends on."""
        return {"id": self.id, "problem": self.problem.to_json()}


def read_manifest(path: str | Path) -> list[Entry]:
    """All problems of a manifest, in order.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: `file:line: ...` for a line that cannot be judged, or if there is none, or more than
            `MAX_PROBLEMS`; if it is no regular file.
    """
    entries: list[Entry] = []
    line_of: dict[str, int] = {}
    for number, line in enumerate(_lines(path), start=1):
        if not line:
            continue
        try:
            if len(entries) == MAX_PROBLEMS:
                raise ValueError(
                    f"one problem more than the {MAX_PROBLEMS} that are read: split the manifest"
                )
            entry = parse_entry(line, number)
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


def _lines(path: str | Path) -> Iterator[str]:
    with open_regular(path) as file:
        number = 0
        while line := file.readline(MAX_LINE_BYTES + 1):
            number += 1
            if len(line) > MAX_LINE_BYTES:
                raise ValueError(
                    f"{path}:{number}: longer than the {MAX_LINE_BYTES} bytes that a line may have"
                )
            try:
                # Some editors of Windows begin a file with a byte order mark.
                yield line.decode("utf-8-sig" if number == 1 else "utf-8").strip()
            except UnicodeDecodeError:
                raise ValueError(
                    f"{path}:{number}: not UTF-8 text; expected a manifest of JSON lines, saved as UTF-8"
                ) from None


def parse_entry(line: str, number: int = 0) -> Entry:
    """One line of a manifest; number: which.

    Raises:
        ValueError: Naming the key at fault and what was expected.
    """
    try:
        record = json.loads(line, parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON ({error})") from None
    if not isinstance(record, dict):
        raise ValueError(f"found {line[:40]!r}; expected one JSON object a line")
    for key in JUDGED_KEYS:
        if key not in record:
            near = nearest(key, [name[:40] for name in record if name not in JUDGED_KEYS][:40])
            hint = f" (did you misspell it as '{near}'?)" if near else ""
            raise ValueError(f"key '{key}' is missing{hint}; expected {', '.join(JUDGED_KEYS)}")
    problem = _problem(record)
    if record.get("num_frames", problem.num_frames) != problem.num_frames:
        raise ValueError(
            f"key 'num_frames' is {record['num_frames']!r:.40}; expected {problem.num_frames}, as in the problem"
        )
    paths = (_path(name, record.get(name)) for name in ("first_frame", "video"))
    return Entry(_file_name(record["id"]), problem, number, *paths)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _file_name(value: object) -> str:
    if not isinstance(value, str) or not FILE_NAME.fullmatch(value) or ".." in value:
        raise ValueError(
            f"key 'id' is {value!r:.80}; expected a file name of letters, digits, '-', '_' and single '.'"
        )
    return value


def _path(name: str, value: object) -> str | None:
    if value is None or (isinstance(value, str) and 0 < len(value) <= 1000 and "\0" not in value):
        return value
    raise ValueError(f"key '{name}' is {value!r:.80}; expected the path of a file beside the manifest")


def _problem(record: Mapping[str, Any]) -> Problem:
    world = _world(record["world"])
    if type(record["version"]) is not int or record["version"] != world.version:
        raise ValueError(
            f"key 'version' is {record['version']!r:.40}; expected {world.version}, since this videorlvr judges "
            f"{world.id}: export the problems again, or judge them with the release that made them"
        )
    _check_values(record["problem"])
    try:
        problem = Problem.from_json(record["problem"])
    except ValueError as error:
        raise ValueError(
            f"key 'problem' is {error}; expected what 'videorlvr worlds export' writes"
        ) from None
    for key in ADDRESS_KEYS:
        if record[key] != getattr(problem.address, key):
            raise ValueError(
                f"key '{key}' is {record[key]!r:.80}; expected {getattr(problem.address, key)!r}, as in the "
                "problem's address"
            )
    if record["layout"] != dataclasses.asdict(problem.layout):
        raise ValueError("key 'layout' differs from the problem's own; expected the same rectangle in both")
    _check_content(problem)
    _check_layout(problem)
    level = level_of(world, problem.address.level)
    _check_pace(level, problem)
    check_sound(world, level, problem)
    return problem


def _world(name: object) -> World:
    if (
        not isinstance(name, str) or len(name) > 64
    ):  # a longer one would be long compared with those that exist
        raise ValueError(f"key 'world' is {name!r:.80}; expected one of {', '.join(WORLDS)}")
    return world_of(name)


def _check_values(problem: object) -> None:
    """Types and sizes, before arrays and traces are made of them."""
    if not isinstance(problem, dict):
        raise ValueError(f"key 'problem' is not a problem: {problem!r:.80}; expected an object")
    for name, most in MAX_CHARS.items():
        value = problem.get(name)
        if not isinstance(value, str) or len(value) > most:
            raise ValueError(f"key 'problem' has {name} {value!r:.80}; expected at most {most} characters")
    grid, address = problem.get("grid"), problem.get("address")
    if (
        not isinstance(grid, dict)
        or grid.keys() != {"ground", "figure"}
        or not all(map(_is_board, grid.values()))
    ):
        raise ValueError(
            f"key 'problem' has grid {grid!r:.80}; expected 'ground' and 'figure', each at most {MAX_SIDE_CELLS} "
            "rows of as many whole numbers from 0 to 255"
        )
    if not isinstance(address, dict) or not _is_address(address):
        raise ValueError(
            f"key 'problem' has address {address!r:.200}; expected {', '.join(ADDRESS_KEYS)} of a problem"
        )
    if address["split"] not in (*SPLITS, GIVEN):
        raise unknown("split", address["split"], (*SPLITS, GIVEN))


def _is_board(value: object) -> bool:
    return (
        isinstance(value, list)
        and 1 <= len(value) <= MAX_SIDE_CELLS
        and all(isinstance(row, list) and 1 <= len(row) <= MAX_SIDE_CELLS for row in value)
        and all(type(cell) is int and 0 <= cell <= 255 for row in value for cell in row)
    )


def _is_address(address: Mapping[str, Any]) -> bool:
    names = [address.get(key) for key in ("world", "level", "split")]
    numbers = [address.get(key) for key in ("version", "index")]
    return all(isinstance(name, str) and len(name) <= 64 for name in names) and all(
        type(number) is int and 0 <= number < 2**63 for number in numbers
    )


def _check_content(problem: Problem) -> None:
    """A board that was given is named after its content, so the name is true of no other board."""
    content = content_index(problem.grid)
    if problem.address.split == GIVEN and problem.address.index != content:
        raise ValueError(
            f"key 'index' is {problem.address.index}; expected {content}, the content of this board: a given board "
            "that was edited is another one, so import it again"
        )


def _check_layout(problem: Problem) -> None:
    layout, (rows, cols) = problem.layout, problem.grid.shape
    values = dataclasses.asdict(layout)
    whole = all(type(value) is int and value >= 0 for value in values.values())
    if not (
        whole
        and (layout.rows, layout.cols) == (rows, cols)
        and layout.cell_px >= 8
        and layout.top_px + rows * layout.cell_px <= layout.height_px <= 8192
        and layout.left_px + cols * layout.cell_px <= layout.width_px <= 8192
    ):
        raise ValueError(
            f"key 'layout' is {values!s:.200}; expected a board of {rows}x{cols} cells of at least 8 px "
            "inside the frame"
        )


def _check_pace(level: Level, problem: Problem) -> None:
    """A manifest may not allow more in a frame than the level does: the judge would accept jumps."""
    for name, most in (("moves_per_frame", level.moves_per_frame), ("num_frames", MAX_FRAMES)):
        value = getattr(problem, name)
        if type(value) is not int or not 1 <= value <= most:
            raise ValueError(
                f"key 'problem' has {name} {value!r:.40}; expected a whole number from 1 to {most}"
            )
