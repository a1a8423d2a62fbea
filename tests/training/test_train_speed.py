"""benchmarks/train_speed.py: what it counts, and that it runs at the smallest options there are."""

from __future__ import annotations

import importlib.util
import json
import math
import sys
from pathlib import Path

import pytest
from torch import nn
from torch.utils.flop_counter import FlopCounterMode

from videorlvr.models.config import DiTConfig, LoopedConfig

PATH = Path(__file__).resolve().parents[2] / "benchmarks" / "train_speed.py"


@pytest.fixture(scope="module")
def train_speed():
    spec = importlib.util.spec_from_file_location("train_speed", PATH)
    module = importlib.util.module_from_spec(spec)
    sys.modules["train_speed"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["train_speed"]


@pytest.mark.parametrize(
    "model",
    [
        DiTConfig(width=64, depth=2, heads=2),
        LoopedConfig(width=64, depth=2, loops=3, heads=2, patch_frames=2),
    ],
)
def test_flops_are_those_that_torch_counts_in_the_blocks(train_speed, model):
    """All but what goes in and out of the blocks, which is left out on purpose."""
    import torch

    from videorlvr.models.load import new_policy
    from videorlvr.models.seam import attached
    from videorlvr.training.config import Task

    policy = new_policy(model, seed=0, device=torch.device("cpu"))
    level = train_speed.world_of("maze").levels["micro"]
    pixels = (level.canvas[0] * 8, level.canvas[1] * 8)
    x = torch.randn(1, 3, level.num_frames, *pixels)

    def in_the_open(_, q, k, v):
        """The fused attention of a CPU is not counted by torch; this is the same."""
        return (q @ k.transpose(-1, -2)).softmax(-1) @ v

    counter = FlopCounterMode(display=False)
    with counter, attached(policy.module, attend=in_the_open):
        policy.module(x, torch.ones(1), x[:, :, 0])
    blocks = sum(
        sum(counts.values())
        for name, counts in counter.get_flop_counts().items()
        if name.split(".")[-2:-1] == ["blocks"]
    )
    assert isinstance(policy.module.blocks, nn.ModuleList)
    tokens = train_speed.tokens_of(Task.model_validate("maze:micro"), model)
    assert train_speed.forward_flops(model, tokens) == pytest.approx(blocks, rel=1e-6)


def test_an_exponent_is_the_slope_of_logarithms(train_speed):
    assert train_speed.exponent([1, 2, 4], [3, 12, 48]) == pytest.approx(2)
    assert math.isnan(train_speed.exponent([2, 2], [1, 3]))


def test_it_runs_at_few_steps_and_tells_all(train_speed, tmp_path, capsys):
    few = [
        "--batch",
        "4",
        "--steps",
        "1",
        "--iterations",
        "1",
        "--videos",
        "8",
        "--workers",
        "0",
        "--groups",
        "2,4",
    ]
    small = ["--tasks", "maze:micro", "--sizes", "32x1,64x1", "--json", str(tmp_path / "speed.json")]
    train_speed.main([*small, *few])
    out = capsys.readouterr().out
    assert "TFLOP/s, measured" in out
    told = json.loads((tmp_path / "speed.json").read_text())
    assert [row["what"] for row in told["rows"]] == ["SFT", "rollout", "update"] * 2 + ["rollout", "update"]
    assert all(row["samples_per_s"] > 0 and row["share"] > 0 for row in told["rows"])
    assert set(told["exponents"]) == {
        "SFT by parameters", "rollout by parameters", "update by parameters", "rollout by group", "update by group",
    }  # fmt: skip
    assert out.count("window") == 3 + 1 + 1
