"""The learner: next-token prediction of lengthened traces."""

from __future__ import annotations

from functools import partial

from torch import Tensor
from torch.nn.functional import cross_entropy

from videorlvr.methods.text.step_length.config import StepLengthConfig
from videorlvr.methods.text.step_length.math import told
from videorlvr.training.language.examples import Batch, Tell
from videorlvr.training.language.imitation import Imitation, weighted_mean


class StepLength(Imitation):
    """What it adds to imitation: its traces, and the loss of the next token."""

    config: StepLengthConfig

    def tell_one(self) -> Tell:
        config = self.config
        return partial(
            told, form=self.policy.form.board, restatements=config.restatements, content=config.content
        )

    def loss(self, world: str, batch: Batch, index: int) -> Tensor:
        logits = self.policy.logits(batch.ids)
        loss = cross_entropy(logits[:, :-1].flatten(0, 1), batch.ids[:, 1:].flatten(), reduction="none")
        return weighted_mean(loss.view_as(batch.ids[:, 1:]), batch.weights[:, 1:])
