"""A page says by what its numbers were judged, and does not compare what was judged otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from videorlvr.base.records import read_json, write_json
from videorlvr.base.runs import evaluation_dir
from videorlvr.cli.main import main
from videorlvr.evaluation import runner, suites
from videorlvr.players.baselines import BASELINES
from videorlvr.worlds.verify import JUDGE_VERSION

SUITE = suites.Suite("smoke-v1:maze", (suites.Part("maze", "micro", "test", 4),))
WARNING = "These players were not judged alike"


def run(folder: Path, stage: str, init: Path | None = None) -> Path:
    write_json(folder / "config.json", {"stage": stage, "init": str(init) if init else None})
    runner.evaluate(BASELINES["oracle"], SUITE, name=stage, out=evaluation_dir(folder, SUITE.name))
    return folder


def page(tmp_path: Path, *runs: Path) -> str:
    assert main(["report", *map(str, runs), "--out", str(tmp_path / "page.html")]) == 0
    return (tmp_path / "page.html").read_text()


def test_players_judged_alike_share_a_line(tmp_path: Path) -> None:
    sft = run(tmp_path / "sft", "sft")
    html = page(tmp_path, sft, run(tmp_path / "rl", "grpo", sft))
    digest = read_json(evaluation_dir(sft, SUITE.name) / "summary.json")["fingerprint"]["digest"]
    assert (
        f"All players here: fingerprint {digest} (judge {JUDGE_VERSION}; maze-v1; suite smoke-v1:maze" in html
    )
    assert "SDE-GRPO against SFT" in html
    assert WARNING not in html


def test_players_judged_otherwise_are_not_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sft = run(tmp_path / "sft", "sft")
    monkeypatch.setattr("videorlvr.judge.fingerprint.JUDGE_VERSION", 999)
    html = page(tmp_path, sft, run(tmp_path / "rl", "grpo", sft))
    differ = f"they differ in the judge&#39;s version ({JUDGE_VERSION}, 999)"
    assert f"SFT and SDE-GRPO cannot be compared, for {differ}" in html
    assert WARNING in html
    assert "SDE-GRPO against SFT" not in html


def test_a_player_of_an_older_release_is_named(tmp_path: Path) -> None:
    sft = run(tmp_path / "sft", "sft")
    summary = evaluation_dir(sft, SUITE.name) / "summary.json"
    write_json(summary, read_json(summary) | {"fingerprint": "0123456789abcdef"})
    html = page(tmp_path, sft, run(tmp_path / "rl", "grpo", sft))
    assert "SFT says not what it was judged by" in html
    assert "SFT: judged by an older release" in html
    assert WARNING in html
