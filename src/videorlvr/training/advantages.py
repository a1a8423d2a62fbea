"""From rewards to advantages, within a group of rollouts of one problem.

Law: a group whose rewards are equal gets exactly zero; adding a constant to a group's rewards, or scaling
them, changes nothing.

Source: GRPO, arXiv:2402.03300, Section 4.1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def group_advantages(
    rewards_PG: npt.ArrayLike, *, min_spread: float, max_advantage: float
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """(r - mean) / std within each group, clipped to +-max_advantage: float64 [P, G], and bool [P] of groups
    that carry a signal.

    A group whose rewards lie within `min_spread` of each other (the reward's resolution) counts as equal:
    its advantages are exactly 0, so rounding is never blown up into a gradient. std divides by G.

    Raises:
        ValueError: For a reward that is not finite, or groups of fewer than two.
    """
    rewards = np.asarray(rewards_PG, np.float64)
    if rewards.ndim != 2 or rewards.shape[1] < 2:
        raise ValueError(
            f"rewards of shape {rewards.shape}: expected [problems, group] with a group of 2 or more"
        )
    if not np.isfinite(rewards).all():
        raise ValueError(
            f"{int((~np.isfinite(rewards)).sum())} rewards are not finite: a failed judgement is no number"
        )
    live = np.ptp(rewards, axis=1) > min_spread
    centred = rewards - rewards.mean(axis=1, keepdims=True)
    std = np.where(live, rewards.std(axis=1), 1.0)[:, None]
    advantages = np.where(live[:, None], centred / std, 0.0)
    return np.clip(advantages, -max_advantage, max_advantage), live
