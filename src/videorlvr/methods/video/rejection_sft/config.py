"""Keys of rejection SFT."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videorlvr.training.matching_config import MatchingConfig


class RejectionSFTConfig(MatchingConfig):
    """Rejection SFT."""

    method: Literal["rejection-sft"] = Field(default="rejection-sft", description="fixed")
    most_a_problem: int | None = Field(
        default=None, ge=1, description="successes of one problem that are learnt from; null for all"
    )
