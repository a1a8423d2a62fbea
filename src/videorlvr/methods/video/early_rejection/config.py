"""Keys of early rejection."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.training.config import MethodConfig


class EarlyRejectionConfig(MethodConfig):
    """Some videos of a problem are begun, all judged at one step, the worst dropped, the best of the rest answered."""

    method: Literal["early-rejection"] = Field(default="early-rejection", description="fixed")
    starts: int = Field(default=4, ge=1, le=1024, description="videos of a problem that are begun")
    at: int | None = Field(
        default=2,
        ge=0,
        description="step, counted from 0, whose data estimates are judged; null drops none, which is best-of-N",
    )
    keep: int = Field(
        default=1, ge=1, description="videos of a problem that go on to the end; nothing where at is null"
    )
    choose: Literal["judge", "random"] = Field(
        default="judge", description="who chooses those at the step; random is the control of equal cost"
    )
    reward: str = Field(default="dense-v1", description="the reward that partial judging goes by")

    @model_validator(mode="after")
    def _keeps_some(self) -> Self:
        if self.at is not None and self.keep > self.starts:
            raise ValueError(f"keep={self.keep} of starts={self.starts}: expected no more than are begun")
        return self
