"""The tutorial: a fourth world, in a package of its own, installed beside ours as pip would, without a network."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "lights_out"
SCRIPT = """
import json, sys
from videorlvr.cli.main import main
from videorlvr.evaluation.suites import suite_hash, suite_of

def run(*words):
    code = main(list(words))
    assert code == 0, (words, code)

if __name__ == "__main__":
    run("worlds", "list")
    run("worlds", "check", "lights", "--level", "micro", "--count", "2")
    run("worlds", "show", "lights", "--level", "small", "--out", "lights.webp")
    run("evaluate", "oracle", "--suite", "lights:micro:10")
    run("worlds", "export", "lights", "--level", "micro", "--count", "2", "--out", "exported")
    run("score", "exported/manifest.jsonl", "--videos", "exported/oracle", "--json", "score.json")
    run("worlds", "import", "boards.txt", "--world", "lights", "--out", "imported")
    run("train", "micro-maze-sft", "--tasks", "lights:micro", "--num_steps", "2", "--pool_size", "64", "--batch", "8",
        "--num_workers", "0", "--model.width", "32", "--model.depth", "1", "--model.heads", "1", "--out", "trained")
    run("evaluate", "trained", "--suite", "lights:micro:4")
    print("HASH", suite_hash(suite_of("smoke-v1")))
"""


@pytest.fixture(scope="module")
def session(tmp_path_factory) -> tuple[Path, str]:
    """(folder, output) of the tutorial's commands, with the package's metadata on the path."""
    folder = tmp_path_factory.mktemp("tutorial")
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    about = folder / "site" / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n"
    )
    groups = project["entry-points"].items()
    lines = itertools.chain.from_iterable(
        (f"[{group}]", *(f"{k} = {v}" for k, v in it.items())) for group, it in groups
    )
    (about / "entry_points.txt").write_text("\n".join(lines) + "\n")
    (folder / "boards.txt").write_text("OO.\nO..\n...\n\nO.O\n.O.\nO.O\n")
    (folder / "tutorial.py").write_text(SCRIPT)
    paths = [str(folder / "site"), str(EXAMPLE), *sys.path]
    done = subprocess.run(
        [sys.executable, "tutorial.py"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths)), "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return folder, done.stdout


def test_it_keeps_the_laws_of_worlds(session):
    assert "PASS  lights-v1/micro (6 problems)" in session[1]
    assert "lights-v1: press lamps until all of them are dark (of lights-out 1.0)" in session[1]


def test_it_gets_a_suite_on_which_its_oracle_is_right(session):
    (folder,) = (session[0] / "runs" / "oracle" / "evaluations").iterdir()
    records = [json.loads(line) for line in (folder / "records.jsonl").read_text().splitlines()]
    assert len(records) == 10
    assert all(record["success"] for record in records)


def test_it_is_exported_and_scored_and_imported(session):
    lines = (session[0] / "exported" / "manifest.jsonl").read_text().splitlines()
    assert [json.loads(line)["world"] for line in lines] == ["lights", "lights"]
    assert '"success": true' in (session[0] / "score.json").read_text()
    assert "2 boards imported, 0 refused" in session[1]


def test_it_is_trained_on(session):
    metrics = (session[0] / "trained" / "metrics.jsonl").read_text().splitlines()
    assert np.isfinite([json.loads(line)["loss"] for line in metrics]).all()
    assert json.loads((session[0] / "trained" / "done.json").read_text())


def test_it_changes_no_suite_of_ours(session):
    assert "HASH 7177b1d5b9103a99" in session[1]
