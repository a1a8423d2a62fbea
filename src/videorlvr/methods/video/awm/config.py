"""Keys of advantage-weighted matching."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.training.matching_config import MatchingConfig


class AWMConfig(MatchingConfig):
    """Advantage-weighted matching."""

    method: Literal["awm"] = Field(default="awm", description="fixed")
    clip: float | None = Field(
        default=None,
        gt=0,
        description="range of the ratio to the policy that rolled out; null takes the ratio as 1, a call cheaper",
    )
    credit: Literal["video", "frame"] = Field(
        default="video", description="one advantage a video, or one a frame from the judge's first faulty one"
    )
    bonus: float = Field(
        default=1.0,
        ge=0,
        description="credit frame: what a success earns beside its legal frames, worth 1 together",
    )
    discount: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="credit frame: of what is earned later, a frame",
    )

    @model_validator(mode="after")
    def _ratio_of_videos(self) -> Self:
        if self.credit == "frame" and self.clip is not None:
            raise ValueError(
                f"clip={self.clip:g} with credit 'frame': a ratio is of a whole video; leave clip at null"
            )
        return self
