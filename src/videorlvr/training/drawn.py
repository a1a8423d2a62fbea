"""A micro-batch at its points of the path, and figures that are summed over micro-batches.

B = U * M, unit-major: the videos of a unit are neighbours.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import torch
from torch import Tensor

from videorlvr.flow.matching import Point, velocity_error
from videorlvr.models.api import Condition
from videorlvr.training.ranks import ALONE, Ranks
from videorlvr.training.track import Metrics


@dataclass(eq=False)
class Drawn:
    """weight_U: [U] or [U, T]. old, start: velocities [B, ...] of the policy that rolled out and of the one that RL
    began with, None where no one asks for them."""

    point: Point
    condition: Condition
    weight_U: Tensor
    old: Tensor | None = None
    start: Tensor | None = None

    @property
    def free(self) -> Tensor:
        return self.condition.free

    def error(self, velocity: Tensor) -> Tensor:
        """e of each video, [B]."""
        return velocity_error(velocity, self.point.target, self.free)


@dataclass
class Sums:
    """Means over micro-batches; read once an iteration, so the device is not waited for in between."""

    values: dict[str, list[Tensor]] = field(default_factory=dict)

    def add(self, **figures: Tensor) -> None:
        for name, value in figures.items():
            self.values.setdefault(name, []).append(value.detach().float())

    def means(self, ranks: Ranks = ALONE) -> Metrics:
        """Over the micro-batches of all ranks."""
        own = {name: torch.stack(parts).tolist() for name, parts in self.values.items()}
        told = ranks.everyones_values(own)
        names = dict.fromkeys(name for one in told for name in one)
        return {
            name: float(np.mean([value for one in told for value in one.get(name, [])])) for name in names
        }
