"""A manifest from a stranger is read in bounded time and memory, or refused by file, line and key."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from videorlvr.evaluation import manifest
from videorlvr.evaluation.export import export
from videorlvr.evaluation.manifest import read_manifest
from videorlvr.worlds import WORLDS

Change = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def line(tmp_path_factory: pytest.TempPathFactory) -> str:
    return export(WORLDS["maze"], "micro", "test", 1, tmp_path_factory.mktemp("export")).read_text().strip()


def refusal(text: str | bytes, tmp_path: Path) -> str:
    """The error on reading this manifest; it must come at once."""
    path = tmp_path / "m.jsonl"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    began = time.monotonic()
    with pytest.raises(ValueError, match=r"m\.jsonl") as caught:
        read_manifest(path)
    assert time.monotonic() - began < 2
    assert len(str(caught.value)) < 1000
    return str(caught.value)


def at(*keys: str, value: object) -> Change:
    def change(record: dict[str, Any]) -> None:
        for key in keys[:-1]:
            record = record[key]
        record[keys[-1]] = value

    return change


def everywhere(key: str, value: object) -> Change:
    """In the line and in the problem's address, so that the two agree."""

    def change(record: dict[str, Any]) -> None:
        record[key] = record["problem"]["address"][key] = value

    return change


HUGE = "x" * 500_000


@pytest.mark.parametrize(
    "change",
    [
        at("id", value="../../etc/passwd"),
        at("id", value="/etc/passwd"),
        at("id", value="a/b"),
        at("id", value="a..b"),
        at("id", value="-rf"),
        at("id", value="a\x00b"),
        at("id", value="a\n"),
        at("id", value="x" * 201),
        at("id", value=HUGE),
        at("world", value=HUGE),
        at("world", value={"a": 1}),
        at("version", value=True),
        at("version", value=1.0),
        at("version", value=10**4000),
        everywhere("level", HUGE),
        everywhere("level", []),
        everywhere("split", "trainn"),
        everywhere("index", -1),
        everywhere("index", 1.5),
        everywhere("index", 10**30),
        at("problem", value=HUGE),
        at("problem", "prompt", value=HUGE),
        at("problem", "prompt", value=["a"]),
        at("problem", "solution", value="R" * 200_000),
        at("problem", "solution", value=["R"]),
        at("problem", "theme", value={}),
        at("problem", "num_frames", value=10**9),
        at("problem", "num_frames", value=True),
        at("problem", "moves_per_frame", value=10**9),
        at("problem", "grid", value=[]),
        at("problem", "grid", "ground", value=[[0] * 1000] * 100),
        at("problem", "grid", "ground", value=[[0] * 3] * 3000),
        at("problem", "grid", "ground", value=[[300] * 3] * 3),
        at("problem", "grid", "ground", value=[[-1] * 3] * 3),
        at("problem", "grid", "ground", value=[[0.5] * 3] * 3),
        at("problem", "grid", "ground", value=[["1"] * 3] * 3),
        at("problem", "grid", "ground", value=[[0, 0, 0], [0], [0, 0, 0]]),
        at("problem", "grid", "ground", value=[]),
        at("problem", "grid", "figure", value=[[255] * 3] * 3),
        at("problem", "grid", "figure", value=[[0] * 3] * 2),
        at("problem", "grid", "more", value=1),
        at("problem", "layout", "cell_px", value=10**12),
    ],
)
def test_what_is_out_of_range_is_refused_at_once(change: Change, line: str, tmp_path: Path) -> None:
    record = json.loads(line)
    change(record)
    assert "m.jsonl:1: " in refusal(json.dumps(record), tmp_path)


@pytest.mark.parametrize("change", [10**9, 8.0, True, -8], ids=str)
def test_a_layout_is_whole_numbers_within_a_frame(change: object, line: str, tmp_path: Path) -> None:
    record = json.loads(line)
    for layout in (record["layout"], record["problem"]["layout"]):
        layout["cell_px"] = change
    assert "key 'layout'" in refusal(json.dumps(record), tmp_path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "not JSON"),
        ('{"a":' * 50_000, "not JSON"),
        ("9" * 100_000, "not JSON"),
        ('{"id": NaN}', "NaN is not JSON"),
        ('{"id": -Infinity}', "is not JSON"),
        (json.dumps({f"k{i}" * 20: 1 for i in range(5000)}), "key 'id' is missing"),
        (b"\x00" * 1000, "not JSON"),
        (b"{" + b" " * manifest.MAX_LINE_BYTES + b"}", "longer than"),
    ],
)
def test_what_is_no_line_is_refused_at_once(text: str | bytes, said: str, tmp_path: Path) -> None:
    assert said in refusal(text, tmp_path)


def test_a_manifest_of_too_many_problems_is_refused(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(manifest, "MAX_PROBLEMS", 2)
    lines = [json.dumps({**json.loads(line), "id": f"p{index}"}) for index in range(3)]
    (tmp_path / "m.jsonl").write_text("\n".join(lines[:2]))
    assert len(read_manifest(tmp_path / "m.jsonl")) == 2
    assert "m.jsonl:3: one problem more than the 2" in refusal("\n".join(lines), tmp_path)


def test_a_pipe_or_a_device_is_no_manifest(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", Path("/dev/zero"), tmp_path):
        with pytest.raises(ValueError, match="not a regular file"):
            read_manifest(path)


def test_more_keys_than_are_judged_do_not_matter(line: str, tmp_path: Path) -> None:
    (tmp_path / "m.jsonl").write_text(json.dumps({**json.loads(line), "note": {"by": ["someone", None]}}))
    assert read_manifest(tmp_path / "m.jsonl")[0].id == "maze-v1-micro-test-000000"
