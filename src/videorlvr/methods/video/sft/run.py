"""SFT's learner: the regression on oracle videos; some of them may be learnt without what is given."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.methods.video.sft.config import SFTConfig
from videorlvr.models.api import Condition
from videorlvr.players.guidance import blank_condition, in_part_blank
from videorlvr.training.device import generator_on
from videorlvr.training.supervised import Supervised


class SFT(Supervised):
    """One step over all tasks. The result is the running average of the weights."""

    config: SFTConfig

    def condition(self, world: str, index: int, video: Tensor, prompts: Sequence[str]) -> Condition:
        given = super().condition(world, index, video, prompts)
        if self.config.drop == 0:
            return given
        seed = seeding.seed_of("sft-drop", self.config.seed, world, index)
        drawn = torch.rand(self.config.batch, generator=generator_on(video.device, seed), device=video.device)
        return in_part_blank(
            given,
            blank_condition(self.policy, video[:, 0], video.shape[1]),
            drawn[self.rows] < self.config.drop,
        )
