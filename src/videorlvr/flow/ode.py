"""Deterministic steps down the path, for every step outside the stochastic window.

Job: one Euler and one Heun step of dx/dsigma = v(x, sigma).
Law: errors of the whole path fall as 1/S for Euler and 1/S^2 for Heun, S steps.

Legend: `x`, `velocity` [B, ...]; `sigma`, `sigma_next` [B], sigma_next < sigma.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from videorlvr.flow.path import expand

VelocityFn = Callable[[Tensor, Tensor], Tensor]
"""(x [B, ...], sigma [B]) -> velocity dx/dsigma [B, ...], guidance already applied."""


def euler_step(x: Tensor, velocity: Tensor, sigma: Tensor, sigma_next: Tensor) -> Tensor:
    """x' = x + (sigma' - sigma) v; order 1. At sigma' = 0 it lands on the data estimate."""
    return x + expand(sigma_next - sigma, x) * velocity


def heun_step(
    x: Tensor, velocity: Tensor, sigma: Tensor, sigma_next: Tensor, velocity_fn: VelocityFn
) -> Tensor:
    """Trapezoid through the Euler prediction; order 2, one more network call.

        x^ = x + dt v,    x' = x + dt (v + v(x^, sigma')) / 2,    dt = sigma' - sigma

    Items whose sigma' is 0 take the Euler step: the velocity exists there, but networks are not
    trained at exactly 0. One such step costs an error of dt^2, which leaves the order at 2.

    Args:
        velocity: v(x, sigma), known already; it is not computed again.
        velocity_fn: Called once at (x^, sigma'), and not at all when every sigma' is 0.

    Source: EDM, arXiv:2206.00364, Algorithm 1, which ends with the same Euler step.
    """
    predicted = euler_step(x, velocity, sigma, sigma_next)
    if not bool((sigma_next > 0).any()):
        return predicted
    # In a batch of mixed levels the network still never sees a 0: its answer there is dropped.
    level = torch.where(sigma_next > 0, sigma_next, sigma)
    slope = (velocity + velocity_fn(predicted, level)) / 2
    return torch.where(expand(sigma_next, x) > 0, euler_step(x, slope, sigma, sigma_next), predicted)
