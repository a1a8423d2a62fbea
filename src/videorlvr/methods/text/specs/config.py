"""Keys of SPECS."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.players.writing import Writing
from videorlvr.training.config import Task
from videorlvr.training.language.config import PreferenceConfig
from videorlvr.worlds.written.traces import Verbosity

Pairs = Literal["form", "answers", "chosen"]


class SpecsConfig(PreferenceConfig):
    """A cold start by preference on form, and its two controls."""

    method: Literal["specs"] = Field(default="specs", description="fixed")
    writing: Writing = Field(
        default=Writing(temperature=1.0, think=True), description="how answers are written, and validated"
    )
    zero: str | None = Field(
        default=None, description="policy folder of who answers; null: the policy that training begins with"
    )
    pairs: Pairs = Field(
        default="form",
        description="form: right against the same in a broken form; answers: against wrong; chosen: imitation alone",
    )
    sft_weight: float = Field(
        default=1.0, ge=0, description="weight of the log-likelihood of chosen answers, a token"
    )
    solver: bool = Field(
        default=False, description="whether the solver's answer stands in where none is right and well formed"
    )
    trace: Verbosity = Field(default="compress", description="how its thought is written")
    beyond: list[Task] = Field(
        default=[],
        description="worlds that are not trained on, for the generalization factor; none: not told",
    )

    @model_validator(mode="after")
    def _thinks(self) -> Self:
        if self.writing.think is not True:
            raise ValueError(
                f"writing.think {self.writing.think}: a form needs a thought and an answer; take true"
            )
        if self.trace == "plain":
            raise ValueError("trace 'plain' has no tags to break: take compress, expand or restate")
        if self.pairs == "chosen" and self.sft_weight == 0:
            raise ValueError("pairs 'chosen' with sft_weight 0 learns nothing: give it a weight")
        return self

    @model_validator(mode="after")
    def _words_for_other_worlds(self) -> Self:
        if self.model is not None:
            missing = [task.world for task in self.beyond if task.world not in self.model.worlds]
            self.model = self.model.model_copy(update={"worlds": [*self.model.worlds, *missing]})
        return self
