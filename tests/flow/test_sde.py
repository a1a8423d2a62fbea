"""What holds of each stochastic step at a point: limits, gradient, items, refusals."""

import math

import pytest
import torch

from videorlvr.flow.path import data_estimate, euler_step, noise_estimate
from videorlvr.flow.sde import (
    cps_transition,
    dance_transition,
    ddim_eta_transition,
    flow_sde_transition,
    transition,
)
from videorlvr.flow.steps import CLAIMS

LEVELS = {"sigma": torch.tensor([1.0, 0.8, 0.5]), "sigma_next": torch.tensor([0.9, 0.6, 0.4])}
each_step = pytest.mark.parametrize("name", CLAIMS)


def inputs(*shape):
    return torch.randn(shape), torch.randn(shape)


@each_step
def test_noise_to_zero_gives_euler(name):
    x, v = inputs(3, 4, 5)
    euler = euler_step(x, v, **LEVELS)
    gaps = []
    for noise_scale in (1e-1, 1e-2, 1e-3):
        law = transition(name, x, v, **LEVELS, noise_scale=noise_scale, sigma_cap=0.95)
        gaps.append((law.mean - euler).abs().max().item())
        assert law.std.max().item() < 5 * noise_scale
    assert gaps[0] > gaps[1] > gaps[2]
    assert gaps[2] < 1e-5  # the mean differs by order eta^2


@each_step
def test_gradient_reaches_only_the_velocity(name):
    x, v = inputs(3, 4, 5)
    v.requires_grad_()
    law = transition(name, x, v, **LEVELS, noise_scale=0.5, sigma_cap=0.95)
    assert not law.std.requires_grad
    assert law.std.shape == (3,)
    assert law.mean.dtype == law.std.dtype == torch.float32
    (gradient,) = torch.autograd.grad(law.mean.sum(), v)
    slope = gradient[:, :1, :1]
    assert torch.equal(gradient, slope.expand_as(gradient))  # elementwise, one slope an item
    assert (slope < 0).all()  # as in Euler, whose slope is dt


@each_step
@pytest.mark.parametrize("shape", [(3, 3, 4, 4), (3, 3, 2, 4, 4)])
def test_batch_equals_stack_of_singles(name, shape):
    x, v = inputs(*shape)
    law = transition(name, x, v, **LEVELS, noise_scale=0.5, sigma_cap=0.95)
    for i in range(3):
        one = {key: level[i : i + 1] for key, level in LEVELS.items()}
        alone = transition(name, x[i : i + 1], v[i : i + 1], **one, noise_scale=0.5, sigma_cap=0.95)
        torch.testing.assert_close(law.mean[i : i + 1], alone.mean, atol=1e-6, rtol=1e-6)
        torch.testing.assert_close(law.std[i : i + 1], alone.std, atol=0, rtol=1e-6)


def test_formulas_by_hand():
    x, v = inputs(1, 6)
    s, n, eta = 0.8, 0.6, 0.5
    levels = {"sigma": torch.tensor([s]), "sigma_next": torch.tensor([n])}
    knobs = {"noise_scale": eta}
    x0, eps = data_estimate(x, v, levels["sigma"]), noise_estimate(x, v, levels["sigma"])

    ddim = ddim_eta_transition(x, v, **levels, **knobs)
    variance = eta**2 * n**2 * (1 - ((1 - s) * n / ((1 - n) * s)) ** 2)
    assert ddim.std.item() == pytest.approx(variance**0.5)
    torch.testing.assert_close(ddim.mean, (1 - n) * x0 + math.sqrt(n**2 - variance) * eps)

    g2 = eta**2 * 0.7 / 0.3  # capped
    flow = flow_sde_transition(x, v, **levels, **knobs, sigma_cap=0.7)
    assert flow.std.item() == pytest.approx((g2 * (s - n)) ** 0.5)
    torch.testing.assert_close(flow.mean, x + (n - s) * (v + g2 / (2 * s) * eps))

    dance = dance_transition(x, v, **levels, **knobs)
    assert dance.std.item() == pytest.approx(eta * (s - n) ** 0.5)
    torch.testing.assert_close(dance.mean, x + (n - s) * (v + eta**2 / (2 * s) * eps))

    cps = cps_transition(x, v, **levels, **knobs)
    assert cps.std.item() == pytest.approx(n * math.sin(math.pi / 4))
    torch.testing.assert_close(cps.mean, (1 - n) * x0 + n * math.cos(math.pi / 4) * eps)


def test_small_ddim_steps_are_the_flow_sde_at_root_two_eta():
    """Two derivations of one diffusion; in a small step away from sigma = 1 the laws meet."""
    x, v = inputs(1, 6)
    levels = {"sigma": torch.tensor([0.5]), "sigma_next": torch.tensor([0.499])}
    ddim = transition("ddim-eta", x, v, **levels, noise_scale=0.5, sigma_cap=0.99)
    flow = transition("flow-sde", x, v, **levels, noise_scale=0.5 * 2**0.5, sigma_cap=0.99)
    assert ddim.std.item() == pytest.approx(flow.std.item(), rel=5e-3)
    torch.testing.assert_close(ddim.mean, flow.mean, atol=1e-5, rtol=1e-5)


def test_ddim_at_sigma_one_puts_in_eta_of_the_noise():
    x, v = inputs(1, 6)
    levels = {"sigma": torch.ones(1), "sigma_next": torch.tensor([0.9])}
    for eta in (0.3, 1.0):
        law = transition("ddim-eta", x, v, **levels, noise_scale=eta, sigma_cap=0.9)
        assert law.std.item() == pytest.approx(0.9 * eta)
        assert law.mean.isfinite().all()


@each_step
def test_claimed_need_of_a_cap(name):
    """Finite at sigma = 1 with any cap; the cap changes the step exactly if it is claimed to."""
    x, v = inputs(1, 6)
    levels = {"sigma": torch.ones(1), "sigma_next": torch.tensor([0.9])}
    low, high = (transition(name, x, v, **levels, noise_scale=0.5, sigma_cap=c) for c in (0.9, 0.9999))
    assert low.mean.isfinite().all()
    assert high.std.isfinite().all()
    assert (not torch.equal(low.std, high.std)) == CLAIMS[name].needs_cap


@each_step
def test_steps_up_and_silent_steps_are_refused(name):
    x, v = inputs(1, 6)
    up = {"sigma": torch.tensor([0.5]), "sigma_next": torch.tensor([0.5])}
    down = {"sigma": torch.tensor([0.5]), "sigma_next": torch.tensor([0.4])}
    with pytest.raises(ValueError, match="sigma_next"):
        transition(name, x, v, **up, noise_scale=0.5, sigma_cap=0.9)
    lost = {"sigma": torch.tensor([float("nan")]), "sigma_next": torch.tensor([0.4])}
    with pytest.raises(ValueError, match=r"sigma=\[nan"):
        transition(name, x, v, **lost, noise_scale=0.5, sigma_cap=0.9)
    for noise_scale in (0.0, -0.5, float("nan")):
        with pytest.raises(ValueError, match="euler_step"):
            transition(name, x, v, **down, noise_scale=noise_scale, sigma_cap=0.9)


def test_ranges_of_single_steps():
    x, v = inputs(1, 6)
    down = {"sigma": torch.tensor([0.5]), "sigma_next": torch.tensor([0.4])}
    for name in ("ddim-eta", "cps"):
        with pytest.raises(ValueError, match="<= 1"):
            transition(name, x, v, **down, noise_scale=1.01, sigma_cap=0.9)
    for cap in (0.0, 1.0):
        with pytest.raises(ValueError, match="sigma_cap"):
            transition("flow-sde", x, v, **down, noise_scale=0.5, sigma_cap=cap)
