"""Advantage-weighted matching: a policy gradient whose log-likelihood is minus the matching error.

    l = -e,  e = mean over free dimensions of |v(x_sigma, sigma) - (eps - x0)|^2
    ratio = exp(l - l_old),    loss = max(-A ratio, -A clip(ratio, 1 - c, 1 + c))

With one update an iteration the ratio is 1 and the gradient is A grad e, so the loss A e may be taken in its place
(`clip` None): it needs no second network call.

Source: arXiv:2509.25050, and its authors' code (weight of noise levels: uniform).
"""

from __future__ import annotations

import torch
from torch import Tensor


def matching_loss(error_U: Tensor, advantage_U: Tensor) -> Tensor:
    """A e: [U]. For equal A > 0 it is A times the loss of SFT on own videos."""
    return advantage_U * error_U


def clipped_matching_loss(error_U: Tensor, old_error_U: Tensor, advantage_U: Tensor, clip: float) -> Tensor:
    """max(-A ratio, -A clip(ratio)): [U]. Its gradient at ratio 1 is that of `matching_loss`."""
    ratio = torch.exp(old_error_U - error_U)
    return torch.maximum(-advantage_U * ratio, -advantage_U * ratio.clamp(1 - clip, 1 + clip))
