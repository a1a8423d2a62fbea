"""Marginals after every step against the truth, on data N(m, s^2) whose velocity is known.

There every step is affine in x, x' = a x + b + std z, so mean and variance are propagated exactly:
no Monte Carlo, no tolerance for luck. `flow-sde` and `cps` are the controls: their known defects
must show, else the instrument measures nothing.
"""

import pytest
import torch

from videorlvr.flow.path import euler_step
from videorlvr.flow.schedule import sigma_schedule
from videorlvr.flow.sde import transition
from videorlvr.flow.steps import CLAIMS

MEAN = 0.6


def exact_velocity(x, sigma, data_std):
    """E[eps - x0 | x_sigma = x] for x0 ~ N(MEAN, data_std^2)."""
    variance = (1 - sigma) ** 2 * data_std**2 + sigma**2
    centred = x - (1 - sigma) * MEAN
    return sigma / variance * centred - (MEAN + (1 - sigma) * data_std**2 / variance * centred)


def marginals(name, total, *, data_std=0.5, noise_scale=None, shift=5.0, sigma_cap=None, num_noisy=None):
    """(mean error, variance, true variance) after each step; the last step is the ODE's, as always."""
    grid, mean, variance, rows = sigma_schedule(total, shift), 0.0, 1.0, []
    probe = torch.tensor([[0.0], [1.0]], dtype=torch.float64)  # two points fix an affine map
    for k in range(total):
        levels = {"sigma": grid[k].repeat(2), "sigma_next": grid[k + 1].repeat(2)}
        v = exact_velocity(probe, float(grid[k]), data_std)
        if name != "euler" and k < (total - 1 if num_noisy is None else num_noisy):
            eta = CLAIMS[name].usual_noise_scale if noise_scale is None else noise_scale
            cap = float(grid[1]) if sigma_cap is None else sigma_cap
            law = transition(name, probe, v, **levels, noise_scale=eta, sigma_cap=cap)
            image, std = law.mean, float(law.std[0])
        else:
            image, std = euler_step(probe, v, **levels), 0.0
        offset, slope = float(image[0]), float(image[1] - image[0])
        mean, variance = slope * mean + offset, slope**2 * variance + std**2
        level = float(grid[k + 1])
        rows.append((mean - (1 - level) * MEAN, variance, (1 - level) ** 2 * data_std**2 + level**2))
    return rows


def errors(name, total, **knobs):
    return [abs(variance / truth - 1) for _, variance, truth in marginals(name, total, **knobs)]


@pytest.mark.parametrize("name", CLAIMS)
def test_mean_is_exact_after_every_step(name):
    assert max(abs(error) for error, _, _ in marginals(name, 10)) < 1e-5


@pytest.mark.parametrize("name", CLAIMS)
def test_early_error_is_as_claimed(name):
    worst, claim = max(errors(name, 10)[:5]), CLAIMS[name].early_error
    assert worst < claim
    assert worst > claim / 10  # the claim is not idle either


def test_default_step_is_within_one_percent_where_early_focus_trains():
    assert max(errors("ddim-eta", 10)[:5]) < 0.01
    for eta in (0.1, 0.3, 0.5, 1.0):
        assert max(errors("ddim-eta", 10, noise_scale=eta)[:5]) < 0.01


def test_flow_sde_control_is_five_to_fifteen_percent_too_wide():
    for total in (10, 160):  # more steps do not cure it
        early = [variance / truth - 1 for _, variance, truth in marginals("flow-sde", total)[:5]]
        assert all(0.05 < e < 0.15 for e in early), early


def test_cps_control_collapses_over_the_whole_path_only():
    _, variance, truth = marginals("cps", 640)[-1]
    assert variance / truth < 0.75
    _, variance, truth = marginals("ddim-eta", 640)[-1]
    assert variance / truth > 0.95
    assert max(errors("cps", 10)[:5]) < 0.01


@pytest.mark.parametrize("name", CLAIMS)
def test_convergence_is_as_claimed(name):
    coarse, fine = max(errors(name, 40)), max(errors(name, 640))
    assert (fine < 0.15 * coarse and fine < 0.03) == CLAIMS[name].converges, (coarse, fine)


def test_flow_sde_converges_once_its_cap_stands_still():
    coarse, fine = (max(errors("flow-sde", n, sigma_cap=0.95)) for n in (40, 640))
    assert fine < 0.1 * coarse


@pytest.mark.parametrize("name", CLAIMS)
def test_exactness_on_a_point_is_as_claimed(name):
    """If the data is one point the estimates are exact, and only the step's own algebra is on trial."""
    worst = 0.0
    for noise_scale in (0.2, 0.7, 1.0):
        rows = marginals(name, 10, data_std=0.0, noise_scale=noise_scale)
        worst = max(worst, *(abs(variance / truth - 1) for _, variance, truth in rows[:-1]))
    assert (worst < 1e-5) == CLAIMS[name].exact_on_a_point


def test_early_noise_then_ode_ends_no_worse_than_the_ode():
    """The window of Early-Step Focus: five noisy steps cost the final variance less than 2 per cent."""
    _, ode, truth = marginals("euler", 20)[-1]
    _, early, _ = marginals("ddim-eta", 20, num_noisy=5)[-1]
    assert abs(early - ode) / truth < 0.02


@pytest.mark.parametrize("name", ["flow-sde", "dance"])
def test_sign_of_the_score_drift(name):
    """With the drift's sign turned round, mean' = 2 euler - mean, the variance runs away from the truth."""
    x = torch.tensor([[0.0], [1.0]], dtype=torch.float64)
    sigma, sigma_next = torch.tensor([0.6, 0.6]), torch.tensor([0.58, 0.58])
    v = exact_velocity(x, 0.6, 0.5)
    law = transition(name, x, v, sigma=sigma, sigma_next=sigma_next, noise_scale=0.7, sigma_cap=0.9)
    euler = euler_step(x, v, sigma, sigma_next)
    before, truth = 0.4**2 * 0.25 + 0.36, 0.42**2 * 0.25 + 0.58**2

    def error(image):
        return abs(float(image[1] - image[0]) ** 2 * before + float(law.std[0]) ** 2 - truth) / truth

    assert error(law.mean) < 0.005
    assert error(2 * euler - law.mean) > 10 * error(law.mean)
