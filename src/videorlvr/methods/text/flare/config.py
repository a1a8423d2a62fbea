"""Keys of FLARE and of its evaluator."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.training.config import MethodConfig
from videorlvr.training.language.config import ImitationConfig

Search = Literal["flare", "greedy", "beam", "one-step"]


class FlareConfig(MethodConfig):
    """How moves are chosen."""

    method: Literal["flare"] = Field(default="flare", description="fixed")
    search: Search = Field(
        default="flare",
        description="a tree of moves ahead, the likeliest move or sequences, or the best next state",
    )
    evaluator: Literal["model", "solver", "random"] = Field(
        default="model", description="who values states: the model of value, the exact solver, or chance"
    )
    value: str | None = Field(
        default=None, description="policy folder of a flare-value run, for evaluator model"
    )
    calls: int = Field(default=128, ge=1, description="calls of models a board, at most")
    simulations: int = Field(
        default=8, ge=1, description="branches that are looked at before a move, of flare"
    )
    candidates: int = Field(
        default=3, ge=1, description="moves that the policy proposes in a state, the likeliest"
    )
    depth: int = Field(default=3, ge=1, description="moves of a branch, of flare")
    explore: float = Field(default=0.5, ge=0, description="weight of rarely tried moves, c, of flare")
    discount: float = Field(
        default=0.9, gt=0, le=1, description="worth of a state n moves from solved: this to the n"
    )
    again: bool = Field(
        default=True, description="whether a board that is lost is begun again while calls are left"
    )

    @model_validator(mode="after")
    def _has_a_model(self) -> Self:
        needed = self.evaluator == "model" and self.search in ("flare", "one-step")
        if needed and self.value is None:
            raise ValueError("evaluator 'model' without one: give value=RUN/policy of a flare-value run")
        return self


class FlareValueConfig(ImitationConfig):
    """Next-token prediction of how far a state is from solved."""

    method: Literal["flare-value"] = Field(default="flare-value", description="fixed")
    astray: int = Field(
        default=3,
        ge=0,
        description="random moves at most that lead away from the solution to a state that is learnt",
    )

    @model_validator(mode="after")
    def _values_states(self) -> Self:
        if self.model is not None and self.model.family == "masked":
            raise ValueError("a masked model predicts no next token: take family llama or gpt2")
        if self.trace != "none":
            raise ValueError("a state is valued without a thought: leave trace at none")
        if self.validate_every:
            raise ValueError("what values states answers no boards: leave validate_every at 0")
        return self
