"""The loss of GRPO on tokens. Pure.

B batch, N tokens.
"""

from __future__ import annotations

import torch
from torch import Tensor


def clipped_loss(
    log_probs_BN: Tensor, old_BN: Tensor, advantages_BN: Tensor, *, low: float, high: float
) -> tuple[Tensor, Tensor]:
    """(loss, bool: was the ratio clipped), [B, N]: - min(ratio A, clip(ratio, 1 - low, 1 + high) A).

    Source: PPO, arXiv:1707.06347, equation 7; two bounds, arXiv:2503.14476, equation 5.
    """
    ratio = (log_probs_BN - old_BN).exp()
    bounded = ratio.clamp(1 - low, 1 + high)
    loss = -torch.minimum(ratio * advantages_BN, bounded * advantages_BN)
    return loss, (ratio != bounded) & (bounded * advantages_BN < ratio * advantages_BN)


def kl_estimate(log_probs_BN: Tensor, reference_BN: Tensor) -> Tensor:
    """exp(d) - d - 1 with d = log p_reference - log p, [B, N]: not below 0, and its mean over the policy's own tokens
    is KL(policy || reference).

    Source: arXiv:2402.03300, equation 4.
    """
    gap = reference_BN - log_probs_BN
    return gap.exp() - gap - 1
