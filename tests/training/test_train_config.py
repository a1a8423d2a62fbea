"""Configurations: what is impossible is refused with the reason, and the nearest key is named."""

from __future__ import annotations

import pytest

from videorlvr.methods import recipe_of, recipes
from videorlvr.methods.video.sde_grpo.config import GRPOConfig
from videorlvr.methods.video.sft.config import SFTConfig
from videorlvr.models.config import DiTConfig
from videorlvr.training.config import Task
from videorlvr.training.settings import checked, help_lines, overridden
from videorlvr.worlds import WORLDS

SFT = SFTConfig(tasks=["maze:micro"], num_steps=10)
RL = {"tasks": ["maze:micro"], "init": "somewhere", "num_steps": 10}


def test_overrides_are_read_as_what_they_are():
    changed = overridden(
        SFT,
        {
            "lr": "1e-4",
            "num_steps": "20",
            "model.width": "384",
            "sampling.shift": "5",
            "pool-start": "100",
            "compile": "true",
            "max_s": "90",
            "tasks": "maze:micro,flowfree:small",
        },
    )
    assert (changed.lr, changed.num_steps, changed.model.width) == (1e-4, 20, 384)
    assert (changed.sampling.shift, changed.pool_start, changed.compile, changed.max_s) == (
        5.0,
        100,
        True,
        90,
    )
    assert changed.tasks == [Task(world="maze", level="micro"), Task(world="flowfree", level="small")]
    assert overridden(changed, {"max_s": "null"}).max_s is None
    assert overridden(changed, {"tasks": "maze:paper"}).tasks == [Task(world="maze", level="paper")]
    untouched = {"lr", "num_steps", "model", "sampling", "pool_start", "compile", "max_s", "tasks"}
    assert changed.model_dump(exclude=untouched) == SFT.model_dump(exclude=untouched)


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("learning_rte", None),
        ("wamrup", "warmup"),
        ("modle.width", "model.width"),
        ("model.wdith", "model.width"),
    ],
)
def test_an_unknown_key_names_the_nearest(key, nearest):
    with pytest.raises(ValueError, match=f"'{key}'") as caught:
        overridden(SFT, {key: "1"})
    assert nearest is None or f"did you mean '{nearest}'" in str(caught.value)


@pytest.mark.parametrize(
    ("extra", "nearest"), [({"wamrup": 3}, "warmup"), ({"model": {"widht": 64}}, "model.width")]
)
def test_an_unknown_key_of_a_stored_configuration_names_the_nearest(extra, nearest):
    with pytest.raises(ValueError, match="unknown key") as caught:
        checked(SFTConfig, {"tasks": ["maze:micro"], "num_steps": 3, **extra})
    assert f"did you mean '{nearest}'" in str(caught.value)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"problems": 3, "group": 16, "batch": 32}, "1.5 batches of 32"),
        ({"problems": 8, "group": 8, "batch": 32, "updates": 3}, "multiple of updates=3"),
        ({"num_trained": 10}, "the last step is never trained"),
        ({"window": "late", "num_trained": 10}, "the last step is never trained"),
        ({"window": "all"}, "expected None or 9"),
        ({"reward": "dense"}, "did you mean 'dense-v1'"),
        ({"tasks": ["maze:hard"]}, "for evaluation only; train on one of: micro, small, paper"),
        ({"tasks": ["maze:mikro"]}, "did you mean 'micro'"),
        ({"tasks": ["mase:micro"]}, "did you mean 'maze'"),
        ({"tasks": []}, "tasks"),
        ({"group": 1}, "group"),
        ({"lr": 0}, "lr: .*greater than 0.*got 0"),
        ({"lr": float("nan")}, "lr: .*finite"),
        ({"lr": float("inf")}, "lr: .*finite"),
        ({"grad_clip": float("inf")}, "grad_clip: .*finite"),
        ({"max_s": float("inf")}, "max_s: .*finite"),
        ({"sampling": {"shift": float("inf")}}, "sampling.shift: .*finite"),
        ({"sampling": {"steps": 0}}, "sampling.steps"),
        ({"sampling": {"steps": 1}}, "steps=1; expected at least 2"),
        ({"sampling": {"solver": "huen"}}, "sampling.solver: .*got 'huen'"),
    ],
)
def test_the_impossible_is_refused_with_its_reason(changes, reason):
    with pytest.raises(ValueError, match=reason) as caught:
        checked(GRPOConfig, RL | changes)
    assert "pydantic" not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"window": "random", "num_trained": 10}, id="random window that does not fit"),
        pytest.param({"window": "random", "num_trained": None}, id="random window without a length"),
        pytest.param({"noise_scale": 1.5}, id="ddim-eta takes eta up to 1"),
        pytest.param({"sde": "cps", "noise_scale": 1.5}, id="cps takes eta up to 1"),
        pytest.param({"tasks": ["maze:micro", "maze:small"]}, id="one world twice"),
    ],
)
def test_the_impossible_is_refused_before_anything_is_computed(changes):
    with pytest.raises(ValueError, match=r"."):
        checked(GRPOConfig, RL | changes)


@pytest.mark.parametrize("text", ["a: b: c", "@here", "[maze"])
def test_text_that_is_no_yaml_is_a_value_error(text):
    with pytest.raises(ValueError, match=r"."):
        overridden(SFT, {"lr": text})


@pytest.mark.parametrize("name", ["2026-01-31", "007"])
def test_a_folder_may_have_any_name(name):
    assert overridden(SFT, {"init": name, "model": "null"}).init == name


def test_a_policy_to_go_on_from_has_its_own_form():
    with pytest.raises(ValueError, match=r"init 'runs/a' .*model .*--model null") as caught:
        overridden(SFT, {"init": "runs/a"})
    assert "\n" not in str(caught.value)
    started = overridden(SFT, {"init": "runs/a", "model": "null"})
    assert (started.init, started.model) == ("runs/a", None)
    assert SFTConfig.model_validate_json(started.model_dump_json()) == started
    anew = overridden(started, {"init": "null", "model.width": "64"})
    assert (anew.init, anew.model) == (None, DiTConfig(width=64))
    assert SFTConfig(tasks=["maze:micro"], num_steps=1).model == DiTConfig()


def test_every_level_but_hard_can_be_trained():
    for world in WORLDS.values():
        for level in world.levels.values():
            if level.trainable:
                Task.model_validate(f"{world.name}:{level.name}")
            else:
                with pytest.raises(ValueError, match="evaluation only"):
                    Task.model_validate(f"{world.name}:{level.name}")
        assert not world.levels["hard"].trainable


@pytest.mark.parametrize("name", recipes())
def test_every_recipe_is_valid_survives_json_and_says_what_it_costs_and_gives(name):
    """`model_copy` does not check; a round trip through the stored form does."""
    config = recipe_of(name)
    assert type(config).model_validate_json(config.model_dump_json()) == config
    assert name == name.lower()
    said = recipes()[name].__doc__
    assert f"`videorlvr train {name}`" in said
    assert "Cost: " in said
    assert "Result: " in said


def test_a_recipe_that_is_changed_is_checked():
    with pytest.raises(ValueError, match="num_trained"):
        recipe_of("small-rl").changed(num_trained=10)
    assert recipe_of("small-rl").changed(num_trained=3).num_trained == 3


def test_ranges_are_said_in_words():
    ranges = {key: choices for key, _, choices, _ in help_lines(checked(GRPOConfig, RL))}
    assert ranges["tasks"] == "list of WORLD:LEVEL"
    assert ranges["sampling.steps"] == "whole number from 1 to 1,000"
    assert ranges["reject_share"] == "number > 0 and < 1"
    assert ranges["micro_batch"] == "whole number >= 1 or null"
    assert ranges["window"] == "early | late | random | all"
