"""Records: there in full or not at all, through kills, resumes and odd values."""

import dataclasses
import json
import os
from enum import Enum
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videorlvr.base.files import write_bytes_atomic, write_text_atomic
from videorlvr.base.records import append_jsonl, read_json, read_jsonl, to_json, truncate_jsonl, write_json


class Colour(Enum):
    RED = "red"


@dataclasses.dataclass(frozen=True)
class Cell:
    row: int
    colour: Colour


@dataclasses.dataclass
class Grid:
    cells: tuple[Cell, ...]
    weight: np.ndarray


def test_to_json_reaches_everything_nested():
    grid = Grid((Cell(1, Colour.RED),), np.array([[1.5, np.nan]]))
    value = {
        "grid": grid,
        "path": Path("a") / "b",
        3: np.int64(7),
        "flags": (True, np.bool_(False), None),
        "zero_dim": np.array(2),
        "inf": float("-inf"),
        "half": np.float32(0.5),
    }
    result = to_json(value)
    assert result == {
        "grid": {"cells": [{"row": 1, "colour": "red"}], "weight": [[1.5, None]]},
        "path": "a/b",
        "3": 7,
        "flags": [True, False, None],
        "zero_dim": 2,
        "inf": None,
        "half": 0.5,
    }
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["flags"][1] is False


@pytest.mark.parametrize(
    "value", [{1, 2}, b"raw", object(), 1j, np.complex64(1), np.datetime64("2020-01-01"), Cell, {"x": [{3}]}]
)
def test_to_json_refuses_what_json_cannot_hold(value):
    with pytest.raises(ValueError, match="expected"):
        to_json(value)


def test_to_json_refuses_keys_that_would_collide_or_change():
    with pytest.raises(ValueError, match="twice"):
        to_json({1: "a", "1": "b"})
    with pytest.raises(ValueError, match="NoneType"):
        to_json({None: 1})
    with pytest.raises(ValueError, match="bool"):
        to_json({True: 1})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@settings(max_examples=40)
@given(records=st.lists(st.dictionaries(st.text(), json_values, max_size=4), max_size=4))
def test_what_is_appended_is_read_back(tmp_path_factory, records):
    path = tmp_path_factory.mktemp("jsonl") / "r.jsonl"
    for record in records:
        append_jsonl(path, record)
    if records:
        assert read_jsonl(path) == records


def test_a_kill_at_any_byte_loses_at_most_the_last_record(tmp_path):
    path = tmp_path / "r.jsonl"
    records = [{"step": 0, "text": "ä\n{}"}, {"step": 1, "nested": {"x": [1, 2]}}]
    for record in records:
        append_jsonl(path, record)
    data = path.read_bytes()
    first_line = data.index(b"\n") + 1
    for cut in range(first_line, len(data) + 1):
        path.write_bytes(data[:cut])
        survivors = records if cut >= len(data) - 1 else records[:1]
        assert read_jsonl(path) == survivors
        append_jsonl(path, {"step": 2})
        assert read_jsonl(path) == [*survivors, {"step": 2}]


@pytest.mark.parametrize("broken", ["{torn", "[1, 2]", "7", '{"a": NaN}', "[" * 100_000])
def test_a_broken_line_elsewhere_names_file_and_line(tmp_path, broken):
    path = tmp_path / "r.jsonl"
    content = f'{{"a": 1}}\n\n{broken}\n{{"a": 2}}\n'
    path.write_text(content)
    with pytest.raises(ValueError, match=r"r\.jsonl:3"):
        read_jsonl(path)
    with pytest.raises(ValueError, match=r"r\.jsonl:3"):
        truncate_jsonl(path, lambda record: True)
    assert path.read_text() == content


def test_a_broken_last_line_with_its_line_end_is_not_torn(tmp_path):
    (tmp_path / "r.jsonl").write_text('{"a": 1}\n{"a": \n')
    with pytest.raises(ValueError, match=r"r\.jsonl:2"):
        read_jsonl(tmp_path / "r.jsonl")


def test_a_file_of_another_kind_is_not_taken_for_a_torn_one(tmp_path):
    (tmp_path / "r.jsonl").write_text("[1, 2, 3]")
    with pytest.raises(ValueError, match="JSON object"):
        read_jsonl(tmp_path / "r.jsonl")
    with pytest.raises(ValueError, match="JSON object"):
        append_jsonl(tmp_path / "r.jsonl", {"a": 1})
    assert (tmp_path / "r.jsonl").read_text() == "[1, 2, 3]"


def test_a_refused_record_writes_nothing(tmp_path):
    append_jsonl(tmp_path / "r.jsonl", {"a": 1})
    with pytest.raises(ValueError, match="set"):
        append_jsonl(tmp_path / "r.jsonl", {"a": {1}})
    assert read_jsonl(tmp_path / "r.jsonl") == [{"a": 1}]


def test_truncating_forgets_later_steps_and_the_torn_line(tmp_path):
    path = tmp_path / "deep" / "r.jsonl"
    for step in range(6):
        append_jsonl(path, {"step": step, "loss": step / 3})
    before = path.read_bytes().splitlines(keepends=True)
    with open(path, "ab") as file:
        file.write(b'{"step": 6, "lo')
    assert truncate_jsonl(path, lambda record: record["step"] <= 3) == 2
    assert path.read_bytes() == b"".join(before[:4])
    assert [path.name for path in path.parent.iterdir()] == ["r.jsonl"]
    assert truncate_jsonl(path.with_name("none.jsonl"), lambda record: True) == 0
    assert not path.with_name("none.jsonl").exists()


def test_json_files(tmp_path):
    path = tmp_path / "new" / "c.json"
    write_json(path, {"b": np.arange(2), "a": float("nan")})
    assert read_json(path) == {"b": [0, 1], "a": None}
    assert list(read_json(path)) == ["b", "a"]
    assert path.read_text().startswith('{\n  "b"')
    assert path.read_text().endswith("}\n")
    with pytest.raises(ValueError, match="set"):
        write_json(path, {1, 2})
    assert read_json(path)["b"] == [0, 1]


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe\xff", b'{"a": Infinity}'])
def test_malformed_json_names_the_file(tmp_path, content):
    (tmp_path / "c.json").write_bytes(content)
    with pytest.raises(ValueError, match=r"c\.json"):
        read_json(tmp_path / "c.json")


def test_missing_files_say_so(tmp_path):
    for read in (read_json, read_jsonl):
        with pytest.raises(FileNotFoundError, match="none"):
            read(tmp_path / "none.json")


def test_a_failing_write_leaves_the_old_file_and_no_other(tmp_path, monkeypatch):
    path = tmp_path / "f.txt"
    write_text_atomic(path, "old\r\n")
    assert path.read_bytes() == b"old\r\n"

    def fail(*_):
        raise OSError("disk full")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", fail)
        with pytest.raises(OSError, match="disk full"):
            write_bytes_atomic(path, b"new")
    assert [entry.name for entry in tmp_path.iterdir()] == ["f.txt"]
    assert path.read_bytes() == b"old\r\n"
    write_bytes_atomic(path, b"new")
    assert path.read_bytes() == b"new"


def test_written_files_have_ordinary_permissions(tmp_path):
    (tmp_path / "plain").write_bytes(b"")
    write_bytes_atomic(tmp_path / "atomic", b"")
    assert (tmp_path / "atomic").stat().st_mode == (tmp_path / "plain").stat().st_mode
