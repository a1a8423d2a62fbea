"""Keys of GlimpRouter."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videorlvr.training.config import MethodConfig, Task

Signal = Literal["entropy", "margin", "mean-entropy", "random", "oracle"]


class GlimpRouterConfig(MethodConfig):
    """Which steps go to the large model."""

    method: Literal["glimp-router"] = Field(default="glimp-router", description="fixed")
    large: str = Field(description="policy folder of the large model")
    signal: Signal = Field(
        default="entropy",
        description="of the first token entropy or margin; mean-entropy of the step; random; oracle, which knows",
    )
    rate: float = Field(default=0.25, ge=0, le=1, description="share of steps that go to the large model")
    task: Task = Field(
        default=Task(world="maze", level="small"),
        description="world and level on whose validation boards the threshold is found, as maze:small",
    )
    problems: int = Field(default=128, ge=2, description="validation boards")
