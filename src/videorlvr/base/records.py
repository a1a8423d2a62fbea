"""JSON and JSON lines: what a run writes down and reads again after it was interrupted.

The law: a record is either there in full or not there. A process killed in the middle of an
append leaves at most one torn last line, and every function here treats that line as never
written. Damage anywhere else is an error with file and line, never a silently shorter list.

One writer for each file: appends of two processes to the same file are not coordinated.
"""

from __future__ import annotations

import dataclasses
import errno
import json
import math
import os
from collections.abc import Callable, Mapping
from enum import Enum
from io import FileIO
from pathlib import Path, PurePath
from typing import Any, NoReturn

import numpy as np

from videorlvr.base.files import naming, read_bounded, write_bytes_atomic, write_text_atomic

StrPath = str | os.PathLike[str]

MAX_JSON_BYTES = 2**26
MAX_JSONL_BYTES = 2**28
"""Limits of what is read: a million lines of metrics are within them, a file made to fill the memory is not."""


def to_json(value: Any) -> Any:
    """Turn a value into what JSON can hold: dict, list, str, int, float, bool, None.

    Takes numpy scalars and arrays, dataclasses, enums (their value), tuples, paths. NaN and
    infinities become None: JSON has no word for them, and a reader should meet a gap, not a
    number. Integer keys become strings, as in JSON.

    Raises:
        ValueError: For any other type (sets, bytes, tensors, ...), or for keys that are not
            strings or integers, or that collide once they are strings.
    """
    if isinstance(value, Enum):
        value = value.value
    if isinstance(value, np.generic):
        value = value.item()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.ndarray):
        return to_json(value.tolist())
    if isinstance(value, PurePath):
        return str(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: to_json(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return _mapping_to_json(value)
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    raise ValueError(
        f"{value!r:.80} has type {type(value).__name__}; expected numbers, strings, lists, dicts, "
        f"dataclasses or numpy values, so convert it before recording (a set: sorted(...))"
    )


def _mapping_to_json(mapping: Mapping[Any, Any]) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key, item in mapping.items():
        name = key.value if isinstance(key, Enum) else key
        if isinstance(name, bool) or not isinstance(name, str | int | np.integer):
            raise ValueError(f"key {key!r} has type {type(key).__name__}; expected str or int, so convert it")
        if str(name) in result:
            raise ValueError(f"key {key!r} appears twice once keys are strings; rename one of the two")
        result[str(name)] = to_json(item)
    return result


def append_jsonl(path: StrPath, record: Mapping[str, Any]) -> None:
    """Append one record as one line, in a single unbuffered write; missing folders are made.

    A torn last line, left by a killed process, is removed first: otherwise the new record would be
    glued to it, and the damage would move to the middle of the file.

    Raises:
        ValueError: If the record holds what `to_json` refuses (nothing is written then), or the
            file ends in something that no append can have left there.
        OSError: If the file cannot be written, or the disk is full.
    """
    line = (json.dumps(_mapping_to_json(record), allow_nan=False) + "\n").encode()
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with open(path, "a+b", buffering=0) as file:
        _finish_last_line(file, path)
        with naming(path):
            num_written = file.write(line)
        if num_written != len(line):
            raise OSError(
                errno.ENOSPC, f"only {num_written} of {len(line)} bytes were written", os.fspath(path)
            )


def _finish_last_line(file: FileIO, path: StrPath) -> None:
    size = file.seek(0, os.SEEK_END)
    if size == 0:
        return
    file.seek(-1, os.SEEK_END)
    if file.read(1) == b"\n":
        return
    tail = Path(path).read_bytes().rpartition(b"\n")[2]
    if _parse_tail(tail, f"{path}: last line") is None:
        file.truncate(size - len(tail))
    else:
        file.write(b"\n")


def read_jsonl(path: StrPath) -> list[dict[str, Any]]:
    """Read all records in order. A torn last line is dropped; blank lines are skipped.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: With `file:line`, for a line that is not a JSON object (NaN and numbers beyond floats are
            not JSON); or if it is no regular file of at most `MAX_JSONL_BYTES`.
    """
    return [record for _, record in _read_lines(path)]


def truncate_jsonl(path: StrPath, keep: Callable[[dict[str, Any]], bool]) -> int:
    """Drop the records for which `keep` is false, and a torn last line; atomic.

    Resuming needs it: a run that goes on from step 100 must forget the metrics of steps that the
    interrupted run had reached beyond it. Kept lines stay as they are, byte for byte.

    Returns:
        The number of whole records dropped; 0 if there is no such file.

    Raises:
        ValueError: As `read_jsonl`; the file is untouched then.
    """
    if not Path(path).exists():
        return 0
    lines = _read_lines(path)
    kept = [line for line, record in lines if keep(record)]
    write_bytes_atomic(path, b"".join(line + b"\n" for line in kept))
    return len(lines) - len(kept)


def _read_lines(path: StrPath) -> list[tuple[bytes, dict[str, Any]]]:
    *lines, tail = read_bounded(path, MAX_JSONL_BYTES).split(b"\n")
    result = [
        (line, _parse_object(line, f"{path}:{number}"))
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    record = _parse_tail(tail, f"{path}:{len(lines) + 1}") if tail.strip() else None
    return result if record is None else [*result, (tail, record)]


def _parse_tail(tail: bytes, where: str) -> dict[str, Any] | None:
    """The record in a last line without line end, or None if the line is torn.

    A prefix of a JSON object is never a JSON object, so a line that parses is complete. A line
    that does not even begin like a record is no torn record, and stays an error.
    """
    try:
        return _parse_object(tail, where)
    except ValueError:
        if tail.lstrip().startswith(b"{"):
            return None
        raise


def _parse_object(line: bytes, where: str) -> dict[str, Any]:
    record = _parse(line, where)
    if not isinstance(record, dict):
        raise ValueError(f"{where}: found {line[:60]!r}; expected one JSON object a line")
    return record


def _parse(data: bytes, where: str) -> Any:
    try:
        return json.loads(data, parse_constant=_refuse_constant, parse_float=_finite)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{where}: not JSON ({error}), found {data[:60]!r}; repair or remove it") from error


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"{text:.20} is beyond what a float can hold")
    return value


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON, write null")


def write_json(path: StrPath, value: Any) -> None:
    """Write `to_json(value)`, indented by two, key order kept, atomically.

    Raises:
        ValueError: If the value holds what `to_json` refuses; the file is untouched then.
    """
    write_text_atomic(path, json.dumps(to_json(value), indent=2, allow_nan=False) + "\n")


def read_json(path: StrPath) -> Any:
    """Read a JSON file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: Naming the file, if it is not JSON, or no regular file of at most `MAX_JSON_BYTES`.
    """
    return _parse(read_bounded(path, MAX_JSON_BYTES), str(path))


def read_json_object(path: StrPath) -> dict[str, Any]:
    """Read a JSON file that holds an object; raises as `read_json`, and ValueError for anything else."""
    value = read_json(path)
    if not isinstance(value, dict):
        raise ValueError(f"{path}: found {value!r:.60}; expected a JSON object")
    return value
