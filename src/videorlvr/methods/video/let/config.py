"""Keys of LET on videos."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.models.config import DiTConfig, LoopedConfig, ModelConfig
from videorlvr.models.wan.config import WanConfig
from videorlvr.training.supervised_config import SupervisedConfig
from videorlvr.training.teacher_config import ONE_TEACHER, TaughtAtFirst


class LETVideoConfig(TaughtAtFirst, SupervisedConfig):
    """Velocity regression on oracle videos, with a small teacher at its beginning."""

    method: Literal["let-video"] = Field(default="let-video", description="fixed")
    teacher_model: ModelConfig | None = Field(
        default=None, description="form of a teacher that has learnt nothing, the control"
    )
    layer: int = Field(
        default=2,
        ge=1,
        description="block of the learner that is drawn, counted from 1; of a looped one over all its loops",
    )
    teacher_layer: int | None = Field(
        default=None, ge=1, description="block of the teacher that it is drawn to; null takes its last"
    )

    @model_validator(mode="after")
    def _one_teacher(self) -> Self:
        if (self.teacher is None) == (self.teacher_model is None):
            raise ValueError(ONE_TEACHER)
        for what, layer, form in (
            ("layer", self.layer, self.model),
            ("teacher_layer", self.teacher_layer or 1, self.teacher_model),
        ):
            if isinstance(form, WanConfig):
                raise ValueError(
                    "LET looks into built-in networks, and a Wan pipeline has no seam: take --method sft"
                )
            if form is not None and layer > num_layers(form):
                raise ValueError(f"{what}={layer} of {num_layers(form)} blocks: take one of those")
        return self


def num_layers(form: DiTConfig | LoopedConfig) -> int:
    """Blocks that a video passes, each loop's counted."""
    return form.depth * (form.loops if isinstance(form, LoopedConfig) else 1)
