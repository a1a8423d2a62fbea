"""Every key of the methods on own videos acts: two iterations with another value have other metrics or other weights.

The keys that they share are tried on one of them, each method's own keys on itself.
"""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace

import pytest
import torch
from test_own_videos import Taste, small_policy

from videorlvr.methods import METHODS
from videorlvr.training.learner import Bench
from videorlvr.training.matching_config import MatchingConfig
from videorlvr.training.settings import fields_of

BASE = {
    "tasks": ["maze:micro"],
    "init": "a policy at hand",
    "sampling": {"steps": 3},
    "num_steps": 4,
    "problems": 2,
    "group": 4,
    "batch": 4,
    "updates": 1,
    "draws": 1,
    "lr": 1e-3,
    "warm_moments": 0,
    "num_workers": 0,
    "device": "cpu",
    "stop_below": None,
}
SHARED = {
    "tasks": {"tasks": ["sokoban:micro"]},
    "seed": {"seed": 1},
    "sampling.steps": {"sampling": {"steps": 4}},
    "sampling.shift": {"sampling": {"steps": 3, "shift": 1.0}},
    "sampling.solver": {"sampling": {"steps": 3, "solver": "heun"}},
    "problems": {"problems": 3},
    "group": {"group": 8},
    "batch": {"batch": 8},
    "micro_batch": {"micro_batch": 1},
    "reward": {"reward": "paper"},
    "min_spread": {"min_spread": 10.0},
    "max_advantage": {"max_advantage": 0.1},
    "window": {"window": "early", "num_trained": 1},
    "num_trained": {"window": "early", "num_trained": 2},
    "draws": {"draws": 2},
    "updates": {"updates": 2},
    "optimizer": {"optimizer": "muon"},
    "lr": {"lr": 1e-4},
    "final_lr": {"final_lr": 0.0},
    "warm_moments": {"warm_moments": 1},
    "warmup": {"warmup": 4},
    "weight_decay": {"weight_decay": 0.5},
    "grad_clip": {"grad_clip": 1e-9},
    "ema": {"ema": 0.5},
    "kl_weight": {"kl_weight": 10.0},
    "demonstrations": {"demonstrations": 2},
    "reject_at": {"reject_at": 1},
}
BESIDE = {
    "demonstration_seed": ({"demonstrations": 2}, {"demonstrations": 2, "demonstration_seed": 1}),
    "demonstration_weight": ({"demonstrations": 2}, {"demonstrations": 2, "demonstration_weight": 10.0}),
}
"""Shared keys that act where another is set: without and with."""
OWN = {
    "awm": {
        "clip": {"clip": 1e-9, "updates": 2},
        "credit": {"credit": "frame"},
        "bonus": ({"credit": "frame"}, {"credit": "frame", "bonus": 5.0}),
        "discount": ({"credit": "frame"}, {"credit": "frame", "discount": 0.5}),
    },
    "nft": {"beta": {"beta": 0.3}},
    "preference": {"beta": {"beta": 5.0}, "pairs": {"pairs": 1}},
    "rejection-sft": {"most_a_problem": {"most_a_problem": 1}},
}
ELSEWHERE = {
    "method": "fixed by the recipe",
    "tasks.size": "tests/training/test_task_frames.py",
    "tasks.frames": "tests/training/test_task_frames.py",
    "tasks.align_px": "tests/training/test_task_frames.py",
    "num_steps": "training.loop, as in SFT",
    "save_every_s": "training.loop, as in SFT",
    "max_s": "training.loop, as in SFT",
    "validate_every": "training.validate, as in SFT",
    "num_val": "training.validate, as in SFT",
    "spectrum": "training.validate, as in SFT",
    "shard_weights": "tests/training/test_ranks.py",
    "init": "tests/training/test_origin.py",
    "num_workers": "tests/training/test_sft.py",
    "device": "needs another device",
    "compile": "needs a compiler",
    "tracker": "tests/training/test_track.py",
    "tasks.world": "part of tasks",
    "tasks.level": "part of tasks",
    "sampling": "its keys",
    "reject_share": "tests/players/test_rejection.py",
    "reject_by": "tests/players/test_rejection.py",
    "stop_below": "tests/methods/test_own_videos.py",
    "stop_at_fault": "needs a causal policy: tests/training/test_causal_training.py",
}


class Stumbles(Taste):
    """Some of these videos are bright enough to succeed; the others are at fault at frames that differ."""

    def submit(self, problems, videos):
        [judged] = super().submit(problems, videos)
        done = Future()
        done.set_result(
            [
                verdict if verdict.success else replace(verdict, frame=1 + int(video.sum()) % 4)
                for verdict, video in zip(judged.result(), videos, strict=True)
            ]
        )
        return [done]


def two_iterations(kind, values):
    torch.manual_seed(0)
    torch.set_num_threads(1)
    method = METHODS[kind]
    learner = method.make_learner(
        method.config_type(**(BASE | values)), small_policy(), Bench(Stumbles(bar=0.526))
    )
    try:
        lines = []
        for index in range(2):
            line = learner.step(index)
            lines.append({key: value for key, value in line.items() if not key.endswith(("_s", "seconds"))})
            learner.parts["policy"].update_average(index + 1)
        result = [parameter.detach().clone() for parameter in learner.result.module.parameters()]
    finally:
        learner.close()
    return lines, result


def differ(one, other):
    return one[0] != other[0] or not all(map(torch.equal, one[1], other[1]))


@pytest.fixture(scope="module")
def as_it_is():
    return two_iterations("awm", {})


def of_own_videos():
    return [name for name, method in METHODS.items() if issubclass(method.config_type, MatchingConfig)]


def test_no_key_is_forgotten():
    assert set(of_own_videos()) == set(OWN), "a method on own videos without a row here"
    for kind, own in OWN.items():
        keys = {key for key, _ in fields_of(METHODS[kind].config_type)}
        rows = set(SHARED) | set(BESIDE) | set(own) | (set(ELSEWHERE) & keys)
        assert keys == rows, kind


@pytest.mark.parametrize("key", SHARED)
def test_a_shared_key_acts(key, as_it_is):
    assert differ(two_iterations("awm", SHARED[key]), as_it_is), f"{key} is not read"


@pytest.mark.parametrize("key", BESIDE)
def test_a_shared_key_acts_where_it_applies(key):
    before, after = BESIDE[key]
    assert differ(two_iterations("awm", before), two_iterations("awm", after)), f"{key} is not read"


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, rows in OWN.items() for key in rows])
def test_an_own_key_acts(kind, key):
    row = OWN[kind][key]
    before, after = row if isinstance(row, tuple) else ({}, row)
    assert differ(two_iterations(kind, before), two_iterations(kind, after)), f"{key} is not read"
