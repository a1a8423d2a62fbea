"""The error of a velocity at a noisy point of the path: what all regressions on videos are made of.

Law: the given part enters clean and counts nowhere, neither in the error nor in its divisor.

Legend: `x0`, `noise`, `clean` [B, ...]; `sigma` [B]; `free` bool, broadcastable, True = free dimension.
"""

import torch
from torch import Tensor

from videorlvr.flow.at import At, Field
from videorlvr.flow.path import interpolate, velocity_target


def square_error(
    field: Field, x0: Tensor, sigma: Tensor, noise: Tensor, *, free: Tensor, clean: Tensor
) -> Tensor:
    """|v(x_sigma, sigma) - (noise - x0)|^2 in each dimension, [B, ...], 0 in given ones; differentiable.

    Its mean over free dimensions is flow matching's loss; weighted by advantages, or against another policy's
    velocity, it is that of forward-process objectives.

    Source: flow matching, arXiv:2210.02747, Eq. 14.
    """
    return error_of(field(noisy(x0, sigma, noise, free, clean), At(sigma)), x0, noise, free)


def noisy(x0: Tensor, sigma: Tensor, noise: Tensor, free: Tensor, clean: Tensor) -> Tensor:
    """x_sigma, clean where it is given."""
    return torch.where(free, interpolate(x0, noise, sigma), clean)


def error_of(velocity: Tensor, x0: Tensor, noise: Tensor, free: Tensor) -> Tensor:
    """|velocity - (noise - x0)|^2, 0 where it is given."""
    return torch.where(free, (velocity - velocity_target(x0, noise)) ** 2, 0.0)


def mean_over_free(values: Tensor, free: Tensor) -> Tensor:
    """Mean of `values` over all free dimensions of the batch, a scalar."""
    return values.sum() / free.expand_as(values).sum()


def item_means(values: Tensor, free: Tensor) -> Tensor:
    """Mean of `values` over the free dimensions of each item, [B]."""
    return values.flatten(1).sum(1) / free.expand_as(values).flatten(1).sum(1)
