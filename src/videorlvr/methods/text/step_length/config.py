"""Keys of training on traces of another length."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.players.writing import letters_needed
from videorlvr.training.language.config import ImitationConfig
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import level_of

Content = Literal["exact", "filler", "corrupted"]


class StepLengthConfig(ImitationConfig):
    """Next-token prediction of traces with k restatements a step."""

    method: Literal["step-length"] = Field(default="step-length", description="fixed")
    restatements: int = Field(
        default=1, ge=0, le=8, description="how often the board is said after each move, k"
    )
    content: Content = Field(
        default="exact",
        description="exact: the board; filler: as many tokens that say nothing; corrupted: one is false",
    )

    @model_validator(mode="after")
    def _thinks(self) -> Self:
        """An answer has room for the longest trace."""
        if self.trace != "none":
            raise ValueError("restatements say what a trace is: leave trace at none")
        if self.content == "corrupted" and not self.restatements:
            raise ValueError("content 'corrupted' with restatements 0: there is no board to make false")
        if self.model is not None and self.model.family == "masked":
            raise ValueError("a masked model does not think before it answers: take family llama or gpt2")
        if self.writing.max_tokens is None or not self.writing.think:
            room = max(self._room(task.world, task.level) for task in self.tasks)
            self.writing = self.writing.model_copy(update={"think": True, "max_tokens": min(room, 16384)})
        return self

    def _room(self, world: str, level: str) -> int:
        letters, (rows, cols) = letters_needed(world, level), level_of(world_of(world), level).canvas
        return letters * (2 + self.restatements * (rows * (cols + 1) + 1)) + letters
