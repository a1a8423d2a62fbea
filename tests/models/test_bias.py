"""Bias in factors against bias added to the scores: values, gradients, masks, and the sign of `transformers`."""

from __future__ import annotations

import math

import pytest
import torch
import torch.nn.functional as F

from videorlvr.models.bias import (
    FURTHEST,
    DistanceBias,
    alibi_factors,
    alibi_slopes,
    biased,
    rank_for,
    square_distance_factors,
    table_factors,
)
from videorlvr.models.config import DiTConfig
from videorlvr.models.load import load_policy, new_policy
from videorlvr.models.seam import full_attention

HEADS, TOKENS, WIDTH = 3, 20, 12
EXACT = 1e-5


def dense(factors):
    return factors[0] @ factors[1].transpose(-1, -2)


def inputs():
    generator = torch.Generator().manual_seed(0)
    return [torch.randn(2, HEADS, TOKENS, WIDTH, generator=generator, requires_grad=True) for _ in range(3)]


def grid():
    return torch.cartesian_prod(torch.arange(4.0), torch.arange(5.0))


def made(kind):
    """(factors, the bias by its definition), with what it is learnt from requiring a gradient."""
    weight = torch.tensor([0.3, 0.05, 1.0], requires_grad=True)
    apart = torch.arange(TOKENS)[:, None] - torch.arange(TOKENS)
    match kind:
        case "alibi":
            return weight, alibi_factors(weight, TOKENS), -weight[:, None, None] * apart
        case "squares":
            square = torch.cdist(grid(), grid()).square()
            return weight, square_distance_factors(weight, grid()), -weight[:, None, None] * square
    table = torch.randn(HEADS, 2 * TOKENS, generator=torch.Generator().manual_seed(1), requires_grad=True)
    bias = table[:, apart + TOKENS]
    return table, table_factors(bias, TOKENS), bias


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize("kind", ["alibi", "squares", "table"])
def test_factors_are_the_bias_exactly_forward_and_backward(kind, causal):
    learnt, factors, bias = made(kind)
    mask = torch.full((TOKENS, TOKENS), -torch.inf).triu(1) if causal else torch.zeros(TOKENS, TOKENS)
    of_factors, of_dense = inputs(), inputs()
    plain = (
        (lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True))
        if causal
        else full_attention
    )
    out = biased(plain, factors)(*of_factors)
    expected = F.scaled_dot_product_attention(*of_dense, attn_mask=bias + mask)
    assert (out - expected).abs().max() < EXACT
    wanted = torch.randn(out.shape, generator=torch.Generator().manual_seed(2))
    ours = torch.autograd.grad((out * wanted).sum(), [*of_factors, learnt], retain_graph=True)
    theirs = torch.autograd.grad((expected * wanted).sum(), [*of_dense, learnt])
    for a, b in zip(ours, theirs, strict=True):
        assert (a - b).abs().max() < EXACT * max(1.0, float(b.abs().max()))


@pytest.mark.parametrize("heads", [4, 6, 12])
def test_alibi_has_the_slopes_and_the_sign_of_transformers(heads):
    """Bloom adds slope * j, which is -slope * (i - j) up to what a row shares; the other sign would look far away."""
    bloom = pytest.importorskip("transformers.models.bloom.modeling_bloom")
    theirs = bloom.build_alibi_tensor(torch.ones(1, TOKENS), heads, torch.float32).reshape(heads, 1, TOKENS)
    ours = dense(alibi_factors(alibi_slopes(heads), TOKENS))
    assert torch.allclose(ours.softmax(-1), theirs.expand(-1, TOKENS, -1).softmax(-1), atol=1e-6)
    row = ours[0, TOKENS - 1]
    assert (row.diff() > 0).all(), "what is nearer is looked at more"
    assert row[-1] == 0


def test_the_rank_is_what_was_promised_and_no_dense_bias_is_made():
    weight = torch.ones(HEADS)
    for factors, rank in ((alibi_factors(weight, TOKENS), 2), (square_distance_factors(weight, grid()), 4)):
        assert factors[0].shape == (HEADS, TOKENS, rank)
        assert int(torch.linalg.matrix_rank(dense(factors)[0])) == rank
    seen = []

    def spy(q, k, v):
        seen.append((q.shape, k.shape, v.shape))
        return full_attention(q, k, v)

    biased(spy, alibi_factors(weight, TOKENS))(*inputs())
    assert {shape[-1] for shape in seen[0]} == {16}  # 12 + 2, filled up to a multiple of 8


def test_svd_keeps_what_it_is_told_to():
    u, v = torch.randn(2, HEADS, TOKENS, 3, generator=torch.Generator().manual_seed(3))
    bias = (u * torch.tensor([10.0, 1.0, 0.1])) @ v.transpose(-1, -2)
    assert (dense(table_factors(bias, 3)) - bias).abs().max() < 1e-4
    assert rank_for(bias, 1.0) == 3
    assert rank_for(bias, 0.9) == 1
    for rank in (1, 2):
        error = (dense(table_factors(bias, rank)) - bias).square().sum((-1, -2))
        best = torch.linalg.svdvals(bias)[:, rank:].square().sum(-1)
        assert torch.allclose(error, best, rtol=1e-3)


def test_the_learned_bias_is_a_sum_over_axes_of_what_lies_so_far_apart():
    shape, block = (3, 2, 4), 1
    bias = DistanceBias(depth=2, heads=HEADS)
    with torch.no_grad():
        bias.table.normal_(generator=torch.Generator().manual_seed(4))
    places = torch.cartesian_prod(*(torch.arange(n) for n in shape))
    apart = places[:, None] - places + FURTHEST
    expected = sum(bias.table[block, :, axis][:, apart[..., axis]] for axis in range(3))
    factors = bias.factors(block, shape)
    assert factors[0].shape == (HEADS, math.prod(shape), sum(shape))
    assert (dense(factors) - expected).abs().max() < EXACT
    bias.rank = 4  # all that the axes have
    assert (dense(bias.factors(block, shape)) - expected).abs().max() < EXACT
    bias.rank = 1
    assert bias.factors(block, shape)[0].shape[-1] == 3
    assert (dense(bias.factors(block, shape)) - expected).abs().max() > 0.1


def test_as_it_begins_it_is_no_bias():
    q, k, v = inputs()
    factors = DistanceBias(1, HEADS).factors(0, (5, 2, 2))
    assert (biased(full_attention, factors)(q, k, v) - full_attention(q, k, v)).abs().max() < EXACT


@torch.no_grad()
def test_a_policy_with_a_bias_begins_as_one_without_and_its_table_acts(tmp_path):
    """Its other weights are drawn alike; saved and loaded it is the same, and a policy without has no key for it."""
    form = {"width": 32, "depth": 2, "heads": 2}
    plain, with_bias = (
        new_policy(DiTConfig(**form, **more), seed=0, device=torch.device("cpu"))
        for more in ({}, {"distance_bias": "learned"})
    )
    generator = torch.Generator().manual_seed(5)
    for one in plain.module.parameters():
        one.add_(torch.randn(one.shape, generator=generator), alpha=0.1)
    missing = with_bias.module.load_state_dict(plain.module.state_dict(), strict=False)
    assert missing.missing_keys == ["distance.table"]
    x = torch.randn(2, 3, 4, 16, 24, generator=generator)
    sigma = torch.tensor([0.9, 0.3])
    before = plain.module(x, sigma, x[:, :, 0])
    assert (with_bias.module(x, sigma, x[:, :, 0]) - before).abs().max() < 1e-4
    with_bias.module.distance.table.normal_(generator=generator)
    after = with_bias.module(x, sigma, x[:, :, 0])
    assert (after - before).abs().max() > 1e-2
    with_bias.save(tmp_path / "with")
    plain.save(tmp_path / "plain")
    loaded = load_policy(tmp_path / "with", device=torch.device("cpu"))
    assert torch.equal(loaded.module(x, sigma, x[:, :, 0]), after)
    assert "distance_bias" not in (tmp_path / "plain" / "policy.json").read_text()


def test_a_causal_policy_has_no_bias():
    with pytest.raises(ValueError, match="leave one of them out"):
        DiTConfig(width=32, depth=1, heads=2, chunk_frames=2, distance_bias="learned")
