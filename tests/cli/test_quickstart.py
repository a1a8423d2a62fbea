"""Quickstart, tiny and whole: each player is the run that its row names, and the control has spent what RL has."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from videorlvr.base.records import read_json
from videorlvr.base.runs import evaluation_dir
from videorlvr.cli import quickstart as command
from videorlvr.models.load import weights_hash
from videorlvr.recipes import quickstart as recipes
from videorlvr.recipes.quickstart import Size, shortened
from videorlvr.reports.cost import cost_in, cost_of

SUITES = ("smoke-v1:maze", "smoke-v1:flowfree")
TINY = Size(
    demonstrations=16,
    sft_steps=4,
    rl_iterations=1,
    suites=SUITES,
    changes={"batch": 8, "num_workers": 0, "device": "cpu"},
    sft={"model": {"width": 32, "depth": 1, "heads": 2}, "warmup": 1},
    rl={"problems": 2, "group": 4, "updates": 1},
)


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Run, and run again after RL's weights have moved, which four steps of SFT are too few for."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("quickstart") / "out"
    assert command.quickstart(folder, minutes=100, size=TINY) == 0
    weights = folder / "maze-rl" / "policy" / "policy.safetensors"
    save_file({name: tensor * 1.01 for name, tensor in load_file(weights).items()}, weights)
    before = (folder / "maze-rl" / "metrics.jsonl").stat().st_mtime_ns
    command._evaluate(folder, command._train(folder, TINY, 0.0))
    assert (folder / "maze-rl" / "metrics.jsonl").stat().st_mtime_ns == before, (
        "a run that is done was run again"
    )
    return folder


def summary(out: Path, player: str, suite: str = SUITES[0]) -> dict:
    return read_json(evaluation_dir(out / player, suite) / "summary.json")


def test_every_row_is_played_by_the_run_that_it_names(out):
    played = {folder: summary(out, folder) for folder in command.STAGES.values()}
    hashes = {folder: weights_hash(out / folder / "policy") for folder in played}
    assert len(set(hashes.values())) == 3
    assert {folder: found["checkpoint"] for folder, found in played.items()} == hashes
    config = read_json(out / "maze-sft" / "config.json")
    assert all(found["settings"]["sampling"] == config["sampling"] for found in played.values())
    shipped = summary(out, "shipped-sft", SUITES[1])
    assert shipped["checkpoint"] == weights_hash(recipes.shipped_sft() / "policy")


def test_rl_and_its_control_go_on_from_one_policy_at_equal_cost(out):
    rl, more = (read_json(out / folder / "config.json") for folder in ("maze-rl", "maze-sft-more"))
    assert rl["init"] == more["init"] == str(out / "maze-sft" / "policy")
    first = read_json(out / "maze-sft" / "config.json")
    assert more["demonstration_seed"] == first["seed"] != more["seed"]
    assert first["demonstration_seed"] is None
    assert more["pool_size"] == more["pool_start"] == first["pool_size"] == TINY.demonstrations
    assert more["pool_grow"] == 0
    spent, control = (cost_of(out / folder).evaluations for folder in ("maze-rl", "maze-sft-more"))
    step = 3 * TINY.changes["batch"]
    assert 0 < spent <= control < spent + step
    assert spent <= recipes.rl_evaluations(TINY), "what is foretold is what groups with a signal cost"
    assert cost_of(out / "maze-sft").evaluations == recipes.sft_evaluations(TINY)


def test_the_page_shows_rl_beside_its_control(out):
    html = (out / "report.html").read_text()
    assert "RL against SFT, continued on smoke-v1:maze" in html
    assert re.search(
        r"(RL is \w+ than SFT, continued|Between SFT, continued and RL there is no difference)", html
    )
    assert "400 solved boards" not in html
    assert f"from {TINY.demonstrations} solved boards" in html
    assert f"{cost_of(out / 'maze-sft-more').evaluations:,}" in html
    assert "Without a control" not in html
    assert "8 / 8 / 8" in html or "8 / 7 / " in html


def test_it_goes_on_with_the_plan_that_it_was_begun_with(out, capsys):
    plan = command._planned(out, Size(), 0.0)
    assert (plan.sft_steps, plan.rl_iterations) == (4, 1)
    assert "as it was begun: 4 steps, 1 iterations" in capsys.readouterr().err


def test_a_slow_machine_does_less_and_never_more():
    size = Size()
    whole = recipes.seconds_left(size, 440.0)
    assert 300 < whole < 600, "two ordinary cores take less than ten minutes"
    assert shortened(size, 440.0, 600) == size
    slow = shortened(size, 88.0, 600)
    assert recipes.seconds_left(slow, 88.0) < 600 < recipes.seconds_left(size, 88.0)
    assert slow.sft_steps / size.sft_steps == pytest.approx(slow.rl_iterations / size.rl_iterations, abs=0.06)
    later = shortened(size, 88.0, 600, sft_done=True)
    assert later.sft_steps == size.sft_steps
    assert slow.rl_iterations < later.rl_iterations < size.rl_iterations
    least = shortened(size, 1.0, 10)
    assert (least.sft_steps, least.rl_iterations) == (recipes.LEAST_SFT, recipes.LEAST_RL)


@pytest.mark.parametrize(("rate", "too_slow"), [(88.0, False), (5.0, True)])
def test_a_machine_too_slow_for_the_least_is_told_so(rate, too_slow, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "_measured", lambda out, size: rate)
    planned = command._planned(tmp_path, Size(), time.monotonic() + 600)
    said = capsys.readouterr().err
    assert "shortened to about" in said
    assert ("more than the 10 minutes that are left" in said) == too_slow
    assert (planned.sft_steps == recipes.LEAST_SFT) == too_slow


def test_what_was_shortened_is_said():
    remarks = command._remarks(Size(), Size(sft_steps=300, rl_iterations=9))
    assert "300 of 1100 steps of SFT, 9 of 20 iterations of RL" in remarks[-1]
    assert len(command._remarks(Size(), Size())) == len(remarks) - 1


def test_seconds_of_a_run_that_was_taken_up_again_add_up():
    lines = [
        {"elapsed_s": 3.0, "network_evaluations": 10},
        {"elapsed_s": 5.0, "network_evaluations": 20},
        {"elapsed_s": 1.5, "network_evaluations": 30},
        {"elapsed_s": 4.0, "network_evaluations": 40},
    ]
    assert cost_in(lines).seconds == 9.0
    assert cost_in(lines).evaluations == 40
    assert cost_in([]).seconds == 0
    assert json.dumps(cost_in([{"step": 1}]).evaluations) == "0"
