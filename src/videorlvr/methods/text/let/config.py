"""Keys of LET."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.models.language.config import LanguageConfig
from videorlvr.training.language.config import ImitationConfig
from videorlvr.training.teacher_config import ONE_TEACHER, TaughtAtFirst


class LETConfig(TaughtAtFirst, ImitationConfig):
    """Next-token training with a small teacher at its beginning."""

    method: Literal["let"] = Field(default="let", description="fixed")
    teacher_model: LanguageConfig | None = Field(
        default=None, description="form of a teacher that has learnt nothing, the control"
    )
    target: Literal["hidden", "logits"] = Field(
        default="hidden",
        description="what is drawn to the teacher: states of a layer, or the law of the next token",
    )
    layer: int = Field(default=2, ge=0, description="layer of the learner, from 1; 0 is the embedding")
    teacher_layer: int | None = Field(
        default=None, ge=0, description="layer of the teacher; null takes its last"
    )

    @model_validator(mode="after")
    def _one_teacher(self) -> Self:
        if (self.teacher is None) == (self.teacher_model is None):
            raise ValueError(ONE_TEACHER)
        if self.model is not None and self.model.family == "masked":
            raise ValueError("a masked model predicts no next token: take family llama or gpt2")
        if self.model is not None and self.layer > self.model.depth:
            raise ValueError(f"layer {self.layer} of a model of {self.model.depth} layers: take one of those")
        if self.teacher_model is not None and not self.teacher_model.worlds:
            worlds = [task.world for task in self.tasks]
            self.teacher_model = self.teacher_model.model_copy(update={"worlds": worlds})
        return self
