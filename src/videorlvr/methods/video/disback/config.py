"""Keys of DisBack."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.players.sampling import Sampling
from videorlvr.training.config import MAX_PROBLEMS, OptimizerName, VideoConfig


class DisBackConfig(VideoConfig):
    """A student of one step, taught by the scores of a teacher and of what lies on the way to it."""

    method: Literal["disback"] = Field(default="disback", description="fixed")
    init: str = Field(description="policy folder of the teacher, which the student begins as")
    sampling: Sampling = Field(
        default=Sampling(steps=1), description="the sampler of the student; it has one step"
    )
    objective: Literal["score", "regression"] = Field(
        default="score",
        description="difference of scores, or regression on the teacher's samples from the same noise, the control",
    )
    nodes: int = Field(
        default=5, ge=0, description="stations of the path back to the teacher; 0 for the teacher alone"
    )
    record: int = Field(
        default=100, ge=0, description="steps in which the path is recorded; nothing where nodes is 0"
    )
    hold: int = Field(default=20, ge=1, description="steps of the student at each station")
    order: Literal["back", "shuffled"] = Field(
        default="back", description="stations in the order of the path, or in another, the control"
    )
    fake_steps: int = Field(
        default=5, ge=1, description="updates of the student's own score for each of the student"
    )
    teacher_steps: int = Field(
        default=5, ge=1, description="solver steps of the teacher's samples; read by regression alone"
    )
    highest: float = Field(
        default=0.98,
        gt=0,
        le=1,
        description="noise levels are drawn up to this one, with the shift of `shift`",
    )
    shift: float = Field(
        default=3.0,
        gt=0,
        description="noise levels lie as a sampler's with this shift; it is the teacher's, too",
    )
    optimizer: OptimizerName = Field(
        default="muon", description="muon for matrices of blocks, adamw elsewhere"
    )
    lr: float = Field(default=5e-4, gt=0, description="learning rate of the student")
    fake_lr: float = Field(default=1e-3, gt=0, description="learning rate of its score")
    grad_clip: float = Field(default=1.0, gt=0, description="longer gradients are shortened to this norm")
    ema: float = Field(default=0.98, ge=0, lt=1, description="decay a step of the average that is saved")
    log_every: int = Field(default=10, ge=1, description="steps a line of metrics")
    pool_size: int = Field(
        default=4096, ge=1, le=MAX_PROBLEMS, description="problems a world whose first frames are begun from"
    )

    @property
    def needs_init(self) -> bool:
        return True

    @property
    def recorded(self) -> int:
        """Steps in which the path is recorded."""
        return self.record if self.nodes and self.objective == "score" else 0

    @model_validator(mode="after")
    def _has_a_path(self) -> Self:
        if self.objective == "score" and self.nodes > self.record:
            raise ValueError(
                f"nodes={self.nodes} of record={self.record} steps: expected at most one a step; record longer"
            )
        if self.recorded >= self.num_steps:
            raise ValueError(
                f"record={self.record} of num_steps={self.num_steps}: nothing is left for the student; expected fewer"
            )
        if self.sampling.steps != 1:
            raise ValueError(
                f"sampling.steps={self.sampling.steps}: the student is one of a single step; leave it at 1"
            )
        return self
