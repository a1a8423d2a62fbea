"""Plantain's learner: next-token prediction of passages with a plan in front."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from videorlvr.methods.text.plantain.config import PlantainConfig
from videorlvr.methods.text.plantain.math import planned
from videorlvr.training.language.examples import Batch, Tell
from videorlvr.training.language.imitation import Imitation, next_token_loss


class Plantain(Imitation):
    """What it adds to imitation: plans, and the loss of the next token."""

    config: PlantainConfig

    def tell_one(self) -> Tell:
        config = self.config
        return partial(
            planned,
            form=self.policy.form.board,
            trace=config.trace,
            times=config.times,
            plan=config.plan,
        )

    def loss(self, world: str, batch: Batch, index: int) -> Tensor:
        return next_token_loss(self.policy.logits(batch.ids), batch.ids, batch.weights)
