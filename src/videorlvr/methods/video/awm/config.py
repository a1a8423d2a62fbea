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
    credit: Literal["video", "frame", "chunk"] = Field(
        default="video",
        description="one advantage a video, or one a frame, or a causal policy's chunk, up to the judge's first fault",
    )
    stop_at_fault: bool = Field(
        default=False,
        description="credit chunk: a rollout ends with the chunk in which the judge finds a fault",
    )
    bonus: float = Field(
        default=1.0,
        ge=0,
        description="credit frame and chunk: what a success earns beside its legal frames, worth 1 together",
    )
    discount: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="credit frame and chunk: of what is earned later, a frame",
    )

    @model_validator(mode="after")
    def _ratio_of_videos(self) -> Self:
        if self.credit != "video" and self.clip is not None:
            raise ValueError(
                f"clip={self.clip:g} with credit '{self.credit}': a ratio is of a whole video; leave clip at null"
            )
        if self.stop_at_fault and self.credit != "chunk":
            raise ValueError(
                f"stop_at_fault with credit '{self.credit}': what comes after a fault must count nowhere; take credit "
                "'chunk' with a causal policy, or leave stop_at_fault out"
            )
        return self
