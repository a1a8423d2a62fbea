"""What methods share that regress on oracle videos, and no torch: a new policy or one to go on from, and a growing
pool."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from videorlvr.models.config import DiTConfig, ModelConfig
from videorlvr.training.config import MAX_PROBLEMS, OptimizerName, VideoConfig


class SupervisedConfig(VideoConfig):
    """Velocity regression on oracle videos."""

    model: ModelConfig | None = Field(
        default=None, description="form of a new policy; null with init, whose policy has its own form"
    )
    optimizer: OptimizerName = Field(
        default="muon", description="muon for matrices of blocks, adamw elsewhere"
    )
    lr: float = Field(default=5e-3, gt=0, description="peak learning rate: linear rise, then a cosine down")
    final_lr: float = Field(default=0.02, ge=0, le=1, description="learning rate at the end, over its peak")
    warmup: int = Field(default=200, ge=0, description="steps of the rise")
    weight_decay: float = Field(default=0.01, ge=0, description="decoupled weight decay")
    grad_clip: float = Field(default=1.0, gt=0, description="longer gradients are shortened to this norm")
    log_every: int = Field(default=10, ge=1, description="steps a line of metrics")
    ema: float = Field(default=0.999, ge=0, lt=1, description="decay a step of the average that is saved")
    pool_start: int = Field(default=2048, ge=1, description="problems a world that step 0 draws from")
    pool_grow: float = Field(default=32.0, ge=0, description="problems a world that each step adds")
    pool_size: int = Field(default=100_000, ge=1, le=MAX_PROBLEMS, description="problems a world at most")
    demonstration_seed: int | None = Field(
        default=None,
        ge=0,
        le=1_000_000,
        description="seed of the run whose problems these are; null takes this run's own",
    )

    prefer_long: float = Field(
        default=0.0, ge=0, le=1, description="share of draws that take, of two problems, the longer solution"
    )

    @model_validator(mode="after")
    def _one_origin(self) -> Self:
        if self.init is not None and self.model is not None:
            raise ValueError(
                f"init '{self.init}' brings a policy of its own form, so model cannot be set beside it: "
                "leave out model (--model null) or init"
            )
        if self.init is None and self.model is None:
            self.model = DiTConfig()
        return self
