"""Keys of Plantain, and of playing with plans thrown away."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.training.config import MethodConfig
from videorlvr.training.language.config import ImitationConfig
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.plans import has_plans


class PlantainConfig(ImitationConfig):
    """Imitation of solutions with their plans before them."""

    method: Literal["plantain"] = Field(default="plantain", description="fixed")
    plan: bool = Field(default=True, description="false tells no plan, which is thinking before answering")

    @model_validator(mode="after")
    def _has_plans(self) -> Self:
        if self.model is not None and self.model.family == "masked":
            raise ValueError("a masked model shows nothing before it answers: take family llama or gpt2")
        for task in self.tasks if self.plan else []:
            world = world_of(task.world)
            if not has_plans(world, make_problem(world, task.level, "train", 0)):
                raise ValueError(
                    f"solutions of {task.world} have no plan of cells: take another world, such as maze or sokoban"
                )
        think: bool | str = "plan" if self.plan else self.trace != "none"
        if self.writing.think != think:
            self.writing = self.writing.model_copy(update={"think": think})
        return self


class RewindConfig(MethodConfig):
    """What is thrown away, by whose word, and for how many tokens."""

    method: Literal["plantain-rewind"] = Field(default="plantain-rewind", description="fixed")
    judge: Literal["none", "format", "static", "oracle"] = Field(
        default="static", description="who rejects: nobody; form; what rules say without solving; who knows"
    )
    what: Literal["plan", "answer"] = Field(
        default="plan", description="what is judged and thrown away: the plan, or the whole answer"
    )
    rewinds: int = Field(default=2, ge=0, le=64, description="times that something is thrown away at most")
    tokens: int | None = Field(
        default=None,
        ge=1,
        description="tokens of an answer, thrown away ones included, behind which nothing is; null for no bound",
    )
    temperature: float | None = Field(
        default=0.6, gt=0, le=10, description="of writing; null: as the run validated"
    )
