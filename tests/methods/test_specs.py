"""SPECS: pairs differ in form alone, the controls are what they say, gains beyond the training world are counted."""

from __future__ import annotations

import pytest
import torch

from videorlvr.judge.pool import Judge
from videorlvr.methods import recipe_of
from videorlvr.methods.text.dpo.config import TextDPOConfig
from videorlvr.methods.text.dpo.run import TextDPO
from videorlvr.methods.text.specs.config import SpecsConfig
from videorlvr.methods.text.specs.math import broken, gain, generalization
from videorlvr.methods.text.specs.run import Specs
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.training.learner import Bench
from videorlvr.training.settings import overridden
from videorlvr.worlds.written.formats import is_well_formed
from videorlvr.worlds.written.passages import THINK, answer_of

FORM = LanguageConfig(width=32, depth=1, heads=2, context=256, worlds=["maze", "sokoban"])
VALUES = {
    "tasks": ["maze:micro"],
    "model": FORM,
    "num_steps": 2,
    "problems": 3,
    "group": 4,
    "num_workers": 0,
    "batch": 12,
    "lr": 1e-2,
    "solver": True,
    "num_val": 4,
    "writing": {"temperature": 1.0, "think": True, "max_tokens": 24},
}
BENCH = Bench(Judge("exact"))


def learner(**changes) -> Specs:
    config = SpecsConfig.model_validate({**VALUES, **changes})
    return Specs(config, LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu")), BENCH)


def weights(policy: LanguagePolicy) -> dict[str, torch.Tensor]:
    return {name: value.clone() for name, value in policy.module.state_dict().items()}


def test_a_pair_says_the_same_in_a_broken_form() -> None:
    specs = learner()
    (tried,), _ = specs.trials.collect(0)
    specs.formed = []
    pairs = specs.pairs_of(tried)
    assert len(pairs) == 3
    for pair, problem in zip(pairs, tried.problems[::4], strict=True):
        chosen, rejected = (THINK + specs.policy.tokens.decode(ids) for ids in (pair.chosen, pair.rejected))
        assert is_well_formed(chosen)
        assert answer_of(chosen) == problem.solution
        assert not is_well_formed(rejected)
        assert problem.solution in rejected
    assert len({broken("<step>U<answer>U<end>", 0, index) for index in range(20)}) == 3, (
        "all three ways to break"
    )


def test_the_answers_are_those_of_the_start_whatever_is_learnt() -> None:
    specs = learner(num_steps=3)
    first = specs.trials.collect(2)[0][0].written.ids
    for index in range(2):
        specs.step(index)
    assert specs.trials.collect(2)[0][0].written.ids == first
    assert not all(
        torch.equal(value, other)
        for value, other in zip(
            specs.policy.module.parameters(), specs.trials.player.policy.module.parameters(), strict=True
        )
    )


def test_without_its_preference_it_is_imitation_and_coupled_pairs_are_dpo() -> None:
    """Bit for bit: the update of `chosen` is that of the chosen answers' likelihood, that of other pairs DPO's."""
    for pairs in ("chosen", "form"):
        specs = learner(pairs=pairs)
        (tried,), _ = specs.trials.collect(0)
        specs.formed = []
        made = specs.pairs_of(tried)
        config = TextDPOConfig.model_validate(
            {key: value for key, value in VALUES.items() if key != "solver"} | {"sft_weight": 1.0}
        )
        dpo = TextDPO(config, LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu")), BENCH)
        dpo.preference_weight = 0.0 if pairs == "chosen" else 1.0
        dpo.optimizer.set_lr(1e-2)
        specs.optimizer.set_lr(1e-2)
        specs._improve(made)
        dpo._improve(made)
        mine, theirs = weights(specs.policy), weights(dpo.policy)
        assert all(torch.equal(value, theirs[name]) for name, value in mine.items())
    assert specs.preference_weight == 1.0


def test_it_learns_the_form() -> None:
    specs = learner(num_steps=6, sft_weight=0.1, lr=3e-3)
    told = [specs.step(index) for index in range(6)]
    assert told[0]["margin"] == 0.0
    assert told[-1]["margin"] > 0.05
    assert told[-1]["preferred"] > 0.9


def test_gains_are_told_at_the_end_alone() -> None:
    specs = learner(beyond=["sokoban:micro"])
    first, last = specs.step(0), specs.step(1)
    assert "gf" not in first
    assert {"gf", "gain/in", "gain/out"} <= last.keys()
    assert last["gf"] == generalization(last["gain/in"], last["gain/out"])


def test_the_factor_counts_what_lies_beyond_more() -> None:
    assert gain(0.3, 0.2, 0.01) == pytest.approx(0.5)
    assert gain(0.1, 0.0, 0.05) == pytest.approx(2.0)
    assert generalization(0.5, 0.5) == pytest.approx(0.5)
    assert generalization(0.2, 0.8) > generalization(0.8, 0.2) > 0
    assert generalization(0.5, -0.1) == -0.1
    assert generalization(-0.2, -0.1) == -0.2


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"writing": {"think": False, "temperature": 1.0}}, "take true"),
        ({"trace": "plain"}, "no tags to break"),
        ({"pairs": "chosen", "sft_weight": 0.0}, "learns nothing"),
        ({"zero": "no/such/policy"}, "no/such/policy"),
    ],
)
def test_impossible_runs_say_why(changes: dict, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        learner(**changes)


def test_a_recipe_on_another_world_has_words_for_it() -> None:
    """As in `videorlvr train text-micro-sft --tasks sokoban:small`."""
    config = overridden(recipe_of("text-micro-sft"), {"tasks": "sokoban:micro"})
    assert "sokoban" in config.model.worlds
    specs = overridden(recipe_of("text-micro-specs"), {"init": "null", "model.width": "32"})
    assert set(specs.model.worlds) == {"maze", "sokoban"}, "those beyond, too"
