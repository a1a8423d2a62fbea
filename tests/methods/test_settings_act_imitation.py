"""Every key of the methods that imitate in words acts: two steps with another value have other metrics or weights.

The keys that they share are tried on next-token SFT, each method's own keys on itself.
"""

from __future__ import annotations

import json

import pytest
import torch

from videorlvr.judge.pool import Judge
from videorlvr.methods import METHODS
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.training.language.config import ImitationConfig
from videorlvr.training.learner import Bench
from videorlvr.training.settings import fields_of
from videorlvr.training.validate import validation_of

BASE = {
    "tasks": ["maze:micro"],
    "model": {"width": 16, "depth": 1, "heads": 2, "context": 256, "worlds": ["maze", "sokoban"]},
    "num_steps": 3,
    "batch": 4,
    "warmup": 0,
    "log_every": 1,
    "pool_start": 12,
    "pool_grow": 4.0,
    "pool_size": 20,
    "num_workers": 0,
    "device": "cpu",
    "num_val": 4,
}
SHARED = {
    "tasks": ["sokoban:micro"],
    "seed": 1,
    "num_steps": 5,
    "batch": 5,
    "trace": "expand",
    "times": ({"trace": "restate"}, {"trace": "restate", "times": 2}),
    "lr": 1e-4,
    "final_lr": 0.9,
    "warmup": 1,
    "weight_decay": 0.9,
    "grad_clip": 1e-3,
    "log_every": 3,
    "ema": 0.1,
    "pool_start": 6,
    "pool_grow": 0.0,
    "pool_size": 13,
    "writing.temperature": {"writing": {"temperature": 3.0}},
    "writing.max_tokens": {"writing": {"max_tokens": 2}},
    "num_val": 5,
    "tokens": 40,
    "spectrum": True,
    "model.width": {"model": BASE["model"] | {"width": 32}},
    "model.depth": {"model": BASE["model"] | {"depth": 2}},
    "model.heads": {"model": BASE["model"] | {"heads": 1}},
    "model.family": {"model": BASE["model"] | {"family": "gpt2"}},
    "model.worlds": {"model": BASE["model"] | {"worlds": ["maze"]}},
    "model.board": {"model": BASE["model"] | {"board": "drawn"}},
}
ACTED = {"acted": 300, "batch": 64, "share": 0.9}
"""Boards enough for a policy that has learnt nothing to make a legal move that is wrong."""
TEACHER = BASE["model"] | {"width": 16}
OWN = {
    "text-sft": {
        "direct": ({"trace": "compress"}, {"trace": "compress", "direct": 0.5}),
        "loose": ({"trace": "compress"}, {"trace": "compress", "loose": 0.5}),
    },
    "flare-value": {"astray": {"astray": 0}},
    "step-length": {
        "restatements": {"restatements": 2},
        "content": {"content": "filler"},
    },
    "mlm-u": {
        "masking": {"masking": "suffix"},
        "mask_rate": ({"masking": "fixed"}, {"masking": "fixed", "mask_rate": 0.9}),
    },
    "let": {
        "teacher_model.width": {"teacher_model": TEACHER | {"width": 32}},
        "teacher_model.depth": {"teacher_model": TEACHER | {"depth": 2}},
        "teacher_model.heads": {"teacher_model": TEACHER | {"heads": 1}},
        "teacher_model.family": {"teacher_model": TEACHER | {"family": "gpt2"}},
        "target": {"target": "logits"},
        "layer": {"layer": 0},
        "teacher_layer": {"teacher_layer": 0},
        "weight": {"weight": 5.0},
        "until": {"until": 0.5},
    },
    "step-reflect": {
        "acted": {"acted": 2},
        "told": {"told": "golden"},
        "share": {"share": 0.9},
        "errors": (ACTED, ACTED | {"errors": "learnt"}),
        "acting": {"acting": 0.0},
    },
    "plantain": {"plan": {"plan": False}},
    "leaf": {
        "teacher_model.width": {"teacher_model": TEACHER | {"width": 32}},
        "teacher_model.depth": {"teacher_model": TEACHER | {"depth": 2}},
        "teacher_model.heads": {"teacher_model": TEACHER | {"heads": 1}},
        "teacher_model.family": {"teacher_model": TEACHER | {"family": "gpt2"}},
        "mask": {"mask": "oracle"},
        "tau": {"tau": 0.01},
        "keep": {"keep": 0.9},
        "tolerance": {"tolerance": 0.0},
        "tags": {"tags": "flipped"},
        "leak": {"leak": 0.0},
        "distractors": {"distractors": 2},
    },
}
OF_KIND = {
    "mlm-u": {"model": BASE["model"] | {"family": "masked"}},
    "let": {"teacher_model": TEACHER, "layer": 1, "until": 1.0},
    "step-reflect": {"acted": 6},
    "leaf": {"teacher_model": TEACHER, "tau": 0.4, "tolerance": 100.0},
}
"""What a method needs besides, or acts with."""
ELSEWHERE = {
    "method": "fixed by the recipe",
    "init": "tests/training/test_origin.py",
    "model": "its keys",
    "model.context": "tests/training/test_text.py",
    "model.path": "tests/training/test_text.py",
    "model.lora_rank": "tests/training/test_text.py",
    "writing": "its keys",
    "writing.think": "follows the trace",
    "save_every_s": "training.loop, as in SFT of videos",
    "max_s": "training.loop, as in SFT of videos",
    "tracker": "tests/training/test_track.py",
    "num_workers": "tests/training/test_text.py",
    "device": "needs another device",
    "compile": "needs a compiler",
    "validate_every": "training.loop, as in SFT of videos",
    "tasks.world": "part of tasks",
    "tasks.level": "part of tasks",
    "tasks.size": "refused: tests/training/test_text.py",
    "tasks.frames": "refused: tests/training/test_text.py",
    "tasks.align_px": "of size",
    "teacher": "tests/methods/test_let.py",
    "teacher_model": "its keys",
    "teacher_model.worlds": "a teacher of other words is refused: tests/methods/test_let.py",
    "teacher_model.board": "a teacher is never shown a board",
    "teacher_model.context": "as of model",
    "teacher_model.path": "as of model",
    "teacher_model.lora_rank": "as of model",
}


def outcome(kind, changes):
    """What three steps and a validation tell, and the weights they leave."""
    method = METHODS[kind]
    config = method.config_type.model_validate(json.loads(json.dumps(BASE | OF_KIND.get(kind, {}) | changes)))
    policy = LanguagePolicy.new(config.model, seed=config.seed, device=torch.device("cpu"))
    learner = method.make_learner(config, policy, Bench(Judge("exact")))
    try:
        lines = [
            {key: value for key, value in learner.step(index).items() if not key.endswith("_s")}
            for index in range(3)
        ]
        learner.parts["policy"].update_average(3)
    finally:
        learner.close()
    validation = validation_of(config, Judge("exact"))
    validated = validation(learner.result)
    boards = [len(listed) for listed in validation.problems.values()]
    weights = [parameter.detach().clone() for parameter in learner.result.module.parameters()]
    return (lines, validated, boards, config.writing), weights


def differ(one, other):
    return one[0] != other[0] or len(one[1]) != len(other[1]) or not all(map(torch.equal, one[1], other[1]))


@pytest.fixture(scope="module")
def as_it_is():
    return outcome("text-sft", {})


def test_no_method_is_forgotten():
    those = [name for name, method in METHODS.items() if issubclass(method.config_type, ImitationConfig)]
    assert set(those) == set(OWN), "a method that imitates in words without a row here"


@pytest.mark.parametrize("kind", OWN)
def test_no_key_is_forgotten(kind):
    keys = {key for key, _ in fields_of(METHODS[kind].config_type)}
    assert keys == set(SHARED) | set(OWN[kind]) | (set(ELSEWHERE) & keys)


@pytest.mark.parametrize("key", SHARED)
def test_a_shared_key_acts(key, as_it_is):
    row = SHARED[key]
    if isinstance(row, tuple):
        before, after = outcome("text-sft", row[0]), row[1]
    else:
        before, after = as_it_is, row if isinstance(row, dict) else {key: row}
    assert differ(outcome("text-sft", after), before), f"{key} is not read"


@pytest.mark.parametrize(("kind", "key"), [(kind, key) for kind, rows in OWN.items() for key in rows])
def test_an_own_key_acts(kind, key):
    row = OWN[kind][key]
    before, after = row if isinstance(row, tuple) else ({}, row)
    assert differ(outcome(kind, before), outcome(kind, after)), f"{key} is not read"
