"""Keys of MLM-U."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.training.language.config import ImitationConfig

Masking = Literal["uniform", "fixed", "suffix"]


class MLMUConfig(ImitationConfig):
    """Masked prediction of solutions, and its two controls."""

    method: Literal["mlm-u"] = Field(default="mlm-u", description="fixed")
    masking: Masking = Field(
        default="uniform",
        description="uniform: a rate drawn for each passage; fixed: always mask_rate; suffix: all behind a place",
    )
    mask_rate: float = Field(default=0.15, gt=0, le=1, description="share of tokens masked, of masking fixed")

    @model_validator(mode="after")
    def _fills_masks(self) -> Self:
        if self.model is not None and self.model.family != "masked":
            raise ValueError(
                f"family '{self.model.family}' has no masks to fill: take masked, or train it with text-sft"
            )
        if self.trace != "none":
            raise ValueError("a masked model answers without a trace: leave trace at none")
        return self
