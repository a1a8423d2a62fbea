"""DiffusionNFT as a learner: every video of a group with spread, with the velocities of the policy that rolled out."""

from __future__ import annotations

from torch import Tensor

from videorlvr.methods.video.nft.config import NFTConfig
from videorlvr.methods.video.nft.math import nft_loss, optimality
from videorlvr.training.drawn import Drawn
from videorlvr.training.matching import MatchingLearner
from videorlvr.training.units import Own, Units, advantage_units


class NFT(MatchingLearner):
    config: NFTConfig
    needs_old = True

    def units(self, own: Own) -> Units:
        return advantage_units(own)

    def loss(self, velocity: Tensor, drawn: Drawn) -> Tensor:
        assert drawn.old is not None
        r = optimality(drawn.weight_U, self.config.max_advantage)
        return nft_loss(velocity, drawn.old, drawn.point.target, drawn.free, r, self.config.beta)
