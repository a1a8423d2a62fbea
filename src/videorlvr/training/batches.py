"""From the batches that were rolled out to those that are learnt from.

Law: three units that need not be one. Credit is the group's and is settled before anything is cut. Replay is the
batch's, in which a network's sums are the rollout's to the last bit. Memory is what one backward pass holds.
A learner's gradient is a sum over videos over a divisor that is known before the first of them, so that it does not
depend on how they are cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from videorlvr.players.rollouts import Rollouts
from videorlvr.training.experience import Judged


@dataclass(frozen=True, eq=False)
class Batch:
    """Videos of one world that go through the network together.

    advantages: float32 [B], 0 in groups without a signal.
    counts: float32 [B], 1; 0 for copies that fill a batch up to the shape that is compiled.
    as_rolled_out: whether it is a batch as it was rolled out, so that its replay is exact.
    """

    rollouts: Rollouts
    advantages: Tensor
    counts: Tensor
    as_rolled_out: bool

    def __len__(self) -> int:
        return len(self.rollouts)


def batches_of(judged: Sequence[Judged], size: int, *, everything: bool, fill: bool) -> list[Batch]:
    """The videos of an update in batches of at most `size`: those with a signal, or all of them.

    A batch that was rolled out in this size, and of which every video is wanted, stays as it is. The others of a
    world are packed, in order, so that groups that teach nothing cost nothing.

    Args:
        everything: Also the videos of groups without a signal (a KL is theirs, too).
        fill: Fill the last batch up with copies that count nothing, for a network that is compiled for one shape.
    """
    out: list[Batch] = []
    for world in dict.fromkeys(part.world for part in judged):
        parts = [part for part in judged if part.world == world]
        wanted = [np.full(len(part.live), everything) | part.live for part in parts]
        loose: list[tuple[Rollouts, Tensor]] = []
        for part, keep in zip(parts, wanted, strict=True):
            if keep.all() and len(keep) == size:
                ones = torch.ones_like(part.advantages)
                out.append(Batch(part.rollouts, part.advantages, ones, as_rolled_out=True))
            elif keep.any():
                index = torch.from_numpy(np.flatnonzero(keep)).to(part.advantages.device)
                loose.append((part.rollouts.pick(index), part.advantages[index]))
        out += _packed(loose, size, fill=fill)
    return out


def _packed(loose: Sequence[tuple[Rollouts, Tensor]], size: int, *, fill: bool) -> list[Batch]:
    if not loose:
        return []
    rollouts = Rollouts.cat([part for part, _ in loose])
    advantages = torch.cat([advantage for _, advantage in loose])
    out = []
    for start in range(0, len(rollouts), size):
        index = torch.arange(start, min(start + size, len(rollouts)), device=advantages.device)
        counts = torch.ones(len(index), device=advantages.device)
        if fill and len(index) < size:
            copies = size - len(index)
            index = torch.cat([index, index[-1:].expand(copies)])
            counts = torch.cat([counts, torch.zeros(copies, device=counts.device)])
        picked = rollouts.pick(index)
        out.append(Batch(picked, advantages[index] * counts, counts, as_rolled_out=False))
    return out
