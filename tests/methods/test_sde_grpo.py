"""SDE-GRPO: exact first ratios, silence without a signal, gradient in the window alone, and improvement."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from rl_toy import CPU, Score, brightness, stage_of, toy

from videorlvr.judge.pool import Judge
from videorlvr.judge.reward import reward_of
from videorlvr.judge.tolerance import EXACT
from videorlvr.models.pixels import BuiltinPolicy
from videorlvr.models.shipped import shipped_sft


def weights(stage):
    return {name: value.clone() for name, value in stage.policy.module.state_dict().items()}


def unchanged(stage, before):
    return all(torch.equal(value, before[name]) for name, value in stage.policy.module.state_dict().items())


class HalfPrecision(BuiltinPolicy):
    """The network in bf16, as it runs on a GPU."""

    compute_dtype = torch.bfloat16


@pytest.mark.parametrize("kind", [BuiltinPolicy, HalfPrecision])
@pytest.mark.parametrize("sde", ["ddim-eta", "cps", "dance", "flow-sde"])
def test_the_first_ratio_is_exactly_one(rl_config, kind, sde):
    policy = kind(BuiltinPolicy.load(Path(rl_config().init), device=CPU).module)
    stage = stage_of(rl_config(sde=sde, noise_scale=0.7), Score(brightness), policy)
    before = weights(stage)
    line = stage.step(0)
    assert line["ratio_gap"] == 0.0
    assert line["clip_fraction"] == 0.0
    assert line["drift"] == 0.0
    assert line["grad_norm"] > 0
    assert not unchanged(stage, before)


def test_later_epochs_are_off_policy(rl_config):
    """The figures are not zero by construction: a second pass over the same rollouts has drifted."""
    line = stage_of(rl_config(epochs=3, lr=3e-3, max_kl=None), Score(brightness)).step(0)
    assert line["ratio_gap"] == 0.0
    assert line["drift"] > 0


def test_a_policy_that_forgets_what_it_did_is_caught(rl_config):
    """A network that answers the replay unlike the rollout (dropout left on, say) stops the run."""
    policy = BuiltinPolicy.load(Path(rl_config().init), device=CPU)
    drops = torch.nn.Dropout(0.1)
    exact = policy.velocity
    policy.velocity = lambda *asked: drops(exact(*asked))
    with pytest.raises(RuntimeError, match="ratios of the first update"):
        stage_of(rl_config(), Score(brightness), policy).step(0)


def test_equal_rewards_change_nothing_bitwise(rl_config):
    """Weight decay and momentum included: no signal, no step."""
    stage = stage_of(rl_config(weight_decay=0.1, epochs=2, updates=2), Score(lambda video: 0.37))
    before = weights(stage)
    line = stage.step(0)
    assert unchanged(stage, before)
    assert line["zero_variance_groups"] == line["groups"] == 4
    assert line["updates"] == 0


def test_rewards_within_the_resolution_change_nothing(rl_config):
    rng = np.random.default_rng(0)
    stage = stage_of(rl_config(), Score(lambda video: 0.37 + 4e-5 * rng.random()))
    before = weights(stage)
    stage.step(0)
    assert unchanged(stage, before)


@pytest.mark.parametrize(
    ("window", "moving"), [("early", [0, 1]), ("late", [3, 4]), ("all", [0, 1, 2, 3, 4])]
)
def test_steps_outside_the_window_get_no_gradient(rl_config, window, moving):
    config, policy = toy(rl_config, window=window, num_trained=None if window == "all" else 2)
    stage_of(config, Score(brightness), policy).step(0)
    moved = policy.colours.detach().abs().amax(1) > 0
    assert moved.nonzero().flatten().tolist() == moving


def test_the_gradient_is_the_policy_gradient(rl_config):
    """Against advantages and laws written out by hand; the size does not depend on the resolution's D."""
    config, policy = toy(rl_config, num_trained=1)
    stage = stage_of(config, Score(brightness), policy)
    judged, _ = stage.trials.collect(0, stage.steps(0))
    stage._update = lambda *_: True
    stage.improve(stage.turns(judged))
    below, expected = float(stage.sigmas[1]), 0
    std = 0.7 * below  # at sigma = 1
    for batch in judged:
        advantage, held = batch.advantages, batch.rollouts.trajectory
        scores = np.array(stage.trials.judge.seen.pop(0)).reshape(-1, config.group)
        by_hand = (scores - scores.mean(1, keepdims=True)) / scores.std(1, keepdims=True)
        np.testing.assert_allclose(advantage, by_hand.reshape(-1), rtol=1e-4, atol=1e-4)
        # At sigma = 1, mean = (1 - below) (x / 2 + colour) + kept x: every free place moves by 1 - below.
        push = (held.actions[0] - held.means[0])[:, :, 1:].sum((2, 3, 4)) * (1 - below) / std**2
        expected = expected - (advantage[:, None] * push).mean(0) / len(judged)
    torch.testing.assert_close(policy.colours.grad[0], expected, rtol=1e-3, atol=1e-3)


def test_a_toy_improves(rl_config):
    """Brightness, from the middle; and darkness, so that it is not the sampler's own drift."""
    for score, sign in ((brightness, 1), (lambda video: 1 - brightness(video), -1)):
        config, policy = toy(rl_config, num_trained=5, window="early")
        stage = stage_of(config, Score(score), policy)
        lines = [stage.step(iteration) for iteration in range(12)]
        assert lines[-1]["reward"] > lines[0]["reward"] + 0.05
        assert (sign * policy.colours[:5].mean()) > 0.1


def test_the_real_reward_is_the_worlds(rl_config):
    """The run's reward figures are those of the judge's verdicts under the named reward."""
    small = {"problems": 2, "sampling": {"steps": 5}}
    config = rl_config(
        reward="dense-v1", tasks=["flowfree:micro"], init=str(shipped_sft() / "policy"), **small
    )
    with Judge(EXACT, 0) as judge:
        stage = stage_of(config, judge)
        judged, line = stage.trials.collect(0, stage.steps(0))
    combine = reward_of("flowfree", "dense-v1")
    values = np.array([combine(verdict.components) for batch in judged for verdict in batch.verdicts])
    assert len(values) == config.problems * config.group
    assert line["reward"] == line["reward/flowfree"] == pytest.approx(values.mean())
    assert line["reward_std/flowfree"] == pytest.approx(values.reshape(-1, 4).std(1).mean())
    assert line["zero_variance_groups"] == (np.ptp(values.reshape(-1, 4), axis=1) < 1e-4).sum()
    assert 0 < values.mean() < 1


def test_kl_is_zero_at_the_start_and_pulls_back_later(rl_config):
    """With rewards that ask for a bright video, a heavy KL keeps the policy nearer to where it began."""
    drifted = {}
    for weight in (1e-6, 1e3):
        stage = stage_of(rl_config(kl_weight=weight, lr=2e-3, grad_clip=1.0), Score(brightness))
        lines = [stage.step(iteration) for iteration in range(4)]
        assert lines[0]["kl"] == 0.0
        assert all(line["kl"] > 0 for line in lines[1:])
        drifted[weight] = lines[-1]["kl"]
    assert drifted[1e3] < 0.5 * drifted[1e-6]


def test_warm_up_counts_iterations(rl_config):
    stage = stage_of(rl_config(warmup=4, lr=1e-3), Score(brightness))
    for iteration in range(5):
        stage.step(iteration)
        assert stage.optimizer.param_groups[0]["lr"] == pytest.approx(1e-3 * min(1, (iteration + 1) / 4))


def test_all_groups_of_an_iteration_share_a_drawn_window(rl_config):
    stage = stage_of(rl_config(window="random"), Score(brightness))
    windows = []
    for iteration in range(8):
        judged, _ = stage.trials.collect(iteration, stage.steps(iteration))
        assert len({batch.rollouts.trajectory.steps.steps for batch in judged}) == 1
        windows.append(judged[0].rollouts.trajectory.steps.steps)
    assert len(set(windows)) > 2
    assert stage.steps(3).steps == windows[3]
