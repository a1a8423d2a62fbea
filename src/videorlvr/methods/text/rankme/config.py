"""Keys of the probe of hidden states of policies that write."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from videorlvr.training.config import MethodConfig, Task


class TextRankMeConfig(MethodConfig):
    """What is looked at."""

    method: Literal["text-rankme"] = Field(default="text-rankme", description="fixed")
    tasks: list[Task] = Field(min_length=1, description="worlds and levels, as maze:small,sokoban:small")
    problems: int = Field(default=512, ge=2, description="validation problems of each world")
    first: int = Field(default=11, ge=1, description="first direction of the fit of alpha, counted from 1")
    last: int = Field(default=100, ge=3, description="its last direction")
    draws: int = Field(default=100, ge=2, description="draws of the bootstrap over boards")
