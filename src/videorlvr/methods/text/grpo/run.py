"""GRPO's learner on language policies."""

from __future__ import annotations

from videorlvr.methods.text.grpo.config import TextGRPOConfig
from videorlvr.training.language.clipping import ClippedTrials
from videorlvr.training.language.trials import TextTrials


class TextGRPO(ClippedTrials):
    """What it adds to learning by trial: what a thought and a well-formed answer are worth."""

    config: TextGRPOConfig

    def make_trials(self) -> TextTrials:
        config = self.config
        return TextTrials(
            config, self.policy, truth_weight=config.truth_weight, format_weight=config.format_weight
        )
