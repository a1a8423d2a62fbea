"""What an iteration learns from: units of own videos with weights, and their micro-batches of one shape.

A unit is one video, or a pair. Groups are neighbours, and an update takes whole neighbourhoods, so that a video
meets those that it was compared with.

N videos of a world, U units, M videos a unit, B = U * M videos of a micro-batch, T frame.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from videorlvr.players.rollouts import Rollouts
from videorlvr.training.credit import frame_advantages, legal_frames
from videorlvr.training.experience import Judged
from videorlvr.worlds.api import Verdict


@dataclass(frozen=True, eq=False)
class Own:
    """All own videos of a world in an iteration, with what was judged of each. Those of a group are neighbours."""

    rollouts: Rollouts
    verdicts: list[Verdict]
    rewards_N: npt.NDArray[np.float64]
    advantages_N: Tensor
    live_N: npt.NDArray[np.bool_]

    @staticmethod
    def of(parts: Sequence[Judged]) -> Own:
        """The batches of one world."""
        return Own(
            Rollouts.cat([part.rollouts for part in parts]),
            [verdict for part in parts for verdict in part.verdicts],
            np.concatenate([part.rewards for part in parts]),
            torch.cat([part.advantages for part in parts]),
            np.concatenate([part.live for part in parts]),
        )


@dataclass(frozen=True, eq=False)
class Units:
    """What is learnt from in one world, in an order in which groups are neighbours.

    index_UM: videos of each unit, int64 on the CPU.  weight_U: [U] or [U, T] on the device.
    """

    rollouts: Rollouts
    index_UM: Tensor
    weight_U: Tensor

    def __len__(self) -> int:
        return len(self.index_UM)


@dataclass(frozen=True, eq=False)
class MicroBatch:
    """Units by number [U], what each counts in the update's gradient [U], and the seed of their noise and levels."""

    units: Units
    number_U: Tensor
    count_U: Tensor
    seed: int


def micro_batches(
    live: Mapping[str, Units],
    update: int,
    *,
    updates: int,
    draws: int,
    size: int,
    rngs: Mapping[str, np.random.Generator],
) -> tuple[list[MicroBatch], list[MicroBatch]]:
    """Units of one of `updates` updates, each `draws` times, `size` videos at a time; in two halves of the units.

    What they count adds up to 1, equally over worlds. The last batch of a world is filled up with copies that count
    nothing, so a compiled network sees one shape.
    """
    halves: tuple[list[MicroBatch], list[MicroBatch]] = ([], [])
    for world, units in live.items():
        bounds = np.linspace(0, len(units), updates + 1).round().astype(int)
        count = int(bounds[update + 1] - bounds[update]) * draws
        per_batch = max(1, size // units.index_UM.shape[1])
        starts = range(0, count, per_batch)
        for at, begin in enumerate(starts):
            place = np.arange(begin, begin + per_batch)
            number = bounds[update] + np.minimum(place, count - 1) // draws
            counts = torch.from_numpy((place < count) / (count * len(live)))
            seed = int(rngs[world].integers(2**62))
            made = MicroBatch(units, torch.from_numpy(number), counts, seed)
            halves[at >= len(starts) // 2].append(made)
    return halves


def advantage_units(own: Own) -> Units:
    """Each video of a group with spread, weighted by its group-normalised advantage."""
    number = torch.from_numpy(np.flatnonzero(own.live_N))
    return Units(own.rollouts, number[:, None], own.advantages_N[number.to(own.advantages_N.device)])


def frame_credit_units(
    own: Own, *, bonus: float, discount: float, max_advantage: float, chunks: Sequence[slice] | None = None
) -> Units:
    """The same with an advantage for each frame, or chunk of frames, from the judge's first faulty one (`credit`)."""
    num_frames = own.rollouts.problems[0].num_frames
    advantages_NT, live_N = frame_advantages(
        legal_frames(own.verdicts, num_frames),
        own.rollouts.group_ids,
        num_frames,
        bonus=bonus,
        discount=discount,
        max_advantage=max_advantage,
        chunks=chunks,
    )
    number = np.flatnonzero(live_N)
    weight = torch.from_numpy(advantages_NT[number]).to(own.advantages_N)
    return Units(own.rollouts, torch.from_numpy(number)[:, None], weight)
