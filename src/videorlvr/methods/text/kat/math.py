"""Advantages of the gate and of what follows it, and the vote of the cold start. Pure.

B answers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from videorlvr.training.advantages import group_advantages

Floats = npt.NDArray[np.float64]


def biased(on: float, off: float, bias: float) -> float:
    """mu_off, raised by w mu_on where it is no more than that below mu_on. Source: arXiv:2509.23967."""
    return off + bias * on if 0 <= on - off <= bias * on else off


def gate_advantages(
    rewards_B: Floats,
    thinks_B: npt.NDArray[np.bool_],
    group_ids_B: npt.NDArray[np.int64],
    *,
    bias: float,
    gamma: float,
    least: float,
    max_advantage: float,
) -> Floats:
    """(mu_mode - mu) / sigma + gamma (r - mu) / sigma of each answer's group, [B], sigma not below `least`.

    Laws: with one mode alone in a group it is gamma times the answer's own; equal rewards without bias give 0.
    """
    out = np.zeros(len(rewards_B))
    for group in np.unique(group_ids_B):
        own = group_ids_B == group
        earned, thinks = rewards_B[own], thinks_B[own]
        mean, spread = earned.mean(), max(float(earned.std()), least)
        of_mode = np.full(len(earned), mean)
        if thinks.any() and not thinks.all():
            on, off = float(earned[thinks].mean()), float(earned[~thinks].mean())
            of_mode = np.where(thinks, on, biased(on, off, bias))
        out[own] = (of_mode - mean + gamma * (earned - mean)) / spread
    return np.clip(out, -max_advantage, max_advantage)


def answer_advantages(
    rewards_B: Floats,
    thinks_B: npt.NDArray[np.bool_],
    group_ids_B: npt.NDArray[np.int64],
    *,
    min_spread: float,
    max_advantage: float,
) -> Floats:
    """(r - mu_mode) / sigma_mode within each group's answers of one mode, [B]; an answer alone in its mode gets 0."""
    parts = 2 * group_ids_B + thinks_B
    _, place, count = np.unique(parts, return_inverse=True, return_counts=True)
    out, several = np.zeros(len(rewards_B)), count[place] > 1
    if several.any():
        out[several], _ = group_advantages(
            rewards_B[several], parts[several], min_spread=min_spread, max_advantage=max_advantage
        )
    return out


def voted(on: Sequence[bool], off: Sequence[bool]) -> bool:
    """Is a board to be thought about? Only where that solves it more often. Source: arXiv:2507.08297."""
    return sum(on) / len(on) > sum(off) / len(off)


def shortest(lengths: Sequence[int], solved: Sequence[bool]) -> int | None:
    """The place of the shortest answer that solves, None if there is none; of equals the first."""
    right = [place for place, does in enumerate(solved) if does]
    return min(right, key=lambda place: lengths[place], default=None)
