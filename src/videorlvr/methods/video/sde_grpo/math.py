"""The clipped policy objective over the Gaussian steps of a rollout.

    ratio = exp(l + k),   l = log_prob_mean(new) - log_prob_mean(old),   k = KL_mean(old || new), no gradient
    loss  = -min(ratio A, clip(ratio, 1 - c / sqrt(D), 1 + c / sqrt(D)) A)

With the log-probability reduced by a mean over D free dimensions, l has standard deviation c / sqrt(D) for a
drift c, but its mean -c^2 / 2 does not shrink with D and would push every ratio below a symmetric clip
range. Adding k, which equals that offset, centres it: E[l + k] = 0.

Source: SDE-GRPO, VideoRLVR, arXiv:2605.15458, Section 4.2; the ratio's bias, GRPO-Guard, arXiv:2510.22319.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class PolicyLoss:
    """Of each item [B]: loss with gradient; ratio; whether the clip stopped its gradient."""

    loss_B: Tensor
    ratio_B: Tensor
    stopped_B: Tensor


def clipped_policy_loss(
    log_prob_B: Tensor, old_log_prob_B: Tensor, drift_B: Tensor, advantage_B: Tensor, *, clip: float
) -> PolicyLoss:
    """The objective of one window step for each item.

    Args:
        log_prob_B, old_log_prob_B: mean-reduced log-probabilities of the stored action.
        drift_B: KL_mean(old || new) >= 0, detached.
        advantage_B: group-normalised advantages.
        clip: half-width of the ratio's range, `gaussian.clip_from_drift`.
    """
    ratio = torch.exp(log_prob_B - old_log_prob_B + drift_B)
    plain = ratio * advantage_B
    limited = ratio.clamp(1 - clip, 1 + clip) * advantage_B
    stopped = (limited < plain) & (advantage_B != 0)
    return PolicyLoss(-torch.minimum(plain, limited), ratio.detach(), stopped)
