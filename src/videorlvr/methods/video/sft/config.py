"""Keys of SFT."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videorlvr.training.supervised_config import SupervisedConfig


class SFTConfig(SupervisedConfig):
    """Velocity regression on oracle videos."""

    method: Literal["sft"] = Field(default="sft", description="fixed")
    drop: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="share of videos that are learnt without first frame and prompt, so that both can guide",
    )
