"""Next-token SFT's learner."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from videorlvr.methods.text.sft.config import TextSFTConfig
from videorlvr.training.language.examples import Batch, Tell, tell
from videorlvr.training.language.imitation import Imitation, next_token_loss


class TextSFT(Imitation):
    """What it adds to imitation is its loss, and how rough or undecided its answers are."""

    config: TextSFTConfig

    def tell_one(self) -> Tell:
        config = self.config
        return partial(
            tell,
            form=self.policy.form.board,
            trace=config.trace,
            times=config.times,
            direct=config.direct,
            loose=config.loose,
        )

    def loss(self, world: str, batch: Batch, index: int) -> Tensor:
        # Rows are padded behind, where no token that counts looks: no mask is needed.
        return next_token_loss(self.policy.logits(batch.ids), batch.ids, batch.weights)
