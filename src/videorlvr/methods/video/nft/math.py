"""DiffusionNFT: pull towards good videos and push from bad ones by two implicit velocities.

    v+ = (1 - beta) v_old + beta v,    v- = (1 + beta) v_old - beta v
    loss = r |v+ - u|^2 + (1 - r) |v- - u|^2,    u = eps - x0,    r = 1/2 + 1/2 clip(A / A_max, -1, 1)

Bounded below for any r, unlike a negative weight on an error. Where v = v_old the gradient is
beta (2 r - 1) grad |v - u|^2: that of advantage-weighted matching with weight beta A / A_max.
beta = 1 with r = 1 is the loss of SFT on own videos.

Source: arXiv:2509.16117, Section 3. Left out: its weight 1 / |x0 estimate - x0| of each error.
"""

from __future__ import annotations

from torch import Tensor

from videorlvr.flow.matching import velocity_error


def optimality(advantage_U: Tensor, max_advantage: float) -> Tensor:
    """r in [0, 1]: [U]; 1/2 for a video as good as its group's mean."""
    return 0.5 + 0.5 * (advantage_U / max_advantage).clamp(-1, 1)


def nft_loss(
    velocity: Tensor, old: Tensor, target: Tensor, free: Tensor, optimality_U: Tensor, beta: float
) -> Tensor:
    """[U], divided by beta, so that beta does not change the size of the gradient at v = v_old."""
    positive = velocity_error((1 - beta) * old + beta * velocity, target, free)
    negative = velocity_error((1 + beta) * old - beta * velocity, target, free)
    return (optimality_U * positive + (1 - optimality_U) * negative) / beta
