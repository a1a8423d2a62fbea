"""Keys of DPO in words."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.training.language.config import TrialsConfig


class TextDPOConfig(TrialsConfig):
    """DPO on pairs of own answers, with an SFT term."""

    method: Literal["text-dpo"] = Field(default="text-dpo", description="fixed")
    beta: float = Field(
        default=0.1, gt=0, description="how much a change from the start counts, a nat of log-probability"
    )
    sft_weight: float = Field(
        default=0.1, ge=0, description="weight of the log-likelihood of chosen answers, a token"
    )
    teacher: bool = Field(
        default=False, description="whether the solver's solution stands in where no answer of a group solves"
    )

    @property
    def needs_init(self) -> bool:
        """It is the reference."""
        return True

    @model_validator(mode="after")
    def _draws(self) -> Self:
        if self.writing.temperature == 0:
            raise ValueError("writing.temperature 0 writes the same answer a whole group over: take 1")
        if self.teacher and self.writing.think:
            raise ValueError(
                "teacher gives a solution without a thought: take writing.think false, or no teacher"
            )
        return self
