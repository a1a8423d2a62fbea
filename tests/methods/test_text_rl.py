"""Learning from judged answers in words: advantages a segment, exact first ratios, preferences, a toy."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from videorlvr.judge.pool import Judge
from videorlvr.methods.text.dpo.config import TextDPOConfig
from videorlvr.methods.text.dpo.run import TextDPO
from videorlvr.methods.text.grpo.config import TextGRPOConfig
from videorlvr.methods.text.grpo.run import TextGRPO
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.language.sampling import Written, log_probs_of, write
from videorlvr.training.language.clipping import clipped_loss, kl_estimate
from videorlvr.training.language.preferences import preference_loss
from videorlvr.training.language.trials import (
    Rows,
    TextTrials,
    rows_of,
    segment_advantages,
    segments_of,
    truth_of,
)
from videorlvr.training.learner import Bench
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.traces import write_trace

FORM = LanguageConfig(width=32, depth=1, heads=2, context=256, worlds=["maze"])
VALUES = {
    "tasks": ["maze:micro"],
    "model": FORM,
    "num_steps": 9,
    "problems": 4,
    "group": 4,
    "num_workers": 0,
    "batch": 8,
}
BENCH = Bench(Judge("exact"))


def policy(seed: int = 0) -> LanguagePolicy:
    return LanguagePolicy.new(FORM, seed=seed, device=torch.device("cpu"))


def test_each_segment_is_compared_with_its_like() -> None:
    """[P, G, S] = [2, 2, 2]: thoughts differ in the first group, answers in the second."""
    rewards = np.array([[0.0, 0.5], [1.0, 0.5], [0.3, 0.0], [0.3, 1.0]])
    advantages, live = segment_advantages(rewards, np.array([0, 0, 1, 1]), min_spread=1e-4, max_advantage=5.0)
    assert advantages.tolist() == [[-1, 0], [1, 0], [0, -1], [0, 1]]
    assert live.all()
    same, dead = segment_advantages(
        np.ones((4, 2)), np.array([0, 0, 1, 1]), min_spread=1e-4, max_advantage=5.0
    )
    assert not same.any()
    assert not dead.any()


def test_a_token_has_the_advantage_of_its_segment() -> None:
    own = policy()
    config = TextGRPOConfig.model_validate(
        {**VALUES, "writing": {"temperature": 1.0, "think": True, "max_tokens": 24}}
    )
    trials = TextTrials(config, own, truth_weight=0.5)
    (tried,), line = trials.collect(0)
    tried.advantages[:] = [[1.0, 2.0]]
    written = own.tokens.encode("<step>U<choice><answer>UR<end>")
    tried.written.ids[0] = written
    tried.segments[0] = segments_of(own, Written([written], [[]], [True]), thinks=True)[0]
    rows = rows_of(own, tried, np.array([0]))
    assert rows.advantages[0][rows.learnt[0]].tolist() == [1.0] * 4 + [2.0] * 3
    assert int(rows.learnt.sum()) == len(written)
    assert own.tokens.decode(rows.ids[0, 1:][rows.learnt[0]].tolist()) == "<step>U<choice><answer>UR<end>"
    assert line["groups"] == 4


def test_a_thought_is_worth_its_true_facts() -> None:
    world = WORLDS["maze"]
    problem = make_problem(world, "micro", "train", 0)
    trace = write_trace(world, problem, "expand")
    assert truth_of(problem, f"<think>{trace}<answer>U") == 1.0
    flipped = (
        trace.replace("<forced>", "<choice>", 1)
        if "<forced>" in trace
        else trace.replace("<choice>", "<forced>", 1)
    )
    facts = trace.count("<")
    assert truth_of(problem, f"<think>{flipped}<answer>U") == pytest.approx(1 - 1 / facts)
    assert truth_of(problem, "<think>hm<answer>U") == 0.0


def test_an_iteration_is_a_function_of_seed_and_number() -> None:
    config, own = TextGRPOConfig.model_validate(VALUES), policy()
    one, other = (TextTrials(config, own).collect(2)[0][0] for _ in range(2))
    assert one.written.ids == other.written.ids
    assert one.written.ids != TextTrials(config, own).collect(3)[0][0].written.ids


def test_clipping_takes_the_gradient_only_from_what_went_too_far() -> None:
    old = torch.zeros(1, 4)
    new = torch.log(torch.tensor([[1.5, 1.5, 0.5, 0.5]])).requires_grad_()
    advantages = torch.tensor([[1.0, -1.0, 1.0, -1.0]])
    loss, clipped = clipped_loss(new, old, advantages, low=0.2, high=0.28)
    torch.testing.assert_close(loss, torch.tensor([[-1.28, 1.5, -0.5, 0.8]]))
    assert clipped.tolist() == [[True, False, False, True]]
    loss.sum().backward()
    assert (new.grad == 0).tolist() == [[True, False, False, True]]


def test_the_kl_estimate_is_never_negative_and_right_on_average() -> None:
    law, other = torch.tensor([0.6, 0.3, 0.1]), torch.tensor([0.2, 0.5, 0.3])
    each = kl_estimate(law.log(), other.log())
    assert (each >= 0).all()
    torch.testing.assert_close((law * each).sum(), (law * (law / other).log()).sum())


def test_the_first_ratio_is_one_and_equal_rewards_change_nothing() -> None:
    own = policy()
    learner = TextGRPO(TextGRPOConfig.model_validate({**VALUES, "epochs": 2, "lr": 1e-2}), own, BENCH)
    line = learner.step(0)
    assert line["ratio_gap"] == 0.0
    assert line["clip_fraction"] >= 0.0
    before = {name: value.clone() for name, value in own.module.state_dict().items()}
    tried, _ = learner.trials.collect(1)
    for part in tried:
        part.live[:] = False
    assert [rows for turn in range(1) for rows in learner._rows(tried, turn)] == []
    assert all(torch.equal(value, before[name]) for name, value in own.module.state_dict().items())


def test_grpo_solves_a_toy_with_a_known_optimum() -> None:
    """A bandit of one token that pays for a quarter of the vocabulary: soon nearly all that is drawn is of it."""
    own = policy()
    learner = TextGRPO(TextGRPOConfig.model_validate({**VALUES, "lr": 2e-2}), own, BENCH)
    learner.optimizer.set_lr(2e-2)
    prompt, rng, told = own.tokens.encode("<answer>"), np.random.default_rng(0), list[float]()
    for _ in range(12):
        uniform = torch.from_numpy(rng.random((64, 1)))
        written = write(own, [prompt] * 64, max_tokens=1, uniform_BN=uniform)
        rewards = np.array([[float(ids[0] % 4 == 1)] for ids in written.ids])
        advantages, _ = segment_advantages(rewards, np.zeros(64, int), min_spread=0.0, max_advantage=5.0)
        ids = torch.tensor([[*prompt, *row] for row in written.ids])
        shape = (64, ids.shape[1] - 1)
        learnt = torch.zeros(shape, dtype=torch.bool)
        learnt[:, -1] = True
        learner._improve([[Rows(ids, learnt, torch.from_numpy(advantages).float().expand(shape))]])
        told.append(float(rewards.mean()))
    assert told[0] < 0.5
    assert told[-1] > 0.9


def test_dpo_prefers_the_better_answer_and_keeps_it_likely() -> None:
    loss, margin = preference_loss(
        torch.tensor([-3.0]), torch.tensor([-5.0]), torch.tensor([-4.0]), torch.tensor([-4.0]), 0.5
    )
    assert margin.item() == pytest.approx(0.5 * (1 + 1))
    assert loss.item() == pytest.approx(math.log(1 + math.exp(-1)))
    own = policy()
    config = TextDPOConfig.model_validate({**VALUES, "teacher": True, "lr": 3e-3, "sft_weight": 0.5})
    learner = TextDPO(config, own, BENCH)
    first = learner.step(0)
    assert first["margin"] == 0.0, "before the first update a policy is its own start"
    assert first["loss"] > math.log(2)
    tried, _ = learner.trials.collect(0)
    pair = learner.pairs_of(tried[0])[0]
    solution = own.tokens.decode(pair.chosen)
    assert solution == tried[0].problems[0].solution + "<end>"
    ids = torch.tensor([[*pair.prompt, *pair.chosen]])
    before = log_probs_of(own, ids)[0, len(pair.prompt) - 1 :].sum().item()
    for index in range(1, 5):
        learner.step(index)
    assert log_probs_of(own, ids)[0, len(pair.prompt) - 1 :].sum().item() > before


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        (TextGRPOConfig, {"writing": {"temperature": 0.0}}, "the same answer"),
        (TextGRPOConfig, {"updates": 3}, "updates must divide problems"),
        (
            TextDPOConfig,
            {"teacher": True, "writing": {"temperature": 1.0, "think": True}},
            "without a thought",
        ),
    ],
)
def test_impossible_runs_say_why(kind, changes, said) -> None:
    with pytest.raises(ValueError, match=said):
        kind.model_validate({**VALUES, **changes})


def test_a_masked_model_is_refused() -> None:
    masked = LanguagePolicy.new(
        FORM.model_copy(update={"family": "masked"}), seed=0, device=torch.device("cpu")
    )
    with pytest.raises(ValueError, match="masked model gives no probability"):
        TextTrials(TextGRPOConfig.model_validate(VALUES), masked)
