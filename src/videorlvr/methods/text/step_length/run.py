"""The learner: next-token prediction of lengthened traces."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from videorlvr.methods.text.step_length.config import StepLengthConfig
from videorlvr.methods.text.step_length.math import told
from videorlvr.training.language.examples import Batch, Tell
from videorlvr.training.language.imitation import Imitation, next_token_loss


class StepLength(Imitation):
    """What it adds to imitation: its traces, and the loss of the next token."""

    config: StepLengthConfig

    def tell_one(self) -> Tell:
        config = self.config
        return partial(
            told, form=self.policy.form.board, restatements=config.restatements, content=config.content
        )

    def loss(self, world: str, batch: Batch, index: int) -> Tensor:
        return next_token_loss(self.policy.logits(batch.ids), batch.ids, batch.weights)
