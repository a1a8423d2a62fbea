"""Every key of the ways of playing and of the probes acts, and no method is without a table of its keys.

With another value a player gives other answers, at another cost, or finds something else on validation boards; a probe
sees something else.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import test_settings_act_imitation
import test_settings_act_own
import test_settings_act_trials
import torch

from videorlvr.methods import METHODS
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.load import load_policy
from videorlvr.models.shipped import shipped_sft
from videorlvr.players.sampling import Sampling
from videorlvr.players.writing import Writing
from videorlvr.training.settings import fields_of
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import make_problem

HERE = Path(__file__).parent
ON_VIDEOS = {
    "early-rejection": (
        {"starts": 4, "at": 2, "keep": 2},
        {
            "starts": {"starts": 3},
            "at": {"at": 1},
            "keep": {"keep": 1},
            "choose": {"choose": "random"},
            "reward": ({"keep": 1}, {"keep": 1, "reward": "sparse"}),
        },
    ),
    "sparsed": (
        {"block": 16},
        {
            "density": {"density": 0.8},
            "full": {"full": 0.8},
            "block": {"block": 8},
            "when": {"when": "sparse-then-full"},
            "pattern": {"pattern": "window"},
            "isolated": {"isolated": False},
        },
    ),
    "ras": (
        {"ratio": 0.5, "dense": 1, "reset_every": 4, "steps": 6},
        {
            "ratio": {"ratio": 0.25},
            "dense": {"dense": 2},
            "reset_every": {"reset_every": 2},
            "focus": {"focus": "l2"},
            "starvation": {"starvation": 5.0},
            "cache": {"cache": False},
            "steps": {"steps": 5},
        },
    ),
}
IN_WORDS = {
    "glimp-router": (
        {"large": "the large one", "task": "maze:micro", "problems": 6, "rate": 0.5},
        {
            "large": {"large": "the small one"},
            "signal": {"signal": "margin"},
            "rate": {"rate": 0.1},
            "task": {"task": "sokoban:micro"},
            "problems": {"problems": 9},
        },
    ),
    "plantain-rewind": (
        {"judge": "oracle", "what": "answer", "temperature": 1.0},
        {
            "judge": {"judge": "none"},
            "what": {"what": "plan"},
            "rewinds": {"rewinds": 0},
            "tokens": {"tokens": 12},
            "temperature": {"temperature": 0.3},
        },
    ),
    "text-early-rejection": (
        {"task": "maze:micro", "problems": 4, "fit": 8, "beams": 2, "expand": 2, "step": 3, "tau": 1},
        {
            "beams": {"beams": 3},
            "expand": {"expand": 3},
            "step": {"step": 4},
            "tau": {"tau": 2},
            "score": {"score": "random"},
            "temperature": {"temperature": 2.0},
            "task": {"task": "sokoban:micro"},
            "problems": {"problems": 6},
            "fit": ({"score": "learned"}, {"score": "learned", "fit": 4}),
        },
    ),
    "injected-error": ({}, {}),
}
PROBES = {
    "rankme": (
        {"tasks": ["maze:micro"], "problems": 6, "draws": 6, "first": 2, "last": 40},
        {
            "tasks": {"tasks": ["sokoban:micro"]},
            "problems": {"problems": 8},
            "sigma": {"sigma": 0.2},
            "first": {"first": 5},
            "last": {"last": 20},
            "draws": {"draws": 9},
        },
    ),
    "text-rankme": (
        {"tasks": ["maze:micro"], "problems": 6, "draws": 6, "first": 2, "last": 20},
        {
            "tasks": {"tasks": ["sokoban:micro"]},
            "problems": {"problems": 8},
            "first": {"first": 5},
            "last": {"last": 9},
            "draws": {"draws": 9},
        },
    ),
}
ELSEWHERE = {
    "sft": "test_settings_act.py",
    "sde-grpo": "test_settings_act.py",
    "let-video": "test_let_video.py",
    "mmhm": "test_mmhm.py",
    "disback": "test_disback.py",
    "flare": "test_flare.py",
    "auto-think": "test_kat.py",
    "leaf-tags": "test_leaf.py",
}
"""Methods whose keys are tried in the tests of the method itself: each is named there."""
UNTRIED = {
    ("mmhm", "student"),
    ("flare", "explore"),
    *(("disback", key) for key in ("highest", "shift", "fake_lr", "grad_clip", "ema")),
}
"""Keys that no test tries yet."""
PARTS = ("method", "tasks.", "task.")
"""Fixed by the recipe; parts of a key that is tried whole."""


@pytest.fixture(scope="module")
def policies(taught, tmp_path_factory):
    """One that makes videos, one that writes and knows something, and another of its words."""
    device = torch.device("cpu")
    small = LanguagePolicy.load(taught, device=device)
    form = small.form.model_copy(update={"worlds": ["maze", "sokoban"], "width": 16, "depth": 1})
    places = {}
    for number, name in enumerate(("the small one", "the large one")):
        places[name] = str(tmp_path_factory.mktemp("policies"))
        LanguagePolicy.new(form, seed=number, device=device).save(Path(places[name]))
    return {
        "videos": load_policy(shipped_sft() / "policy", device=device),
        "words": small,
        "untaught": places,
    }


def listed(values):
    """A comparable form of what a player gave or a probe saw."""
    return values.tobytes() if isinstance(values, np.ndarray) else list(values)


def on_videos(policies, name, values):
    config = METHODS[name].config_type.model_validate(values)
    player = METHODS[name].make_player(config, policies["videos"], Sampling(steps=5), 8)
    world = world_of("flowfree")
    videos = player(world, [make_problem(world, "micro", "val", index) for index in range(2)], 0)
    return listed(videos), player.identity.get("network_evaluations")


def in_words(policies, name, values):
    places, small = policies["untaught"], policies["words"]
    if "large" in values or values.get("task") == "sokoban:micro" or name == "plantain-rewind":
        small = LanguagePolicy.load(Path(places["the small one"]), device=torch.device("cpu"))
    values = {**values, **({"large": places[values["large"]]} if "large" in values else {})}
    config = METHODS[name].config_type.model_validate(values)
    think = "plan" if name == "plantain-rewind" else False
    player = METHODS[name].make_player(config, small, Writing(temperature=1.0, max_tokens=8, think=think), 8)
    world = world_of("maze")
    answers = player(world, [make_problem(world, "micro", "train", index) for index in range(6)], 0)
    return listed(answers), player.identity.get("found"), player.identity.get("large")


def seen(policies, name, values):
    config = METHODS[name].config_type.model_validate(values)
    policy = policies["videos"]
    if name != "rankme":
        place = Path(policies["untaught"]["the small one"])
        policy = LanguagePolicy.load(place, device=torch.device("cpu"))
    return listed(METHODS[name].make_probe(config, policy))


TABLES = [(on_videos, ON_VIDEOS), (in_words, IN_WORDS), (seen, PROBES)]
ROWS = [(of, name, key) for of, table in TABLES for name, (_, rows) in table.items() for key in rows]


@pytest.mark.parametrize(("of", "name", "key"), ROWS, ids=lambda value: getattr(value, "__name__", value))
def test_a_key_acts(of, name, key, policies):
    base, rows = next(table[name] for where, table in TABLES if where is of)
    before, after = rows[key] if isinstance(rows[key], tuple) else ({}, rows[key])
    assert of(policies, name, base | before) != of(policies, name, base | after), f"{key} is not read"


def test_no_key_is_forgotten():
    for _, table in TABLES:
        for name, (_, rows) in table.items():
            keys = {key for key, _ in fields_of(METHODS[name].config_type)}
            assert {key for key in keys if not key.startswith(PARTS)} == set(rows), name
    for name, place in ELSEWHERE.items():
        told = (HERE / place).read_text()
        own = set(METHODS[name].config_type.model_fields)
        for base in METHODS[name].config_type.__mro__[1:]:
            own -= set(getattr(base, "model_fields", {}))
        assert {(name, key) for key in own if key not in told} <= UNTRIED


def test_no_method_is_without_a_table():
    ours = {name for name in METHODS if METHODS.package_of(name) == "videorlvr"}
    tabled = [*ELSEWHERE, *(name for _, table in TABLES for name in table)]
    for module in (test_settings_act_imitation, test_settings_act_own, test_settings_act_trials):
        tabled += module.OWN
    assert set(tabled) == ours, "a method without a table of its keys, or a table without its method"
    assert len(tabled) == len(set(tabled))
