"""The straight path between data and noise, four readings of a point on it, and deterministic steps along it.

Job: define x_sigma = (1 - sigma) x0 + sigma eps once, with every conversion that follows from it.
Laws: `data_estimate` and `noise_estimate` invert `interpolate` for the velocity of `velocity_target`. Errors of a
whole path fall as 1/S for Euler's steps and 1/S^2 for Heun's, S steps.

Legend: `x`, `x0`, `noise`, `velocity` are [B, ...] of any rank >= 2 (B batch items); `sigma` is [B],
the noise level in [0, 1] (1 noise, 0 data), or of the rank of x where parts of an item have their own, as in
[B, 1, T, 1, 1]. Data is scaled to about unit variance by the codec.

Source: rectified flow, arXiv:2209.03003; flow matching, arXiv:2210.02747 (their time runs the other way).
"""

from collections.abc import Callable

import torch
from torch import Tensor

VelocityFn = Callable[[Tensor, Tensor], Tensor]
"""(x [B, ...], sigma [B]) -> velocity dx/dsigma [B, ...], guidance already applied."""


def expand(sigma: Tensor, x: Tensor) -> Tensor:
    """View `sigma` [B] as [B, 1, ..., 1], so that it multiplies `x` [B, ...] item by item; of x's rank it stays.

    Only this function lines the two up. Plain broadcasting would line [B] up with the *last*
    axis of x, without a word whenever that axis happens to be as long as the batch.

    Raises:
        ValueError: If `sigma` is neither one number an item nor lined up with x axis by axis, or is held in fewer
            than 32 bits (bfloat16 has eight significant bits: 0.921 would become 0.922).
    """
    if x.ndim < 2:
        raise ValueError(f"x has shape {tuple(x.shape)}; expected [B, ...] with rank >= 2; add a batch axis")
    lined_up = sigma.ndim == x.ndim and sigma.shape[0] == x.shape[0]
    lined_up = lined_up and all(m in (1, n) for m, n in zip(sigma.shape, x.shape, strict=True))
    if sigma.shape != x.shape[:1] and not lined_up:
        raise ValueError(
            f"sigma has shape {tuple(sigma.shape)}; expected ({x.shape[0]},), one noise level an item; "
            f"use torch.full((B,), value) for a shared level, [B, 1, T, 1, 1] for one a frame"
        )
    if sigma.dtype not in (torch.float32, torch.float64):
        raise ValueError(f"sigma is {sigma.dtype}; expected float32, noise levels are never rounded to less")
    return sigma if lined_up else sigma.reshape(-1, *([1] * (x.ndim - 1)))


def interpolate(x0: Tensor, noise: Tensor, sigma: Tensor) -> Tensor:
    """Point of the path: x_sigma = (1 - sigma) x0 + sigma eps.

    Args:
        x0: Data [B, ...].
        noise: Standard normal eps, shaped like x0.
        sigma: Noise level [B] in [0, 1], float32.

    Returns:
        x_sigma [B, ...]; float32 or wider, since sigma is.
    """
    level = expand(sigma, x0)
    return (1 - level) * x0 + level * noise


def velocity_target(x0: Tensor, noise: Tensor) -> Tensor:
    """Derivative of the path, dx/dsigma = eps - x0 [B, ...]; does not depend on sigma.

    The network regresses on it, so that its velocity is E[eps - x0 | x_sigma].
    """
    return noise - x0


def data_estimate(x: Tensor, velocity: Tensor, sigma: Tensor) -> Tensor:
    """E[x0 | x] = x - sigma v [B, ...], the end of the straight line through x along v."""
    return x - expand(sigma, x) * velocity


def noise_estimate(x: Tensor, velocity: Tensor, sigma: Tensor) -> Tensor:
    """E[eps | x] = x + (1 - sigma) v [B, ...]. The score of x_sigma is minus this over sigma."""
    return x + (1 - expand(sigma, x)) * velocity


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
