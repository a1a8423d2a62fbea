"""A run folder from a stranger is read within limits, and what it shows is counted anew from its records."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from videorlvr.base.records import append_jsonl, read_json, read_jsonl, write_json
from videorlvr.base.runs import evaluation_dir
from videorlvr.evaluation import clips, runner, suites
from videorlvr.evaluation.folders import load_evaluation, suites_in
from videorlvr.players.baselines import random_legal

SUITE = suites.Suite("smoke-v1", (suites.Part("maze", "micro", "test", 3),))


@pytest.fixture
def run(tmp_path: Path) -> Path:
    runner.evaluate(random_legal, SUITE, name="random", out=evaluation_dir(tmp_path, SUITE.name))
    return tmp_path


def rewrite(run: Path, change: Callable[[dict[str, Any]], object], number: int = 1) -> None:
    """Change one record of the run."""
    path = evaluation_dir(run, SUITE.name) / "records.jsonl"
    records = read_jsonl(path)
    change(records[number])
    path.unlink()
    for record in records:
        append_jsonl(path, record)


@pytest.mark.parametrize(
    "change",
    [
        {"success": "yes"},
        {"success": 1},
        {"id": ["a"]},
        {"id": "x" * 10_000},
        {"sample": -1},
        {"sample": 0.5},
        {"difficulty": 10**30},
        {"reason": None},
        {"frame": "3"},
        {"components": []},
        {"components": {"process": None}},
        {"metrics": {"f1": "0.5"}},
        {"rewards": {"paper": [1]}},
        {"success": True, "reason": "wall_crossed"},
        {"success": False, "reason": ""},
        {"fingerprint": "000000000000"},
        {"fingerprint": None},
    ],
)
def test_a_record_that_is_none_is_named(run: Path, change: dict[str, Any]) -> None:
    rewrite(run, lambda record: record.update(change))
    with pytest.raises(ValueError, match=r"records\.jsonl: record 2"):
        load_evaluation(run, SUITE.name)
    rewrite(run, lambda record: record.clear(), number=0)
    with pytest.raises(ValueError, match=r"records\.jsonl: record 1: key 'id'"):
        load_evaluation(run, SUITE.name)


def test_a_summary_that_boasts_is_not_believed(run: Path) -> None:
    path = evaluation_dir(run, SUITE.name) / "summary.json"
    honest = read_json(path)
    boast = json.loads(json.dumps(honest))
    boast["results"]["overall"]["success"] = 1.0
    write_json(path, boast)
    assert load_evaluation(run, SUITE.name).summary["results"] == honest["results"]


def test_a_summary_does_not_lead_out_of_its_folder(run: Path) -> None:
    path = evaluation_dir(run, SUITE.name) / "summary.json"
    honest = read_json(path)
    for suite in ("../../elsewhere", "/etc", ["smoke-v1"], None, "micro-v1"):
        write_json(path, honest | {"suite": suite})
        with pytest.raises(ValueError, match="expected the one that its folder is named for"):
            suites_in(run)
        with pytest.raises(ValueError, match="expected the one that its folder is named for"):
            load_evaluation(run, SUITE.name)
    write_json(path, [honest])
    with pytest.raises(ValueError, match="expected a JSON object"):
        load_evaluation(run, SUITE.name)
    write_json(path, honest | {"fingerprint": honest["fingerprint"] | {"judge": 999}})
    with pytest.raises(ValueError, match="no fingerprint"):
        load_evaluation(run, SUITE.name)


def test_a_pipe_does_not_hang_the_reader(run: Path) -> None:
    path = evaluation_dir(run, SUITE.name) / "records.jsonl"
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(ValueError, match="not a regular file"):
        load_evaluation(run, SUITE.name)


def archive(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return buffer.getvalue()


def npy(array: np.ndarray, **options: Any) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, **options)
    return buffer.getvalue()


GOOD = npy(np.zeros((2, 8, 8, 3), np.uint8))
LIE = GOOD.replace(b"(2, 8, 8, 3), }" + b" " * 12, b"(2000000000, 8, 8, 3), }" + b" " * 3)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "BadZipFile"),
        (archive({"a.npy": GOOD})[:-30], "BadZipFile"),
        (archive({"a.npy": npy(np.array([{"a": 1}], object), allow_pickle=True)}), "object of shape"),
        (archive({"a.npy": b"\x80\x04N."}), "ValueError"),
        (archive({"a.npy": npy(np.zeros((2, 8, 8, 3)))}), "float64 of shape"),
        (archive({"a.npy": npy(np.zeros((8, 8), np.uint8))}), "uint8 of shape"),
        (archive({"a.npy": LIE}), "uint8 of shape"),
        (archive({"a.npy": bytes(2**27)}), "expected at most"),
    ],
)
def test_clips_are_videos_and_nothing_else(
    tmp_path: Path, data: bytes, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clips, "MAX_CLIPS_BYTES", 2**26)
    assert LIE != GOOD
    assert len(data) < 2**20
    (tmp_path / "clips.npz").write_bytes(data)
    with pytest.raises(ValueError, match=r"clips\.npz holds no clips") as caught:
        clips.read_clips(tmp_path / "clips.npz")
    assert said in str(caught.value)


def test_clips_that_are_some_are_read(tmp_path: Path) -> None:
    (tmp_path / "clips.npz").write_bytes(archive({"a.npy": GOOD}))
    assert clips.read_clips(tmp_path / "clips.npz")["a"].shape == (2, 8, 8, 3)
