"""What sampling costs: counted as it happens, items that were dropped are not there to be counted."""

from __future__ import annotations

import pytest
import torch

from videorlvr.players.meter import Meter
from videorlvr.players.policy import condition_of, named_noise, roll
from videorlvr.players.sampling import Sampling


def rolled(policy, problems, sampling, **options):
    condition = condition_of(policy, problems)
    return roll(policy, condition, named_noise(problems, 0, condition.clean), sampling, **options)


def test_flops_are_those_of_the_matrix_products_and_attention(policy, problems):
    """Counted by hand: in, noise levels, blocks with attention over all pairs, out."""
    width, items, frames, tokens, patch = 32, 3, 5, 5 * 9, 192
    products = tokens * (2 * patch * width + 2 * 12 * width**2 + width * patch)
    levels = frames * (256 * width + width**2 + 6 * width**2 + 2 * width**2)
    pairs = 2 * 2 * tokens**2 * width
    meter = Meter(with_flops=True)
    rolled(policy, problems[:items], Sampling(steps=2), meter=meter)
    assert meter.flops == 2 * items * 2 * (products + levels + pairs)
    assert meter.evaluations == 2 * items


@pytest.mark.parametrize(("solver", "per_item"), [("euler", (1, 4)), ("heun", (2, 7))])
def test_dropped_items_cost_nothing_more(policy, problems, solver, per_item):
    meter = Meter()
    sampling = Sampling(steps=4, solver=solver)
    whole = rolled(policy, problems[:5], sampling)
    keep = torch.tensor([3, 1])
    left = rolled(
        policy, problems[:5], sampling, meter=meter, steer=lambda step: keep if step.index == 0 else None
    )
    early, all_steps = per_item
    assert meter.evaluations == 3 * early + 2 * all_steps
    assert torch.allclose(left, whole[keep], atol=1e-4)


def test_with_a_meter_the_videos_are_bitwise_the_same(policy, problems):
    sampling = Sampling(steps=3)
    plain = rolled(policy, problems[:2], sampling)
    assert torch.equal(rolled(policy, problems[:2], sampling, meter=Meter(with_flops=True)), plain)
