"""Keys of DPO in words."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.training.language.config import PreferenceConfig


class TextDPOConfig(PreferenceConfig):
    """DPO on pairs of own answers, with an SFT term."""

    method: Literal["text-dpo"] = Field(default="text-dpo", description="fixed")
    teacher: bool = Field(
        default=False, description="whether the solver's solution stands in where no answer of a group solves"
    )

    @model_validator(mode="after")
    def _teaches_without_thought(self) -> Self:
        if self.teacher and self.writing.think:
            raise ValueError(
                "teacher gives a solution without a thought: take writing.think false, or no teacher"
            )
        return self
