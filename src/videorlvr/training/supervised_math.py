"""The loss of a regression on oracle videos, and its learning rate. Pure.

B batch, C channel, T frame, H W.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from videorlvr.flow.at import At, Field
from videorlvr.flow.regression import error_of, mean_over_free, noisy
from videorlvr.models.chunks import frame_levels


def shifted_uniform(uniform_B: Tensor, shift: float) -> Tensor:
    """sigma = shift u / (1 + (shift - 1) u), [B]: noise levels spread like the sampler's, for u in [0, 1).

    Source: Stable Diffusion 3, arXiv:2403.03206, resolution-dependent shift of the timestep.
    """
    return shift * uniform_B / (1 + (shift - 1) * uniform_B)


class Around(NamedTuple):
    """What is computed around the network: the point of the path that it sees, and the mean of its error."""

    point: Callable[..., Tensor]
    loss: Callable[..., Tensor]

    def compiled(self) -> Around:
        """The same in one pass over the pixels each; sums may differ in their last bits."""
        return Around(torch.compile(self.point, dynamic=False), torch.compile(self.loss, dynamic=False))


def _mean_error(velocity: Tensor, x0: Tensor, noise: Tensor, free: Tensor) -> Tensor:
    return mean_over_free(error_of(velocity, x0, noise, free), free)


AROUND = Around(noisy, _mean_error)


def regression_loss(
    field: Field,
    x0_BCTHW: Tensor,
    *,
    free: Tensor,
    clean: Tensor,
    generator: torch.Generator,
    shift: float,
    around: Around = AROUND,
    chunks: tuple[slice, ...] = (slice(None),),
    rows: slice = slice(None),
) -> Tensor:
    """Mean over free dimensions of |v(x_sigma, sigma) - (noise - x0)|^2, a scalar; all chance from `generator`.

    Each of `chunks` (frames of a causal policy) has a noise level of its own. `rows` are those of the batch that count,
    and that `field`, `free` and `clean` are of: their noise is what it is in the whole batch.
    """
    x0, device = x0_BCTHW, x0_BCTHW.device
    uniform = torch.rand(x0.shape[0] * len(chunks), generator=generator, device=device)
    sigma = frame_levels(shifted_uniform(uniform, shift).reshape(-1, len(chunks)), chunks)
    noise = torch.randn(x0.shape, generator=generator, device=device)
    x0, sigma, noise = x0[rows], sigma[rows], noise[rows]
    velocity = field(around.point(x0, sigma, noise, free, clean), At(sigma))
    return around.loss(velocity, x0, noise, free)


def learning_rate(step: int, *, peak: float, num_steps: int, warmup: int, final: float) -> float:
    """Linear over `warmup` steps, and a cosine over all of them down to `final` of the peak."""
    rise = min(1.0, (step + 1) / max(warmup, 1))
    fall = 0.5 * (1 + math.cos(math.pi * min(1.0, step / num_steps)))
    return peak * rise * (final + (1 - final) * fall)
