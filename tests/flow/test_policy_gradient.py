"""The whole point: score times reward is the gradient of the expected reward."""

import pytest
import torch

from videorlvr.flow.gaussian import log_prob_mean, log_prob_sum, round_to_storage, sample
from videorlvr.flow.sde import transition
from videorlvr.flow.steps import CLAIMS


@pytest.mark.parametrize("name", CLAIMS)
def test_estimator_equals_the_analytic_gradient(name):
    """Velocity = theta everywhere, reward -|x' - goal|^2 / D, so that

    E[R] = -(mean - goal)^2 averaged - std^2,    dE[R]/dtheta = -2 (mean - goal) dmean/dtheta averaged.
    """
    count, dims = 100_000, 4
    theta, goal = torch.tensor(0.3, requires_grad=True), 0.8
    start = torch.randn(1, dims).expand(count, dims)
    levels = {"sigma": torch.full((count,), 0.9), "sigma_next": torch.full((count,), 0.7)}
    law = transition(name, start, theta.expand(count, dims), **levels, noise_scale=0.5, sigma_cap=0.85)
    expected_reward = -(law.mean[0] - goal).square().mean() - law.std[0] ** 2
    (truth,) = torch.autograd.grad(expected_reward, theta, retain_graph=True)

    action = round_to_storage(sample(law, torch.randn(count, dims)).detach(), torch.bfloat16)
    reward = -(action - goal).square().mean(1)
    advantage = reward - reward.mean()
    (estimate,) = torch.autograd.grad(
        (advantage * log_prob_sum(law, action)).mean(), theta, retain_graph=True
    )
    assert abs(truth) > 0.05
    assert estimate.item() == pytest.approx(truth.item(), rel=0.1)
    (reduced,) = torch.autograd.grad((advantage * log_prob_mean(law, action)).mean(), theta)
    assert reduced.item() == pytest.approx(estimate.item() / dims, rel=1e-3)


def test_constant_reward_has_no_gradient():
    theta = torch.tensor(0.3, requires_grad=True)
    x = torch.randn(8, 4)
    levels = {"sigma": torch.full((8,), 0.9), "sigma_next": torch.full((8,), 0.7)}
    law = transition("ddim-eta", x, theta.expand(8, 4), **levels, noise_scale=0.5, sigma_cap=0.85)
    action = sample(law, torch.randn(8, 4)).detach()
    reward = torch.full((8,), 0.37)
    ((reward - reward[0]) * log_prob_mean(law, action)).mean().backward()
    assert theta.grad.item() == 0
