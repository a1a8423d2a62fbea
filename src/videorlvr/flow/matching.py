"""Training points on the path and the error there: what every forward-process objective is made of.

Job: draw noise levels, put noise on a video, and measure a velocity's error, an item or a frame at a time.
Laws: levels lie in the sampler's own chosen steps, and only there; where `free` is False nothing is noised, and
nothing counts, the divisor included.

Early-Step Focus has this meaning here: the levels that are trained are those that the sampler passes through
in the chosen steps. `early` trains near pure noise, where a plan is made.

Legend: `x0`, `velocity`, `free` [B, C, T, H, W]; S steps of the sampler, step k from sigma[k] to sigma[k + 1].
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from videorlvr.flow.path import interpolate, velocity_target
from videorlvr.flow.regression import item_means


@dataclass(frozen=True, eq=False)
class Point:
    """x = (1 - sigma) x0 + sigma eps, clean where given; target = eps - x0. sigma is [B], or of x's rank."""

    x: Tensor
    sigma: Tensor
    target: Tensor


def levels_in(
    steps: Sequence[int], count: int, *, of: int, shift: float, generator: torch.Generator
) -> Tensor:
    """`count` noise levels [B] spread over `steps`, out of `of` that a sampler takes, as its own are.

    They are float32, on the generator's device.

        k uniform in steps,  s uniform in (1 - (k + 1) / S, 1 - k / S),  sigma = shift s / (1 + (shift - 1) s)

    With all steps this is the law that supervised training draws from.

    Raises:
        ValueError: If `steps` is empty or not within 0 .. S - 1.
    """
    if not steps or not all(0 <= k < of for k in steps):
        raise ValueError(f"steps={tuple(steps)}; expected one or more of 0 to {of - 1}")
    device = generator.device
    chosen = torch.tensor(sorted(steps), device=device)
    k = chosen[torch.randint(len(chosen), (count,), generator=generator, device=device)]
    s = 1 - (k + torch.rand(count, generator=generator, device=device)) / of
    return shift * s / (1 + (shift - 1) * s)


def point_on_path(x0: Tensor, sigma: Tensor, noise: Tensor, *, free: Tensor, clean: Tensor) -> Point:
    """The point of the path at `sigma`, what is given left clean."""
    x = torch.where(free, interpolate(x0, noise, sigma), clean)
    return Point(x, sigma, velocity_target(x0, noise))


def frame_error(velocity: Tensor, target: Tensor, free: Tensor) -> tuple[Tensor, Tensor]:
    """(squared error summed over the free dimensions of each frame, how many these are), both [B, T]."""
    squared = torch.where(free, (velocity - target) ** 2, 0.0)
    return squared.sum(dim=(1, 3, 4)), free.expand_as(squared).sum(dim=(1, 3, 4)).to(squared.dtype)


def velocity_error(velocity: Tensor, target: Tensor, free: Tensor) -> Tensor:
    """e = mean over free dimensions of (velocity - target)^2: [B]. Its mean over a batch is the loss of SFT."""
    return item_means(torch.where(free, (velocity - target) ** 2, 0.0), free)


def weighted_error(velocity: Tensor, target: Tensor, free: Tensor, weight_BT: Tensor) -> Tensor:
    """sum over frames of weight * squared error, over the number of free dimensions of the whole video: [B].

    Equal weights w give w * `velocity_error`: the divisor does not depend on the weights.
    """
    summed_BT, free_BT = frame_error(velocity, target, free)
    return (weight_BT * summed_BT).sum(1) / free_BT.sum(1)
