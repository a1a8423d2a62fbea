"""Keys of LET on videos."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.models.config import DiTConfig, LoopedConfig, ModelConfig
from videorlvr.models.wan.config import WanConfig
from videorlvr.training.supervised_config import SupervisedConfig


class LETVideoConfig(SupervisedConfig):
    """Velocity regression on oracle videos, with a small teacher at its beginning."""

    method: Literal["let-video"] = Field(default="let-video", description="fixed")
    teacher: str | None = Field(
        default=None, description="policy folder of the teacher; null with teacher_model"
    )
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
    weight: float = Field(default=0.1, ge=0, description="weight of the teacher at step 0")
    until: float = Field(
        default=0.33, ge=0, le=1, description="share of the steps after which the teacher is gone"
    )

    @property
    def policies_beside(self) -> dict[str, str]:
        return {} if self.teacher is None else {"teacher": self.teacher}

    @model_validator(mode="after")
    def _one_teacher(self) -> Self:
        if (self.teacher is None) == (self.teacher_model is None):
            raise ValueError(
                "a teacher is a policy folder, or a new one of the form teacher_model: give one of the two"
            )
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
