"""Log-probability, KL, mask and clip range against independent truth."""

import math

import pytest
import torch
from torch.distributions import Normal, kl_divergence

from videorlvr.flow.gaussian import (
    Transition,
    clip_from_drift,
    count_free_dims,
    kl_mean,
    kl_sum,
    log_prob_mean,
    log_prob_sum,
    round_to_storage,
    sample,
)
from videorlvr.flow.sde import transition
from videorlvr.flow.steps import CLAIMS

SHAPES = [(3, 3, 5, 4), (3, 3, 2, 5, 4)]  # 4-D and 5-D, B == C


def laws(name, shape):
    """Two policies' laws of one step, with another noise level for each item."""
    x, v, w = torch.randn(3, *shape).unbind()
    levels = {"sigma": torch.tensor([1.0, 0.8, 0.5]), "sigma_next": torch.tensor([0.9, 0.6, 0.4])}
    knobs = {"noise_scale": CLAIMS[name].usual_noise_scale, "sigma_cap": 0.95}
    return transition(name, x, v, **levels, **knobs), transition(name, x, w, **levels, **knobs)


def first_frame_mask(shape):
    mask = torch.ones([1] * len(shape), dtype=torch.bool).repeat(*[1] * (len(shape) - 3), shape[-3], 1, 1)
    mask[..., 0, :, :] = False
    return mask


def wide(std, shape):
    return std.reshape(-1, *[1] * (len(shape) - 1)).expand(shape)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CLAIMS)
def test_log_prob_is_that_of_the_normal_with_constants(name, shape):
    law, _ = laws(name, shape)
    x = sample(law, torch.randn(shape))
    truth = Normal(law.mean, wide(law.std, shape)).log_prob(x)
    torch.testing.assert_close(log_prob_mean(law, x), truth.flatten(1).mean(1), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(log_prob_sum(law, x), truth.flatten(1).sum(1), atol=1e-5, rtol=1e-5)
    mask = first_frame_mask(shape)
    kept = truth.masked_fill(~mask, 0).flatten(1).sum(1)
    torch.testing.assert_close(log_prob_sum(law, x, mask), kept, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", CLAIMS)
def test_kl_is_that_of_torch(name, shape):
    p, q = laws(name, shape)
    truth = kl_divergence(Normal(p.mean, wide(p.std, shape)), Normal(q.mean, wide(q.std, shape)))
    torch.testing.assert_close(kl_sum(p, q), truth.flatten(1).sum(1), rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(kl_mean(p, q), truth.flatten(1).mean(1), rtol=1e-5, atol=1e-5)


def test_kl_has_gradient_and_is_zero_at_equality():
    mean = torch.randn(2, 3, 4, requires_grad=True)
    std = torch.tensor([0.3, 0.5])
    here, there = Transition(mean, std), Transition(torch.randn(2, 3, 4), std)
    (gradient,) = torch.autograd.grad(kl_sum(here, there).sum(), mean)
    torch.testing.assert_close(gradient, (mean - there.mean) / std[:, None, None] ** 2)
    same = kl_mean(here, Transition(mean.detach(), std))
    assert torch.equal(same, torch.zeros(2))
    assert not torch.autograd.grad(same.sum(), mean)[0].any()


@pytest.mark.parametrize("shape", SHAPES)
def test_batch_equals_stack_of_singles(shape):
    p, q = laws("ddim-eta", shape)
    x, mask = sample(p, torch.randn(shape)), first_frame_mask(shape)

    def single(t, i):
        return Transition(t.mean[i : i + 1], t.std[i : i + 1])

    for value in (log_prob_sum, log_prob_mean):
        stack = torch.cat([value(single(p, i), x[i : i + 1], mask) for i in range(3)])
        torch.testing.assert_close(value(p, x, mask), stack, atol=1e-6, rtol=1e-6)
    for value in (kl_sum, kl_mean):
        stack = torch.cat([value(single(p, i), single(q, i), mask) for i in range(3)])
        torch.testing.assert_close(value(p, q, mask), stack, atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("wild", [3.0, 1e30, float("inf")])
def test_given_frame_changes_nothing(shape, wild):
    mask, std = first_frame_mask(shape), torch.tensor([0.3, 0.5, 0.7])
    mean, other, x = torch.randn(3, *shape).unbind()

    def everything(mean, other, x):
        mean = mean.clone().requires_grad_()
        p, q = Transition(mean, std), Transition(other, std)
        values = [
            log_prob_sum(p, x, mask),
            log_prob_mean(p, x, mask),
            kl_sum(p, q, mask),
            kl_mean(p, q, mask),
        ]
        (gradient,) = torch.autograd.grad(sum(v.sum() for v in values), mean)
        return [*values, gradient]

    def disturbed(t, factor):
        return torch.where(mask, t, torch.full_like(t, wild * factor))

    before = everything(mean, other, x)
    for args in [
        (disturbed(mean, 1), other, x),
        (mean, disturbed(other, -1), x),
        (mean, other, disturbed(x, 1)),
    ]:
        assert all(torch.equal(a, b) for a, b in zip(before, everything(*args), strict=True))
    assert not before[-1].masked_select(~mask).any()


def test_divisor_counts_only_free_dims():
    x = torch.randn(2, 3, 5, 4, 4)
    mask = first_frame_mask(x.shape)
    assert count_free_dims(mask, x).tolist() == [3 * 4 * 16] * 2
    one = torch.zeros(x.shape, dtype=torch.bool)
    one[:, 0, 0, 0, 0] = True
    assert count_free_dims(one, x).tolist() == [1, 1]
    assert count_free_dims(None, x).tolist() == [3 * 5 * 16] * 2
    law = Transition(x, torch.ones(2))
    peak = -0.5 * math.log(2 * math.pi)
    torch.testing.assert_close(log_prob_mean(law, x, mask), torch.full((2,), peak))
    torch.testing.assert_close(kl_mean(law, Transition(x + 1, law.std), mask), torch.full((2,), 0.5))


@pytest.mark.parametrize(
    "mask",
    [
        torch.ones(2, 3, dtype=torch.bool),  # would line up with the last axes
        torch.ones(1, 1, 4),
        torch.ones(1, 1, 3, dtype=torch.bool),
        torch.zeros(1, 1, 4, dtype=torch.bool),
    ],
)
def test_unfit_mask_is_refused(mask):
    law = Transition(torch.zeros(2, 3, 4), torch.ones(2))
    with pytest.raises(ValueError, match="mask"):
        log_prob_mean(law, law.mean, mask)
    with pytest.raises(ValueError, match="mask"):
        kl_sum(law, law, mask)


def test_a_point_has_no_log_prob():
    law = Transition(torch.zeros(2, 3), torch.tensor([0.5, 0.0]))
    for value in (log_prob_sum, log_prob_mean):
        with pytest.raises(ValueError, match="has no log-probability"):
            value(law, law.mean)
    with pytest.raises(ValueError, match="has no log-probability"):
        kl_sum(law, law)


def test_unlike_steps_are_refused():
    law = Transition(torch.zeros(2, 3), torch.tensor([0.5, 0.4]))
    with pytest.raises(ValueError, match="same step"):
        kl_sum(law, Transition(law.mean, torch.tensor([0.5, 0.3])))
    with pytest.raises(ValueError, match="equal shapes"):
        log_prob_sum(law, torch.zeros(2, 1))


def test_storage_rounding_is_what_storage_does_and_is_idempotent():
    x = torch.randn(2, 50)
    stored = round_to_storage(x, torch.bfloat16)
    assert stored.dtype == torch.float32
    assert torch.equal(stored, x.bfloat16().float())
    assert torch.equal(round_to_storage(stored, torch.bfloat16), stored)
    assert torch.equal(round_to_storage(x, torch.float32), x)


@pytest.mark.parametrize("num_dims", [64, 1024])
def test_drift_law_of_the_clip_range(num_dims):
    """Of the mean-reduced log-ratio: std = c / sqrt(D) = clip range, mean = -c^2 / 2 = -KL mean."""
    drift, count = 0.1, 20_000
    generator = torch.Generator().manual_seed(3)
    direction = torch.randn(num_dims, generator=generator)
    shift = direction * drift / direction.square().mean().sqrt()
    old = Transition(torch.zeros(count, num_dims), torch.full((count,), 0.4))
    new = Transition((0.4 * shift).expand(count, -1), old.std)
    x = sample(old, torch.randn(count, num_dims, generator=generator))
    log_ratio = log_prob_mean(new, x).double() - log_prob_mean(old, x).double()
    clip = clip_from_drift(drift, num_dims)
    assert log_ratio.std().item() == pytest.approx(clip, rel=0.02)
    assert log_ratio.mean().item() == pytest.approx(-(drift**2) / 2, abs=4 * clip / count**0.5)
    assert kl_mean(old, new)[0].item() == pytest.approx(drift**2 / 2, rel=1e-4)
    true_ratio = (log_ratio * num_dims)[: count // 2].exp() if num_dims == 64 else None
    if true_ratio is not None:  # the unreduced ratio has mean 1, which pins the sign of the drift
        assert true_ratio.mean().item() == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize(("drift", "dims"), [(0.0, 10), (-0.1, 10), (float("inf"), 10), (0.1, 0)])
def test_unfit_clip_is_refused(drift, dims):
    with pytest.raises(ValueError, match="expected"):
        clip_from_drift(drift, dims)
