"""The clipped policy loss: the policy gradient at ratio 1, and what the clip stops."""

from __future__ import annotations

import math

import pytest
import torch

from videorlvr.flow.gaussian import Transition, clip_from_drift, kl_mean, log_prob_mean
from videorlvr.flow.gaussian import sample as draw
from videorlvr.methods.video.sde_grpo.math import clipped_policy_loss
from videorlvr.players.rollouts import drift_square

ADVANTAGE = torch.tensor([1.5, -0.5, 0.0, -2.0])
CLIP = 0.1


def loss_at(log_ratio, advantage, drift=0.0, clip=CLIP):
    """Loss of items with these log-ratios, and the gradient to their log-probabilities."""
    old = torch.linspace(-1, 1, len(log_ratio))
    log_prob = (old + log_ratio).requires_grad_()
    result = clipped_policy_loss(log_prob, old, torch.full_like(old, drift), advantage, clip=clip)
    result.loss_B.mean().backward()
    return result, log_prob.grad


def test_at_ratio_one_the_loss_is_minus_the_advantage_and_its_gradient_the_policy_gradient():
    old = torch.randn(4)
    log_prob = old.clone().requires_grad_()
    result = clipped_policy_loss(log_prob, old, torch.zeros(4), ADVANTAGE, clip=CLIP)
    assert torch.equal(result.ratio_B, torch.ones(4))
    torch.testing.assert_close(result.loss_B.detach(), -ADVANTAGE)
    assert not result.stopped_B.any()
    result.loss_B.mean().backward()
    torch.testing.assert_close(log_prob.grad, -ADVANTAGE / 4)


def test_equal_rewards_have_no_gradient():
    result, grad = loss_at(torch.tensor([0.3, -0.3, 0.0]), torch.zeros(3))
    assert not result.loss_B.any()
    assert not grad.any()
    assert not result.stopped_B.any()


@pytest.mark.parametrize(
    ("log_ratio", "advantage", "stopped"),
    [
        (0.2, 1.0, True),  # already likelier than the clip allows: no further
        (-0.2, 1.0, False),  # a good action that became less likely is always pulled back
        (-0.2, -1.0, True),
        (0.2, -1.0, False),
        (0.05, 1.0, False),
        (-0.05, -1.0, False),
    ],
)
def test_the_clip_stops_one_side_only(log_ratio, advantage, stopped):
    result, grad = loss_at(torch.tensor([log_ratio]), torch.tensor([advantage]))
    assert bool(grad.any()) != stopped
    assert result.stopped_B.item() == stopped
    if not stopped:
        assert grad.item() == pytest.approx(-advantage * math.exp(log_ratio), rel=1e-5)
    # A pessimist's value: never better than what the plain ratio promises.
    assert result.loss_B.item() >= -advantage * math.exp(log_ratio) - 1e-6


def test_the_range_is_around_the_ratio_with_its_drift_put_back():
    result, grad = loss_at(torch.tensor([-0.3]), torch.tensor([1.0]), drift=0.3)
    assert result.ratio_B.item() == pytest.approx(1)
    assert grad.item() == pytest.approx(-1)


@pytest.mark.parametrize("drift", [0.05, 0.5])
def test_adding_the_drift_centres_the_log_ratio(drift):
    """E[l + k] = 0 by Monte Carlo; without k it is -drift^2 / 2. Both to four standard errors."""
    num_items, dims = 20_000, 16
    torch.manual_seed(3)
    mean, std = torch.randn(num_items, 1, 1, 1, dims), torch.rand(num_items) + 0.5
    old = Transition(mean, std)
    actions = draw(old, torch.randn(mean.shape))
    moved = drift * torch.randn(dims).sign() * std.reshape(-1, 1, 1, 1, 1)
    new = Transition(mean + moved, std)
    centring = drift_square(old.mean, new, torch.ones(1, 1, 1, 1, 1, dtype=torch.bool))
    torch.testing.assert_close(centring, torch.full((num_items,), drift**2 / 2), rtol=1e-4, atol=0)
    log_ratio = log_prob_mean(new, actions) - log_prob_mean(old, actions)
    error = 4 * log_ratio.std() / num_items**0.5
    assert (log_ratio + centring).mean().abs() < error
    assert (log_ratio.mean() + drift**2 / 2).abs() < error
    # And the clip range is the spread that this drift gives.
    assert log_ratio.std().item() == pytest.approx(clip_from_drift(drift, dims), rel=0.05)


def test_drift_looks_at_free_dimensions_only_and_carries_no_gradient():
    mean = torch.randn(2, 3, 4, 2, 2)
    std = torch.tensor([0.5, 0.7])
    moved = mean.clone()
    moved[:, :, 0] += 100
    moved[:, :, 1:] += 0.1
    mask = torch.ones(1, 1, 4, 1, 1, dtype=torch.bool)
    mask[:, :, 0] = False
    theta = torch.zeros((), requires_grad=True)
    drift = drift_square(mean, Transition(moved + theta, std), mask)
    torch.testing.assert_close(drift, 0.01 / (2 * std**2))
    assert not drift.requires_grad


def test_kl_pulls_back_to_the_reference_and_is_still_there():
    reference = Transition(torch.randn(3, 5), torch.tensor([0.5, 0.6, 0.7]))
    theta = torch.zeros(3, 5, requires_grad=True)
    kl = kl_mean(Transition(reference.mean + theta, reference.std), reference).sum()
    kl.backward()
    assert kl == 0
    assert not theta.grad.any()
    away = torch.full((3, 5), 0.2, requires_grad=True)
    kl_mean(Transition(reference.mean + away, reference.std), reference).sum().backward()
    assert (away.grad > 0).all()
    torch.testing.assert_close(away.grad, 0.2 / (reference.std[:, None] ** 2 * 5).expand(3, 5))
