"""The path, and the readings of a point on it."""

import pytest
import torch

from videorlvr.flow.path import data_estimate, expand, interpolate, noise_estimate, velocity_target


@pytest.mark.parametrize("shape", [(3, 5), (3, 3, 4, 4), (3, 3, 2, 4, 4)])  # B == C included
def test_estimates_invert_the_path(shape):
    x0, noise = torch.randn(shape), torch.randn(shape)
    sigma = torch.tensor([0.0, 0.37, 1.0])
    x = interpolate(x0, noise, sigma)
    velocity = velocity_target(x0, noise)
    torch.testing.assert_close(data_estimate(x, velocity, sigma), x0, atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(noise_estimate(x, velocity, sigma), noise, atol=1e-6, rtol=1e-5)
    assert torch.equal(x[0], x0[0])
    assert torch.equal(x[2], noise[2])


def test_each_item_has_its_own_level():
    x0, noise, sigma = torch.randn(3, 3, 2, 4, 3), torch.randn(3, 3, 2, 4, 3), torch.tensor([0.2, 0.5, 0.9])
    batch = interpolate(x0, noise, sigma)
    singles = [interpolate(x0[i : i + 1], noise[i : i + 1], sigma[i : i + 1]) for i in range(3)]
    assert torch.equal(batch, torch.cat(singles))


def test_velocity_is_the_derivative():
    x0, noise = torch.randn(2, 7, dtype=torch.float64), torch.randn(2, 7, dtype=torch.float64)
    low, high = torch.full((2,), 0.4), torch.full((2,), 0.65)
    slope = (interpolate(x0, noise, high) - interpolate(x0, noise, low)) / (high - low).double()[:, None]
    torch.testing.assert_close(slope, velocity_target(x0, noise), atol=1e-6, rtol=1e-6)


def test_half_precision_data_is_widened():
    x0, noise = torch.randn(2, 7).bfloat16(), torch.randn(2, 7).bfloat16()
    assert interpolate(x0, noise, torch.tensor([0.3, 0.4])).dtype == torch.float32


@pytest.mark.parametrize(
    ("sigma", "x", "word"),
    [
        (torch.tensor(0.5), torch.zeros(2, 3), "one noise level an item"),
        (torch.full((3,), 0.5), torch.zeros(2, 3), "one noise level an item"),
        (torch.full((2,), 0.5, dtype=torch.bfloat16), torch.zeros(2, 3), "never rounded"),
        (torch.full((2,), 0.5), torch.zeros(2), "rank >= 2"),
        (torch.full((2, 2), 0.5), torch.zeros(2, 3), "one noise level an item"),
        (torch.full((1, 3), 0.5), torch.zeros(2, 3), "one noise level an item"),
    ],
)
def test_unfit_sigma_is_refused(sigma, x, word):
    with pytest.raises(ValueError, match=word):
        expand(sigma, x)
