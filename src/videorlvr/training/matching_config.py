"""Keys that every objective on the forward process has."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from pydantic import Field, model_validator

from videorlvr.flow.steps import Window, window_steps
from videorlvr.training.config import OptimizerName, RolloutConfig


class MatchingConfig(RolloutConfig):
    """Groups of own videos, judged, learnt from at noise levels of the path."""

    window: Window = Field(
        default="all", description="solver steps whose noise levels are trained (Early-Step Focus)"
    )
    num_trained: int | None = Field(default=None, ge=1, description="how many; null for window all")
    draws: int = Field(default=2, ge=1, description="noise draws of a video, or pair, in its update")
    updates: int = Field(
        default=2, ge=1, description="optimizer steps an iteration, each on its own share of the groups"
    )
    optimizer: OptimizerName = Field(
        default="adamw", description="muon for matrices of blocks, adamw elsewhere"
    )
    lr: float = Field(default=1e-4, gt=0, description="peak learning rate")
    final_lr: float = Field(
        default=1.0, ge=0, le=1, description="learning rate at the end, over its peak: a cosine"
    )
    warm_moments: int = Field(
        default=4, ge=0, description="updates that fill the optimizer's moments and move no weight"
    )
    warmup: int = Field(default=0, ge=0, description="updates after these in which the rate rises linearly")
    weight_decay: float = Field(default=0.0, ge=0, description="decoupled weight decay")
    grad_clip: float = Field(default=1.0, gt=0, description="longer gradients are shortened to this norm")
    ema: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="decay an iteration of the average that rolls out and is saved; 0 for the policy itself",
    )
    kl_weight: float = Field(
        default=0.0, ge=0, description="weight of the mean squared change of the velocity since init's"
    )
    demonstrations: int = Field(
        default=0, ge=0, description="solved problems a world, SFT's first, that are imitated beside"
    )
    demonstration_seed: int = Field(
        default=0, ge=0, description="seed of the SFT run whose problems these are"
    )
    demonstration_weight: float = Field(default=1.0, gt=0, description="weight of imitating them")
    stop_below: float | None = Field(
        default=0.1,
        gt=0,
        le=1,
        description="fall of success below the run's start that stops it; null for any",
    )

    @property
    def needs_init(self) -> bool:
        """It is what the policy is pulled to."""
        return self.kl_weight > 0

    @model_validator(mode="after")
    def _window_fits(self) -> Self:
        if self.window != "all":
            window_steps(self.window, self.num_trained, self.sampling.steps, np.random.default_rng(0))
        elif self.num_trained not in (None, self.sampling.steps):
            raise ValueError(
                f"num_trained={self.num_trained} with window 'all': all {self.sampling.steps} steps' levels are "
                "trained; leave num_trained at null"
            )
        return self


MICRO_MAZE: dict[str, Any] = {
    "tasks": ["maze:micro"],
    "init": "runs/micro-maze-sft/policy",
    "sampling": {"steps": 5, "shift": 3.0},
    "num_steps": 40,
    "problems": 32,
    "group": 8,
    "batch": 64,
    "lr": 1e-4,
    "final_lr": 0.1,
}
"""A run of any method on own videos on a CPU: its recipe `micro-maze-...`."""

TINY: dict[str, Any] = {
    "tasks": ["flowfree:micro"],
    "sampling": {"steps": 2},
    "problems": 2,
    "group": 4,
    "batch": 8,
    "warm_moments": 0,
    "updates": 1,
    "draws": 1,
    "lr": 1e-5,
}
"""Settings with which a run of any method on own videos is tiny: the `demo` of its record."""
