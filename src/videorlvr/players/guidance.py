"""Guidance by what is given: away from what the policy would do without its first frame and prompt.

    v = v_blank + weight (v - v_blank)

A blank is a grey first frame and an empty prompt. A policy knows it if some of its videos were learnt so (`--drop` of
SFT); of another the difference means little.

Law: with weight 1 the field is the policy's own, bit for bit, and costs nothing more.

B batch, C channel, T frame, H W.

Source: classifier-free guidance, arXiv:2207.12598.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from videorlvr.flow.at import At, Field
from videorlvr.models.api import Condition, Policy
from videorlvr.players.meter import Meter, counting

GREY = 128


def blank_condition(policy: Policy, first_BHWC: Tensor, num_frames: int) -> Condition:
    """The condition of videos of which nothing is given."""
    return policy.condition(torch.full_like(first_BHWC, GREY), [""] * len(first_BHWC), num_frames)


def in_part_blank(condition: Condition, blank: Condition, dropped_B: Tensor) -> Condition:
    """The blank for the items that are dropped, what is given for the others."""

    def either(without: Tensor, given: Tensor) -> Tensor:
        return torch.where(dropped_B.view(-1, *(1,) * (given.ndim - 1)), without, given)

    extra = {name: either(blank.extra[name], value) for name, value in condition.extra.items()}
    return Condition(either(blank.clean, condition.clean), condition.free, extra)


def guided(
    policy: Policy, blank: Condition, weight: float, meter: Meter | None = None
) -> Callable[[Field], Field] | None:
    """What stands around a sampler's velocity (`players.policy.roll`); None with weight 1."""
    if weight == 1:
        return None

    def around(field: Field) -> Field:
        def velocity_of(x: Tensor, at: At) -> Tensor:
            kept = blank if at.items is None or len(at.items) == len(blank) else blank.pick(at.items)
            with torch.no_grad(), counting(meter, len(x)):
                without = policy.velocity(torch.where(kept.free, x, kept.clean), at, kept)
            return without + weight * (field(x, at) - without)

        return velocity_of

    return around
