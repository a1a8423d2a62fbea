"""Two processes are one: the same updates, the same figures, stopped together, taken up by another number."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file

from videorlvr.base.records import read_jsonl
from videorlvr.methods import run
from videorlvr.methods.video.awm.config import AWMConfig
from videorlvr.models.shipped import shipped_sft
from videorlvr.training.exchange import check_dealt
from videorlvr.training.ranks import ALONE, Ranks

WORKER = Path(__file__).with_name("rank_run.py")
LAUNCH = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")


def weights(out):
    return load_file(out / "policy" / "policy.safetensors")


@pytest.fixture(scope="module")
def runs(sft_config, tmp_path_factory):
    """(configurations, folders of one process, folders of two) of SFT and of RL with demonstrations."""
    torch.set_num_threads(1)
    base = tmp_path_factory.mktemp("ranks")
    sft = sft_config(batch=6, num_steps=3, weight_decay=0.1)
    awm = AWMConfig.model_validate(
        {
            "tasks": ["flowfree:micro"],
            "init": str(shipped_sft() / "policy"),
            "sampling": {"steps": 3},
            "num_steps": 2,
            "problems": 4,
            "group": 4,
            "batch": 8,
            "micro_batch": 4,
            "lr": 1e-5,
            "warm_moments": 0,
            "demonstrations": 8,
            "kl_weight": 0.1,
            "num_workers": 0,
            "device": "cpu",
        }
    )
    configs = {"sft": sft, "awm": awm, "stopped": sft.changed(max_s=1e-9)}
    jobs = [(config.model_dump(mode="json"), str(base / "two" / name)) for name, config in configs.items()]
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, *LAUNCH, str(WORKER), json.dumps(jobs)],
        env=env,
        check=False,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    for name in ("sft", "awm"):
        run(configs[name], base / "one" / name)
    return configs, base / "one", base / "two", done.stdout


@pytest.mark.parametrize(("name", "rounding"), [("sft", 2e-5), ("awm", 2e-6)])
def test_two_processes_give_the_update_of_one(runs, name, rounding):
    """An orthogonalised step (Muon, of SFT) makes more of a gradient's last bits."""
    _, one, two, _ = runs
    begun = weights(one / name)
    for key, value in weights(two / name).items():
        torch.testing.assert_close(value, begun[key], atol=rounding, rtol=1e-3, msg=key)
    lines = [read_jsonl(folder / name / "metrics.jsonl") for folder in (one, two)]
    for alone, together in zip(*lines, strict=True):
        assert alone.keys() == together.keys()
        timed = ("_s", "seconds")
        for key in alone:
            if not key.endswith(timed):
                assert together[key] == pytest.approx(alone[key], rel=2e-3, abs=1e-5), key


def test_rl_had_something_to_learn_from(runs):
    _, one, _, _ = runs
    lines = read_jsonl(one / "awm" / "metrics.jsonl")
    assert min(line["units"] for line in lines) > 0
    assert {"signal", "change", "demonstration_loss"} <= lines[0].keys()


def test_two_stop_together_and_one_goes_on(runs):
    configs, one, two, said = runs
    assert said.count("interrupted") == 2
    assert not (two / "stopped" / "done.json").exists()
    assert [line["step"] for line in read_jsonl(two / "stopped" / "metrics.jsonl")] == [1]
    run(configs["sft"], two / "stopped")
    whole = weights(one / "sft")
    for key, value in weights(two / "stopped").items():
        torch.testing.assert_close(value, whole[key], atol=2e-5, rtol=1e-3, msg=key)


def test_what_cannot_be_shared_is_refused():
    two = Ranks(1, 2)
    assert two.rows(6, "batch") == slice(3, 6)
    with pytest.raises(ValueError, match=r"batch = 5 with 2 ranks.*a multiple of 2"):
        two.rows(5, "batch")
    with pytest.raises(ValueError, match=r"batch 6 with groups of 4 on 2 ranks.*a multiple of 4"):
        check_dealt(4, 6, 4, two)
    with pytest.raises(ValueError, match="3 batches of a world on 2 ranks"):
        check_dealt(3, 8, 4, two)
    check_dealt(3, 6, 4, ALONE)
    assert ALONE.rows(5, "batch") == slice(0, 5)
