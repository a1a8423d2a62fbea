"""AutoThink: advantages of the gate and behind it, votes, and a gate that is the policy's own, fixed, or by chance."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from videorlvr.base.stats import rank_correlation
from videorlvr.judge.pool import Judge
from videorlvr.methods.text.grpo.config import TextGRPOConfig
from videorlvr.methods.text.grpo.run import TextGRPO
from videorlvr.methods.text.kat.config import AutoThinkConfig, KATConfig, KATStartConfig
from videorlvr.methods.text.kat.math import answer_advantages, biased, gate_advantages, shortest, voted
from videorlvr.methods.text.kat.play import AutoThink
from videorlvr.methods.text.kat.run import GatedTrials, StepSRPO
from videorlvr.methods.text.kat.start import KATStart
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.language.sampling import Written
from videorlvr.players.language import LanguagePlayer
from videorlvr.players.writing import Writing
from videorlvr.training.learner import Bench
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem

FORM = LanguageConfig(width=16, depth=1, heads=2, context=256, worlds=["maze"])
CHOOSE = {"temperature": 1.0, "think": "choose", "max_tokens": 8}
VALUES = {
    "tasks": ["maze:micro"],
    "model": FORM,
    "num_steps": 2,
    "problems": 3,
    "group": 4,
    "num_workers": 0,
    "batch": 12,
    "lr": 1e-2,
    "writing": CHOOSE,
}
BENCH = Bench(Judge("exact"))
GATE = {"bias": 0.0, "gamma": 0.0, "least": 1e-9, "max_advantage": 5.0}


def policy() -> LanguagePolicy:
    return LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu"))


def test_the_gate_is_paid_for_its_mode_and_the_rest_within_it() -> None:
    """Thinking solves both, not thinking one of two: mu 3/4, mu_on 1, mu_off 1/2."""
    earned, thinks = np.array([1.0, 1.0, 1.0, 0.0]), np.array([True, True, False, False])
    ids, spread = np.zeros(4, int), np.array([1.0, 1.0, 1.0, 0.0]).std()
    gate = gate_advantages(earned, thinks, ids, **GATE)
    np.testing.assert_allclose(gate, np.array([1, 1, -1, -1]) * 0.25 / spread)
    own = gate_advantages(earned, thinks, ids, **{**GATE, "gamma": 0.3})
    np.testing.assert_allclose(own - gate, 0.3 * (earned - 0.75) / spread)
    rest = answer_advantages(earned, thinks, ids, min_spread=1e-4, max_advantage=5.0)
    assert rest.tolist() == [0, 0, 1, -1], "compared with answers of their own mode"


def test_equal_success_favours_not_thinking_by_the_bias_alone() -> None:
    assert biased(0.5, 0.5, 0.01) == pytest.approx(0.505)
    assert biased(0.5, 0.4, 0.01) == 0.4
    assert biased(0.4, 0.5, 0.01) == 0.5
    earned, thinks, ids = np.ones(4), np.array([True, True, False, False]), np.zeros(4, int)
    assert not gate_advantages(earned, thinks, ids, **GATE).any(), "equal rewards teach nothing"
    pushed = gate_advantages(earned, thinks, ids, **{**GATE, "bias": 0.01, "least": 0.1})
    np.testing.assert_allclose(pushed, [0, 0, 0.1, 0.1])


def test_an_answer_alone_in_its_mode_is_compared_with_nobody() -> None:
    rest = answer_advantages(
        np.array([1.0, 0.0, 1.0]),
        np.array([True, False, False]),
        np.zeros(3, int),
        min_spread=1e-4,
        max_advantage=5.0,
    )
    assert rest.tolist() == [0, -1, 1]


def test_in_one_mode_alone_it_is_grpo_bit_for_bit() -> None:
    """A policy that never begins with a thought, gate and rest weighted alike: every token has GRPO's advantage."""
    updates = []
    for kind, make, changes in (
        (KATConfig, StepSRPO, {"gamma": 1.0, "bias": 0.0, "least": 1e-9, "format_weight": 0.5}),
        (TextGRPOConfig, TextGRPO, {"truth_weight": 0.0, "format_weight": 0.5}),
    ):
        own = policy()
        config = kind.model_validate({**VALUES, "reward": "dense-v1", **changes})
        learner = make(config, own, BENCH)
        (tried,), _ = learner.trials.collect(0)
        earned = np.random.default_rng(0).random(len(tried.problems)).round(1)
        texts = ["<answer>U"] * len(earned)
        tried.advantages[:] = learner.trials._advantages(
            np.stack([earned, earned], 1), tried.group_ids, texts
        )[0]
        tried.live[:] = True
        learner.optimizer.set_lr(1e-2)
        learner._improve([learner._rows([tried], 0)])
        updates.append(own.module.state_dict())
    assert all(torch.equal(value, updates[1][name]) for name, value in updates[0].items())


def test_the_gate_is_the_first_token() -> None:
    trials = GatedTrials(KATConfig.model_validate(VALUES), policy())
    assert trials._segments(Written([[5, 6, 7], [5]], [], [])) == [[0, 1, 1], [0]]
    tried, line = trials.collect(0)
    assert tried[0].rewards.shape == (12, 2)
    assert {"thought", "success_on", "success_off"} <= line.keys()


def test_a_vote_is_for_thinking_only_where_that_solves_more() -> None:
    assert voted([True, True], [True, False])
    assert not voted([True, True], [True, True])
    assert not voted([False, False], [True, False])
    assert shortest([5, 3, 4], [True, False, True]) == 2
    assert shortest([5, 3], [False, False]) is None


def test_the_cold_start_teaches_the_gate_that_won() -> None:
    config = KATStartConfig.model_validate({**VALUES, "solver": True})
    start = KATStart(config, policy(), BENCH)
    tried, _ = start.trials.collect(0)
    on, off = tried
    assert [p.address for p in on.problems] == [p.address for p in off.problems], (
        "the same boards in both modes"
    )
    off.verdicts[1] = off.verdicts[0].__class__(**{**off.verdicts[0].__dict__, "success": True})
    pairs = start.pairs(tried)
    texts = [start.policy.tokens.decode(pair.chosen) for pair in pairs]
    assert texts[0].startswith("<answer>"), "solved without a thought alone"
    assert texts[0] == "<answer>" + start.policy.tokens.decode(off.written.ids[1])
    assert texts[1].startswith("<think><step>"), "solved in no mode: as the solver thinks"
    assert start.votes == [False, True, True]
    assert start.step(0)["voted_on"] == 1.0


def test_an_open_gate_is_a_policy_that_thinks_and_a_shut_one_that_does_not() -> None:
    own, world = policy(), WORLDS["maze"]
    problems = [make_problem(world, "micro", "val", index) for index in range(10)]
    writing = Writing.model_validate(CHOOSE)

    def played(gate: str) -> list:
        config = AutoThinkConfig.model_validate({"gate": gate, "task": "maze:micro", "problems": 16})
        return AutoThink(config, own, writing, 64)(world, problems, 0)

    for gate, think in (("always", True), ("never", False)):
        plain = LanguagePlayer(own, writing.model_copy(update={"think": think}))(world, problems, 0)
        answers = played(gate)
        assert [a.text for a in answers] == [b.text for b in plain]
        assert [a.counts["thought"] for a in answers] == [float(think)] * 10
        assert [a.counts["tokens"] for a in answers] == [b.counts["tokens"] + 1 for b in plain]
    chance = AutoThink(AutoThinkConfig(gate="random", task="maze:micro", problems=16), own, writing, 64)
    chance.rate = 0.5
    mixed = chance(world, problems, 0)
    by_gate = {True: played("always"), False: played("never")}
    assert {a.counts["thought"] for a in mixed} == {0.0, 1.0}
    assert [a.text for a in chance(world, problems[2:3], 0)] == [mixed[2].text], "whatever its neighbours"
    for place, answer in enumerate(mixed):
        assert answer.counts["thought"] == by_gate[bool(answer.counts["thought"])][place].counts["thought"]
    with pytest.raises(ValueError, match="policies that choose"):
        AutoThink(AutoThinkConfig(), own, Writing(), 64)


def test_thinking_that_rises_with_difficulty_is_seen() -> None:
    assert rank_correlation([1, 2, 3, 4], [0, 0, 1, 1]) == pytest.approx(0.894427)
    assert rank_correlation([1, 2, 3], [30, 20, 10]) == pytest.approx(-1)
    assert rank_correlation([1, 2, 3], [1, 1, 1]) == 0
    with pytest.raises(ValueError, match="needs pairs"):
        rank_correlation([1, 2], [1])


@pytest.mark.parametrize("kind", [KATConfig, KATStartConfig])
def test_a_gate_is_the_policys_own(kind) -> None:
    with pytest.raises(ValueError, match="take choose"):
        kind.model_validate({**VALUES, "writing": {"temperature": 1.0, "think": True}})
