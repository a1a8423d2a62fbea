"""Rejection SFT as a learner: the successes of an iteration, each with weight 1."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from videorlvr.methods.video.rejection_sft.config import RejectionSFTConfig
from videorlvr.methods.video.rejection_sft.math import kept
from videorlvr.training.drawn import Drawn
from videorlvr.training.matching import MatchingLearner
from videorlvr.training.units import Own, Units


class RejectionSFT(MatchingLearner):
    config: RejectionSFTConfig

    def units(self, own: Own) -> Units:
        success = np.array([verdict.success for verdict in own.verdicts])
        number = torch.from_numpy(kept(success, own.rollouts.group_ids, self.config.most_a_problem))
        weight = torch.ones(len(number), device=own.advantages_N.device)
        return Units(own.rollouts, number[:, None], weight)

    def loss(self, velocity: Tensor, drawn: Drawn) -> Tensor:
        return drawn.weight_U * drawn.error(velocity)
