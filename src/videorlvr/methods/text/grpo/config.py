"""Keys of GRPO in words."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videorlvr.training.language.config import ClippedConfig


class TextGRPOConfig(ClippedConfig):
    """GRPO with advantages a segment."""

    method: Literal["text-grpo"] = Field(default="text-grpo", description="fixed")
    truth_weight: float = Field(
        default=0.5,
        ge=0,
        le=1,
        description="share of true facts in the reward of a thought; the rest is the answer's",
    )
    format_weight: float = Field(
        default=0.0, ge=0, description="what a well-formed answer earns beside the reward, right or wrong"
    )
