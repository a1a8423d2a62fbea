"""Keys of group preference."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videorlvr.training.matching_config import MatchingConfig


class PreferenceConfig(MatchingConfig):
    """Group preference."""

    method: Literal["preference"] = Field(default="preference", description="fixed")
    beta: float = Field(
        default=500.0, gt=0, description="how little two errors must differ to tell a pair apart"
    )
    pairs: int = Field(default=4, ge=1, description="pairs of a group, best with worst first")

    @property
    def needs_init(self) -> bool:
        """It is what errors are compared with."""
        return True
