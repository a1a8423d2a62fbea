"""Every key of a configuration acts: a run with another value has other weights, other metrics or other files.

A key that is not read changes nothing, and would stand in `config.json` as if it did.
"""

from __future__ import annotations

import json

import pytest
import torch
from rl_toy import Score, brightness

from videorlvr.base.records import read_jsonl
from videorlvr.methods import METHODS, run
from videorlvr.methods.video.sde_grpo.run import GRPO
from videorlvr.models.config import DiTConfig
from videorlvr.models.pixels import BuiltinPolicy
from videorlvr.training.learner import Bench
from videorlvr.training.loop import Interrupted
from videorlvr.training.settings import fields_of

SFT = {
    "tasks": ["maze:micro"],
    "model": {"width": 32, "depth": 1, "heads": 2, "predicts": "data"},
    "sampling": {"steps": 3},
    "batch": 3,
    "num_steps": 3,
    "warmup": 2,
    "log_every": 1,
    "pool_start": 20,
    "pool_grow": 4,
    "pool_size": 26,
    "num_workers": 0,
    "validate_every": 3,
    "num_val": 3,
}
OTHERS = {
    "tasks": ["sokoban:micro"],
    "seed": 1,
    "num_steps": 4,
    "sampling.shift": 1.0,
    "batch": 4,
    "validate_every": 2,
    "optimizer": "adamw",
    "lr": 1e-3,
    "final_lr": 0.5,
    "warmup": 1,
    "weight_decay": 0.5,
    "grad_clip": 1e-3,
    "log_every": 3,
    "ema": 0.01,
    "pool_start": 10,
    "pool_grow": 0.0,
    "pool_size": 20,
    "prefer_long": 1.0,
    "demonstration_seed": 7,
    "drop": 0.7,
    "spectrum": True,
    "max_s": 1e-9,
    "model.width": 64,
    "model.depth": 2,
    "model.heads": 1,
    "model.patch_px": 4,
    "model.mlp_ratio": 2,
    "model.predicts": "velocity",
    "model.distance_bias": "learned",
    "model.chunk_frames": 2,
}
LOOPED = {
    "model.held_after": 2,
    "model.loops": 1,
    "model.patch_frames": 2,
    "model.patch_px": 4,
    "model.mlp_ratio": 2,
}
"""Keys of the looped form, which has most of the plain one's, too."""
ELSEWHERE = {
    "method": "fixed by the recipe",
    "init": "tests/training/test_origin.py",
    "save_every_s": "tests/cli/test_habits.py",
    "num_workers": "tests/training/test_sft.py",
    "device": "needs another device",
    "compile": "needs a compiler",
    "shard_weights": "tests/training/test_ranks.py",
    "tracker": "tests/training/test_track.py",
    "sampling.steps": "tests/training/test_wiring.py",
    "sampling.solver": "tests/training/test_wiring.py",
    "num_val": "tests/training/test_wiring.py",
    "model.channels": "pixels have three",
    "model.form": "fixed; tests/models/test_looped.py",
    "tasks.world": "part of tasks",
    "tasks.level": "part of tasks",
    "tasks.size": "tests/training/test_task_frames.py",
    "tasks.frames": "tests/training/test_task_frames.py",
    "tasks.align_px": "tests/training/test_task_frames.py",
    "model.path": "tests/models/test_wan.py",
    "model.rank": "tests/models/test_wan.py",
    "model.alpha": "tests/models/test_wan.py",
    "model.targets": "tests/models/test_wan.py",
    "model.two_levels": "tests/models/test_wan.py",
    "model.prompt_tokens": "tests/models/test_wan.py",
    "model.vae_batch": "how many are decoded at once; tests/models/test_wan.py",
    "model.checkpointing": "memory, and no number",
    "sampling": "its keys",
    "model": "its keys",
}


def changed(values, key, value):
    out = json.loads(json.dumps(values))
    *parents, name = key.split(".")
    target = out
    for parent in parents:
        target = target[parent]
    target[name] = value
    return out


def outcome(values, folder):
    """What a run leaves, without what a clock measured."""
    config = METHODS["sft"].config_type.model_validate({"device": "cpu"} | values)
    try:
        run(config, folder)
    except Interrupted:
        return "interrupted"
    timed = ("_s", "seconds")
    lines = [
        {key: value for key, value in line.items() if not key.endswith(timed)}
        for line in read_jsonl(folder / "metrics.jsonl")
    ]
    return lines, (folder / "policy" / "policy.safetensors").read_bytes()


@pytest.fixture(scope="module")
def as_it_is(tmp_path_factory):
    torch.set_num_threads(1)
    return outcome(SFT, tmp_path_factory.mktemp("settings") / "run")


def test_no_key_of_sft_is_forgotten():
    keys = {key for key, _ in fields_of(METHODS["sft"].config_type)}
    assert keys == set(OTHERS) | set(LOOPED) | set(ELSEWHERE)


@pytest.fixture(scope="module")
def looped(tmp_path_factory):
    torch.set_num_threads(1)
    values = SFT | {"model": {"form": "looped", "width": 32, "depth": 1, "heads": 2}}
    return values, outcome(values, tmp_path_factory.mktemp("settings") / "run")


@pytest.mark.parametrize("key", LOOPED)
def test_a_key_of_the_looped_form_acts(key, looped, tmp_path):
    values, as_they_are = looped
    assert outcome(changed(values, key, LOOPED[key]), tmp_path / "run") != as_they_are, f"{key} is not read"


@pytest.mark.parametrize("key", OTHERS)
def test_a_key_of_sft_acts(key, as_it_is, tmp_path):
    assert outcome(changed(SFT, key, OTHERS[key]), tmp_path / "run") != as_it_is


RL = {
    "tasks": ["maze:micro"],
    "init": "a policy at hand",
    "sampling": {"steps": 4, "shift": 3.0, "solver": "euler"},
    "num_steps": 2,
    "problems": 2,
    "group": 4,
    "batch": 4,
    "num_trained": 2,
    "updates": 1,
    "epochs": 2,
    "lr": 3e-3,
    "kl_weight": 1e-3,
    "clip_drift": 1e-4,
    "max_kl": None,
    "num_workers": 0,
}
RL_OTHERS = {
    "tasks": ["sokoban:micro"],
    "seed": 1,
    "sampling.steps": 5,
    "sampling.shift": 1.0,
    "sampling.solver": "heun",
    "problems": 4,
    "group": 2,
    "batch": 8,
    "micro_batch": 1,
    "reward": "paper",
    "min_spread": 10.0,
    "max_advantage": 0.1,
    "window": "late",
    "num_trained": 1,
    "sde": "cps",
    "noise_scale": 0.5,
    "optimizer": "muon",
    "lr": 1e-3,
    "warmup": 4,
    "weight_decay": 0.5,
    "grad_clip": 1e-4,
    "updates": 2,
    "epochs": 1,
    "clip_drift": 10.0,
    "max_kl": 0.5,
    "kl_weight": 1.0,
    "reject_at": 2,
}
OF_THE_LOOP = {
    "num_steps",
    "save_every_s",
    "max_s",
    "validate_every",
    "num_val",
    "spectrum",
    "num_workers",
    "init",
}
"""Read by what SFT runs through, too: `training.run`, `training.loop`, `training.validate`."""

IN_ROLLOUTS = {"reject_share", "reject_by"}
"""They act where there is `reject_at`: tests/players/test_rejection.py."""


def two_iterations(changes):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    policy = BuiltinPolicy.new(DiTConfig(width=32, depth=1, heads=2), seed=0, device=torch.device("cpu"))
    with torch.no_grad():
        for parameter in policy.module.parameters():
            parameter.add_(torch.randn(parameter.shape), alpha=0.1)
    config = METHODS["sde-grpo"].config_type.model_validate({"device": "cpu"} | changes)
    learner = GRPO(config, policy, Bench(Score(brightness)))
    timed = ("_s", "seconds")
    lines = [
        {key: value for key, value in learner.step(index).items() if not key.endswith(timed)}
        for index in range(2)
    ]
    return lines, [parameter.detach().clone() for parameter in policy.module.parameters()]


@pytest.fixture(scope="module")
def rl_as_it_is():
    return two_iterations(RL)


def test_no_key_of_rl_is_forgotten():
    keys = {key for key, _ in fields_of(METHODS["sde-grpo"].config_type)}
    assert keys == set(RL_OTHERS) | OF_THE_LOOP | IN_ROLLOUTS | (set(ELSEWHERE) & keys)


@pytest.mark.parametrize("key", RL_OTHERS)
def test_a_key_of_rl_acts(key, rl_as_it_is):
    lines, weights = two_iterations(changed(RL, key, RL_OTHERS[key]))
    same = all(map(torch.equal, weights, rl_as_it_is[1]))
    assert not (same and lines == rl_as_it_is[0])
    if key not in ("micro_batch", "min_spread"):
        assert not same, "its metrics alone differ"
