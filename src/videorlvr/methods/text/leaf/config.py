"""Keys of LeaF and of its boards in play."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.models.language.config import LanguageConfig
from videorlvr.training.config import MethodConfig
from videorlvr.training.language.config import ImitationConfig
from videorlvr.training.teacher_config import ONE_TEACHER, Taught

Tags = Literal["leaky", "chance", "flipped"]


class LeafConfig(Taught, ImitationConfig):
    """Distillation with and without what confuses."""

    method: Literal["leaf"] = Field(default="leaf", description="fixed")
    teacher: str | None = Field(
        default=None,
        description="policy folder of the teacher; null, and no teacher_model: imitation of solutions",
    )
    teacher_model: LanguageConfig | None = Field(
        default=None, description="form of a teacher that has learnt nothing, the control"
    )
    mask: Literal["none", "gradient", "random", "oracle"] = Field(
        default="gradient",
        description="what is left out: nothing, what gradients find, as much anywhere, or true confounders",
    )
    tau: float = Field(
        default=0.15, gt=0, lt=1, description="scaled difference below which a token is confounding"
    )
    keep: float = Field(default=0.5, ge=0, le=1, description="weight of the whole passage, lambda")
    tolerance: float = Field(
        default=0.1,
        ge=0,
        description="nats a token by which the teacher may find the answer less likely without a run",
    )
    tags: Tags = Field(
        default="leaky",
        description="leaky: mostly the first move; chance: any; flipped: never the first move",
    )
    leak: float = Field(default=0.9, ge=0, le=1, description="share of leaky tags that name the first move")
    distractors: int = Field(default=1, ge=0, le=8, description="boards that are not asked for")

    @model_validator(mode="after")
    def _one_teacher(self) -> Self:
        if self.teacher is not None and self.teacher_model is not None:
            raise ValueError(ONE_TEACHER)
        if self.model is not None and self.model.family == "masked":
            raise ValueError("a masked model predicts no next token: take family llama or gpt2")
        if self.trace != "none" or self.validate_every:
            raise ValueError(
                "trace and validate_every are for boards without confounders: leave them, and evaluate with leaf-tags"
            )
        if self.teacher_model is not None and self.model is not None:
            self.teacher_model = self.teacher_model.model_copy(update={"worlds": self.model.worlds})
        return self

    @property
    def is_taught(self) -> bool:
        return self.teacher is not None or self.teacher_model is not None


class LeafTagsConfig(MethodConfig):
    """How boards are asked in play."""

    method: Literal["leaf-tags"] = Field(default="leaf-tags", description="fixed")
    tags: Tags = Field(default="flipped", description="how tags are drawn, as in training")
    leak: float = Field(default=0.9, ge=0, le=1, description="share of leaky tags that name the first move")
    distractors: int = Field(default=1, ge=0, le=8, description="boards that are not asked for")
