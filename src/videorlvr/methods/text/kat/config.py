"""Keys of AutoThink: its two trainings and its way to play."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.players.writing import Writing
from videorlvr.training.config import MethodConfig, Task
from videorlvr.training.language.config import ClippedConfig, PreferenceConfig
from videorlvr.worlds.written.traces import Verbosity

CHOOSING = Writing(temperature=1.0, think="choose")


def _must_choose(writing: Writing) -> None:
    if writing.think != "choose":
        raise ValueError(f"writing.think {writing.think}: the gate is the policy's own; take choose")


class KATConfig(ClippedConfig):
    """Step-SRPO."""

    method: Literal["kat"] = Field(default="kat", description="fixed")
    writing: Writing = Field(default=CHOOSING, description="how answers are written, and validated")
    bias: float = Field(
        default=0.01,
        ge=0,
        description="how much less answers without a thought may earn and count as equal, w",
    )
    gamma: float = Field(
        default=0.3, ge=0, description="weight of an answer's own reward in the advantage of its gate"
    )
    least: float = Field(default=0.1, gt=0, description="sigma of the gate's advantage is not below this")
    format_weight: float = Field(
        default=0.2, ge=0, description="what a well-formed answer earns beside the reward, right or wrong"
    )

    @model_validator(mode="after")
    def _chooses(self) -> Self:
        _must_choose(self.writing)
        return self


class KATStartConfig(PreferenceConfig):
    """The gate by majority vote."""

    method: Literal["kat-start"] = Field(default="kat-start", description="fixed")
    writing: Writing = Field(default=CHOOSING, description="how answers are written, and validated")
    sft_weight: float = Field(
        default=1.0, gt=0, description="weight of the log-likelihood of chosen answers, a token"
    )
    solver: bool = Field(
        default=False,
        description="whether a board that is solved in neither mode is thought about as the solver does",
    )
    trace: Verbosity = Field(default="expand", description="how its thought is written")

    @model_validator(mode="after")
    def _chooses(self) -> Self:
        _must_choose(self.writing)
        return self


class AutoThinkConfig(MethodConfig):
    """Who opens the gate."""

    method: Literal["auto-think"] = Field(default="auto-think", description="fixed")
    gate: Literal["own", "always", "never", "random"] = Field(
        default="own",
        description="whether to think: own, as the policy chooses; always; never; random, by chance at its rate",
    )
    task: Task = Field(
        default=Task(world="maze", level="small"),
        description="world and level on whose validation boards the rate is found, as maze:small",
    )
    problems: int = Field(default=128, ge=1, description="validation boards")
