"""Keys of early rejection in words."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.training.config import MethodConfig, Task


class TextEarlyRejectionConfig(MethodConfig):
    """A beam search over steps of so many tokens, scored before they are whole."""

    method: Literal["text-early-rejection"] = Field(default="text-early-rejection", description="fixed")
    beams: int = Field(default=4, ge=1, le=64, description="answers that are kept, N")
    expand: int = Field(default=4, ge=1, le=64, description="ways that are tried from each, M")
    step: int = Field(default=6, ge=1, description="tokens of a step, L")
    tau: int | None = Field(
        default=2,
        ge=1,
        description="tokens after which a step is scored; null: the whole step, nothing saved",
    )
    score: Literal["exact", "learned", "random"] = Field(
        default="exact",
        description="who scores: the solver; a reading of hidden states; chance early, then the solver",
    )
    temperature: float = Field(default=0.8, gt=0, le=10, description="of writing")
    task: Task = Field(
        default=Task(world="maze", level="small"),
        description="world and level whose boards the learned score is fitted on, and scores are compared, as "
        "maze:small",
    )
    problems: int = Field(default=64, ge=2, description="validation boards on which scores are compared")
    fit: int = Field(default=128, ge=2, description="train boards on which the learned score is fitted")

    @model_validator(mode="after")
    def _within_the_step(self) -> Self:
        if self.tau is not None and self.tau > self.step:
            raise ValueError(f"tau={self.tau} of steps of {self.step} tokens: expected no more than those")
        return self
