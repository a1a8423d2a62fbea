"""Group preference as a learner: pairs of the best and the worst of each group."""

from __future__ import annotations

import torch
from torch import Tensor

from videorlvr.methods.video.preference.config import PreferenceConfig
from videorlvr.methods.video.preference.math import best_and_worst, preference_loss
from videorlvr.training.drawn import Drawn
from videorlvr.training.matching import MatchingLearner
from videorlvr.training.units import Own, Units


class Preference(MatchingLearner):
    config: PreferenceConfig
    needs_start = True

    def units(self, own: Own) -> Units:
        config = self.config
        pairs = best_and_worst(
            own.rewards_N, own.rollouts.group_ids, min_spread=config.min_spread, most=config.pairs
        )
        weight = torch.ones(len(pairs), device=own.advantages_N.device)
        return Units(own.rollouts, torch.from_numpy(pairs), weight)

    def loss(self, velocity: Tensor, drawn: Drawn) -> Tensor:
        assert drawn.start is not None
        winner, loser = drawn.error(velocity).reshape(-1, 2).unbind(1)
        winner_start, loser_start = drawn.error(drawn.start).reshape(-1, 2).unbind(1)
        return preference_loss(winner, loser, winner_start, loser_start, self.config.beta)
