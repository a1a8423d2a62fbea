"""Keys of GRPO in words."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.training.language.config import TrialsConfig


class TextGRPOConfig(TrialsConfig):
    """GRPO with advantages a segment."""

    method: Literal["text-grpo"] = Field(default="text-grpo", description="fixed")
    updates: int = Field(default=1, ge=1, description="optimizer steps an iteration, each on its own groups")
    epochs: int = Field(default=1, ge=1, description="times that they are gone through")
    clip_low: float = Field(default=0.2, gt=0, lt=1, description="a ratio counts no lower than 1 minus this")
    clip_high: float = Field(default=0.28, gt=0, description="and no higher than 1 plus this")
    kl_weight: float = Field(
        default=0.0, ge=0, description="weight of the KL to the policy that RL began with"
    )
    truth_weight: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of true facts in the reward of a thought; the rest is the answer's",
    )

    @property
    def needs_init(self) -> bool:
        """It is the KL's reference."""
        return self.kl_weight > 0

    @model_validator(mode="after")
    def _draws(self) -> Self:
        if self.writing.temperature == 0:
            raise ValueError("writing.temperature 0 writes the same answer a whole group over: take 1")
        if self.problems % self.updates:
            raise ValueError(
                f"{self.problems} groups are not {self.updates} equal parts: updates must divide problems"
            )
        return self
