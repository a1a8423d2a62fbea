"""Every key of the methods that learn from judged answers in words acts: two iterations with another value have other
metrics or other weights.

The keys that they share are tried on one of them, each method's own keys on itself.
"""

from __future__ import annotations

import functools

import pytest
import torch

from videorlvr.judge.pool import Judge
from videorlvr.methods import METHODS
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.training.language.config import TrialsConfig
from videorlvr.training.learner import Bench
from videorlvr.training.settings import fields_of
from videorlvr.training.validate import validation_of

FORM = LanguageConfig(width=32, depth=1, heads=2, context=256, worlds=["maze", "sokoban"])
BASE = {
    "tasks": ["maze:micro"],
    "model": FORM,
    "num_steps": 2,
    "problems": 4,
    "group": 4,
    "batch": 16,
    "lr": 1e-2,
    "num_workers": 0,
    "device": "cpu",
    "num_val": 4,
    "writing": {"temperature": 1.0, "max_tokens": 8},
}
THINKING = {"writing": {"temperature": 1.0, "max_tokens": 8, "think": True}}
SHARED = {
    "tasks": {"tasks": ["sokoban:micro"]},
    "seed": {"seed": 1},
    "writing.temperature": {"writing": {"temperature": 0.5, "max_tokens": 8}},
    "writing.think": THINKING,
    "writing.max_tokens": {"writing": {"temperature": 1.0, "max_tokens": 4}},
    "problems": {"problems": 2},
    "group": {"group": 3},
    "reward": {"reward": "paper"},
    "lr": {"lr": 1e-3},
    "warmup": {"warmup": 4},
    "weight_decay": {"weight_decay": 0.5},
    "grad_clip": {"grad_clip": 1e-3},
    "min_spread": {"min_spread": 10.0},
    "max_advantage": {"max_advantage": 0.1},
}
OWN = {
    "text-grpo": {
        "updates": ({"problems": 8}, {"problems": 8, "updates": 2}),
        "epochs": {"epochs": 2},
        "clip_low": ({"epochs": 4}, {"epochs": 4, "clip_low": 1e-6}),
        "clip_high": ({"epochs": 4}, {"epochs": 4, "clip_high": 1e-6}),
        "kl_weight": {"kl_weight": 10.0},
        "truth_weight": (THINKING, {**THINKING, "truth_weight": 0.1}),
        "format_weight": {"format_weight": 5.0},
    },
    "text-dpo": {
        "beta": {"beta": 2.0},
        "sft_weight": {"sft_weight": 3.0},
        "teacher": {"teacher": True},
    },
    "specs": {
        "beta": ({"solver": True}, {"solver": True, "beta": 2.0}),
        "sft_weight": ({"solver": True}, {"solver": True, "sft_weight": 3.0}),
        "pairs": ({"solver": True}, {"solver": True, "pairs": "answers"}),
        "solver": {"solver": True},
        "trace": ({"solver": True}, {"solver": True, "trace": "expand"}),
        "beyond": {"beyond": ["sokoban:micro"]},
    },
    "kat": {
        "updates": ({"problems": 8}, {"problems": 8, "updates": 2}),
        "epochs": {"epochs": 2},
        "clip_low": ({"epochs": 4}, {"epochs": 4, "clip_low": 1e-6}),
        "clip_high": ({"epochs": 4}, {"epochs": 4, "clip_high": 1e-6}),
        "kl_weight": {"kl_weight": 10.0},
        "bias": ({"problems": 12}, {"problems": 12, "bias": 100.0}),
        "gamma": {"gamma": 0.0},
        "least": {"least": 10.0},
        "format_weight": {"format_weight": 5.0},
    },
    "kat-start": {
        "beta": ({"solver": True}, {"solver": True, "beta": 2.0}),
        "sft_weight": ({"solver": True}, {"solver": True, "sft_weight": 3.0}),
        "solver": {"solver": True},
        "trace": ({"solver": True}, {"solver": True, "trace": "compress"}),
    },
}
OF_KIND = {
    "specs": THINKING,
    "kat": {"writing": {"temperature": 1.0, "max_tokens": 16, "think": "choose"}},
    "kat-start": {"writing": {"temperature": 1.0, "max_tokens": 16, "think": "choose"}},
}
ELSEWHERE = {
    "method": "fixed by the recipe",
    "init": "tests/training/test_origin.py",
    "model": "its keys",
    "writing": "its keys",
    "num_steps": "training.loop, as in SFT",
    "save_every_s": "training.loop, as in SFT",
    "max_s": "training.loop, as in SFT",
    "tracker": "tests/training/test_track.py",
    "num_workers": "tests/training/test_sft.py",
    "device": "needs another device",
    "compile": "needs a compiler",
    "validate_every": "training.loop, as in SFT",
    "tasks.world": "part of tasks",
    "tasks.level": "part of tasks",
    "tasks.size": "refused: tests/training/test_text.py",
    "tasks.frames": "refused: tests/training/test_text.py",
    "tasks.align_px": "of size",
    "beyond.world": "part of beyond",
    "beyond.level": "part of beyond",
    "beyond.size": "as of tasks",
    "beyond.frames": "as of tasks",
    "beyond.align_px": "as of tasks",
    "zero": "tests/methods/test_specs.py",
    "batch": "below: it cuts, and changes no sum but in its last bits",
    "num_val": "below",
    "spectrum": "tests/methods/test_settings_act_imitation.py",
}


@functools.cache
def some_knowledge():
    """Weights after a little imitation: of a policy that has learnt nothing all rewards would be equal."""
    config = METHODS["text-sft"].config_type.model_validate(
        {"tasks": ["maze:micro"], "model": FORM, "num_steps": 90, "batch": 16, "lr": 2e-2}
        | {"trace": "compress", "direct": 0.5, "warmup": 0, "pool_start": 64, "pool_grow": 0, "pool_size": 64}
        | {"num_workers": 0, "device": "cpu"}
    )
    policy = LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu"))
    learner = METHODS["text-sft"].make_learner(config, policy, Bench(Judge("exact")))
    for index in range(90):
        learner.step(index)
    return policy.module.state_dict()


def two_iterations(kind, changes):
    torch.manual_seed(0)
    policy = LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu"))
    policy.module.load_state_dict(some_knowledge())
    method = METHODS[kind]
    learner = method.make_learner(
        method.config_type.model_validate(BASE | OF_KIND.get(kind, {}) | changes),
        policy,
        Bench(Judge("exact")),
    )
    try:
        lines = [
            {key: value for key, value in learner.step(index).items() if key != "seconds"}
            for index in range(2)
        ]
    finally:
        learner.close()
    return lines, [parameter.detach().clone() for parameter in policy.module.parameters()]


def differ(one, other):
    return one[0] != other[0] or not all(map(torch.equal, one[1], other[1]))


@pytest.fixture(scope="module")
def as_it_is():
    return two_iterations("text-grpo", {})


def on_trials():
    return [name for name, method in METHODS.items() if issubclass(method.config_type, TrialsConfig)]


def test_no_key_is_forgotten():
    for kind in on_trials():
        keys = {key for key, _ in fields_of(METHODS[kind].config_type)}
        keys = {key for key in keys if not key.startswith("model.")}
        assert keys == set(SHARED) | set(OWN[kind]) | (set(ELSEWHERE) & keys), kind


@pytest.mark.parametrize("key", SHARED)
def test_a_shared_key_acts(key, as_it_is):
    assert differ(two_iterations("text-grpo", SHARED[key]), as_it_is), f"{key} is not read"


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, rows in OWN.items() for key in rows])
def test_an_own_key_acts(kind, key):
    row = OWN[kind][key]
    before, after = row if isinstance(row, tuple) else ({}, row)
    assert differ(two_iterations(kind, before), two_iterations(kind, after)), f"{key} is not read"


def test_as_many_boards_are_validated_as_are_asked_for():
    config = METHODS["text-grpo"].config_type.model_validate(BASE)
    policy = LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu"))
    validation = validation_of(config, Judge("exact"))
    validation(policy)
    assert [len(problems) for problems in validation.problems.values()] == [4]


def test_a_batch_cuts_and_changes_no_sum():
    whole, cut = (two_iterations("text-grpo", changes)[0][0] for changes in ({}, {"batch": 3}))
    assert cut == pytest.approx(whole, rel=1e-3, abs=1e-6)
    assert whole["grad_norm"] > 0
