"""Keys of the probe of hidden states."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videorlvr.training.config import MethodConfig, Task


class RankMeConfig(MethodConfig):
    """What is looked at."""

    method: Literal["rankme"] = Field(default="rankme", description="fixed")
    tasks: list[Task] = Field(min_length=1, description="worlds and levels, as maze:small,sokoban:small")
    problems: int = Field(default=128, ge=2, description="validation problems of each world")
    sigma: float = Field(default=0.75, ge=0, le=1, description="noise level of the videos that are looked at")
    first: int = Field(default=11, ge=1, description="first direction of the fit of alpha, counted from 1")
    last: int = Field(default=100, ge=3, description="its last direction")
    draws: int = Field(default=100, ge=2, description="draws of the bootstrap over videos")
