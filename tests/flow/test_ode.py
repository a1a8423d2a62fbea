"""Empirical order of the deterministic steps on a nonlinear flow with a known solution."""

import math
from itertools import pairwise

import pytest
import torch

from videorlvr.flow.path import euler_step, heun_step
from videorlvr.flow.schedule import sigma_schedule


def velocity(x, sigma):
    """dx/dsigma = cos(sigma) x^2, solved by 1 / x(sigma) = c - sin(sigma)."""
    return sigma.double().cos()[:, None] * x**2


def end_error(solver, total):
    sigmas = sigma_schedule(total, 1.5)
    start = torch.tensor([[0.7], [-0.5], [0.2]], dtype=torch.float64)
    x = start
    for k in range(total):
        level, level_next = sigmas[k].repeat(3), sigmas[k + 1].repeat(3)
        v = velocity(x, level)
        if solver == "heun":
            x = heun_step(x, v, level, level_next, velocity)
        else:
            x = euler_step(x, v, level, level_next)
    return (x - 1 / (1 / start + math.sin(1))).abs().max().item()


@pytest.mark.parametrize(("solver", "order"), [("euler", 1), ("heun", 2)])
def test_measured_order(solver, order):
    errors = [end_error(solver, n) for n in (20, 40, 80)]
    measured = [math.log2(a / b) for a, b in pairwise(errors)]
    assert all(abs(m - order) < 0.25 for m in measured), measured


def test_heun_takes_the_euler_step_to_zero_and_never_asks_the_network_there():
    seen = []

    def spy(x, sigma):
        seen.append(sigma)
        return velocity(x, sigma)

    x = torch.randn(2, 1, dtype=torch.float64)
    sigma, zero = torch.tensor([0.3, 0.3]), torch.zeros(2)
    v = velocity(x, sigma)
    assert torch.equal(heun_step(x, v, sigma, zero, spy), euler_step(x, v, sigma, zero))
    assert not seen
    mixed = torch.tensor([0.0, 0.1])
    both = heun_step(x, v, sigma, mixed, spy)
    assert torch.equal(both[:1], euler_step(x[:1], v[:1], sigma[:1], zero[:1]))
    assert torch.equal(both[1:], heun_step(x[1:], v[1:], sigma[1:], mixed[1:], velocity))
    assert all((level > 0).all() for level in seen)


def test_euler_step_to_zero_lands_on_the_data_of_the_path():
    x0, noise = torch.randn(2, 3, 4), torch.randn(2, 3, 4)
    x = 0.4 * x0 + 0.6 * noise
    landed = euler_step(x, noise - x0, torch.full((2,), 0.6), torch.zeros(2))
    torch.testing.assert_close(landed, x0, atol=1e-6, rtol=1e-5)
