"""Keys of SFT."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videorlvr.training.supervised_config import SupervisedConfig


class SFTConfig(SupervisedConfig):
    """Velocity regression on oracle videos."""

    method: Literal["sft"] = Field(default="sft", description="fixed")
