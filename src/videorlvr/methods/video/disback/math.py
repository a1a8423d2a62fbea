"""How two scores move a sample, and which stations are passed when. Pure.

B batch; `x`, `target`, `fake`, `free` [B, ...] of one rank. A score at x_t is known by its data estimate D(x_t).

Source: DisBack, arXiv:2408.15991; distribution matching, arXiv:2311.18828.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.flow.regression import item_means, mean_over_free


def pull(x: Tensor, target: Tensor, fake: Tensor, free: Tensor) -> Tensor:
    """g = (fake - target) / mean |x - target|: the way from the target's data to the student's own, [B, ...].

    It is p_real - p_fake with p = x - D, over the mean of |p_real| in each item's free dimensions; x - g is where the
    student should have been. 0 where it is given.
    """
    size = item_means(torch.where(free, (x - target).abs(), 0.0), free).clamp_min(1e-6)
    return torch.where(free, (fake - target) / size.view(-1, *(1,) * (x.ndim - 1)), 0.0)


def score_loss(x: Tensor, pulled: Tensor, free: Tensor) -> Tensor:
    """1/2 mean over free dimensions of |x - stopgrad(x - g)|^2, whose gradient by x is g over their number."""
    return 0.5 * mean_over_free((x - (x - pulled).detach()) ** 2, free)


def mismatch(target: Tensor, fake: Tensor, free: Tensor) -> Tensor:
    """Root of the mean square of fake - target over free dimensions: the source's own explanation, E |s_phi - s|."""
    return mean_over_free(torch.where(free, (fake - target) ** 2, 0.0), free).sqrt()


def saves(index: int, *, record: int, nodes: int) -> int | None:
    """The station k in 1 .. nodes that is recorded after step `index`, None for none; the last after the last."""
    ends = [round(record * (k + 1) / nodes) - 1 for k in range(nodes)]
    return ends.index(index) + 1 if index in ends else None


def stations(nodes: int, order: str, seed: int) -> list[int]:
    """Targets in the order in which they are passed: from next to last (the last is where one is) to 0, the teacher.

    `shuffled` has those before the teacher in another order.
    """
    way = list(range(nodes - 1, 0, -1))
    if order == "shuffled":
        way = [way[place] for place in _unlike(len(way), seed)]
    return [*way, 0]


def _unlike(count: int, seed: int) -> list[int]:
    """A permutation that is not the identity, where there is one."""
    rng = seeding.rng("disback-order", seed)
    while True:
        drawn: list[int] = np.asarray(rng.permutation(count)).tolist()
        if count < 2 or drawn != list(range(count)):
            return drawn


def target_at(step: int, way: list[int], hold: int) -> int:
    """The station that step `step` of the student goes to; the last one, the teacher, to the end."""
    return way[min(step // hold, len(way) - 1)]
