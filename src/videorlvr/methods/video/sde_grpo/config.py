"""Keys of SDE-GRPO."""

from __future__ import annotations

from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from videorlvr.flow.steps import SdeName, Window, check_noise_scale, window_steps
from videorlvr.training.config import OptimizerName, RolloutConfig

MAX_KL = 0.05


class GRPOConfig(RolloutConfig):
    """SDE-GRPO with a window of trained steps."""

    method: Literal["sde-grpo"] = Field(default="sde-grpo", description="fixed")
    window: Window = Field(default="early", description="which solver steps get noise and gradient")
    num_trained: int | None = Field(
        default=4, ge=1, description="how many; at most sampling.steps - 1, null for window all"
    )
    sde: SdeName = Field(default="ddim-eta", description="the stochastic step")
    noise_scale: float = Field(default=0.7, gt=0, description="its eta; at most 1 for ddim-eta and cps")
    optimizer: OptimizerName = Field(
        default="adamw", description="muon for matrices of blocks, adamw elsewhere"
    )
    lr: float = Field(default=2e-5, gt=0, description="learning rate")
    warmup: int = Field(default=0, ge=0, description="iterations in which it rises linearly")
    weight_decay: float = Field(default=0.0, ge=0, description="decoupled weight decay")
    grad_clip: float = Field(
        default=100.0,
        gt=0,
        description="longer gradients are shortened to this norm: a guard against outliers, since max_kl bounds a step",
    )
    updates: int = Field(
        default=1, ge=1, description="optimizer steps an iteration, each on its own part of the batches"
    )
    epochs: int = Field(default=1, ge=1, description="times that they are gone through")
    clip_drift: float = Field(
        default=0.05, gt=0, description="clip range: rms drift of a step's mean a dimension, over its std"
    )
    max_kl: float | None = Field(
        default=MAX_KL,
        gt=0,
        description="nats that an iteration may move a video's path from its rollout; a longer step is shortened and "
        "ends the iteration; null for no bound",
    )
    kl_weight: float = Field(default=0.0, ge=0, description="weight of the KL to init's policy, in nats")

    @property
    def needs_init(self) -> bool:
        """It is the KL's reference."""
        return self.kl_weight > 0

    @model_validator(mode="after")
    def _rejects_behind_the_window(self) -> Self:
        """Where the window may lie is what counts: a random one is another in each iteration."""
        last = self.sampling.steps - 2
        end = (self.num_trained or last + 1) - 1 if self.window == "early" else last
        if self.reject_at is not None and self.reject_at <= end:
            raise ValueError(
                f"reject_at={self.reject_at} with trained steps up to {end}: ending videos there would change what "
                f"training replays; expected a step after {end} and at most {last}, or null"
            )
        return self

    @model_validator(mode="after")
    def _fits(self) -> Self:
        # Raises with the reason if the window does not fit the sampler; which steps it draws does not matter.
        window_steps(self.window, self.num_trained, self.sampling.steps, np.random.default_rng(0))
        check_noise_scale(self.sde, self.noise_scale)
        batches = self.problems * self.group // self.batch
        if batches % self.updates:
            raise ValueError(
                f"{self.problems} problems x {self.group} videos make {batches} batches of {self.batch}: "
                f"expected a multiple of updates={self.updates}"
            )
        return self
