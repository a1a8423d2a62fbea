"""From rewards to advantages, within groups of rollouts.

Law: a group whose rewards are equal gets exactly zero; adding a constant to a group's rewards, or scaling
them, changes nothing. Where a video stands says nothing about its group.

Source: GRPO, arXiv:2402.03300, Section 4.1.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Rewards = npt.NDArray[np.float64]


def group_advantages(
    rewards_B: npt.ArrayLike, group_ids_B: npt.ArrayLike, *, min_spread: float, max_advantage: float
) -> tuple[Rewards, npt.NDArray[np.bool_]]:
    """(r - mean) / std within each group, clipped to +-max_advantage: float64 [B], and bool [B] of videos whose
    group carries a signal.

    A group whose rewards lie within `min_spread` of each other (the reward's resolution) counts as equal:
    its advantages are exactly 0, so rounding is never blown up into a gradient. std divides by the group's size.

    Raises:
        ValueError: For a reward that is not finite, or a group of fewer than two.
    """
    rewards, ids = np.asarray(rewards_B, np.float64), np.asarray(group_ids_B)
    if rewards.ndim != 1 or rewards.shape != ids.shape:
        raise ValueError(f"rewards of shape {rewards.shape} and group_ids of {ids.shape}: expected [B] twice")
    if not np.isfinite(rewards).all():
        raise ValueError(
            f"{int((~np.isfinite(rewards)).sum())} rewards are not finite: a failed judgement is no number"
        )
    advantages, live = np.zeros_like(rewards), np.zeros(len(rewards), bool)
    for group in np.unique(ids):
        own = ids == group
        if own.sum() < 2:
            raise ValueError(f"group {group} has one video: a video is compared with others of its group")
        values = rewards[own]
        if np.ptp(values) > min_spread:
            advantages[own] = np.clip((values - values.mean()) / values.std(), -max_advantage, max_advantage)
            live[own] = True
    return advantages, live
