"""Keys of DiffusionNFT."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videorlvr.training.matching_config import MatchingConfig


class NFTConfig(MatchingConfig):
    """DiffusionNFT."""

    method: Literal["nft"] = Field(default="nft", description="fixed")
    beta: float = Field(
        default=1.0,
        gt=0,
        description="distance of the implicit velocities from that of the policy that rolled out",
    )
