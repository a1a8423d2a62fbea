"""benchmarks/train_speed.py reads the time of a step from whatever lines a run has logged."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

from videorlvr.base.records import append_jsonl

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "train_speed.py"


@pytest.fixture(scope="module")
def train_speed():
    spec = importlib.util.spec_from_file_location("train_speed", PATH)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def seconds_a_step(train_speed):
    return train_speed.seconds_a_step


def logged(folder, steps, each):
    for step in steps:
        append_jsonl(folder / "metrics.jsonl", {"step": step, "elapsed_s": 5 + each * step})


@pytest.mark.parametrize(("steps", "skip"), [(range(1, 9), 2), (range(10, 61, 10), 30), ([10, 20, 25], 12)])
def test_a_line_every_few_steps_tells_the_time_of_one(seconds_a_step, tmp_path, steps, skip):
    logged(tmp_path, steps, 0.25)
    assert seconds_a_step(tmp_path, skip) == pytest.approx(0.25)


def test_too_few_lines_are_said(seconds_a_step, tmp_path):
    logged(tmp_path, [10], 1.0)
    with pytest.raises(SystemExit, match="take more --steps"):
        seconds_a_step(tmp_path, 5)


def test_it_runs_at_few_steps(train_speed, capsys):
    model = ["--width", "32", "--depth", "1", "--heads", "2"]
    few = ["--batch", "4", "--steps", "4", "--iterations", "0"]
    train_speed.main(["--tasks", "maze:micro", *model, *few])
    peak, sft = capsys.readouterr().out.splitlines()
    assert "TFLOP/s, measured" in peak
    assert "SFT maze:micro  45 tokens" in sft
    assert "tokens/s" in sft
