"""Keys of STeP, and of the way of playing that begins with an error."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.players.writing import letters_needed
from videorlvr.training.config import MethodConfig
from videorlvr.training.language.config import ImitationConfig

ROOM = 3
"""Characters of an answer for each that the longest solution has: to err, to say so and to come back."""


class StepReflectConfig(ImitationConfig):
    """Imitation of solutions and of corrected trajectories."""

    method: Literal["step-reflect"] = Field(default="step-reflect", description="fixed")
    acted: int = Field(
        default=2048, ge=0, description="boards a world that the policy acts on before training; 0 for none"
    )
    told: Literal["corrected", "golden"] = Field(
        default="corrected", description="how these are told: golden is the control of as many solved boards"
    )
    share: float = Field(default=0.5, gt=0, lt=1, description="share of passages that are of these boards")
    errors: Literal["masked", "learnt", "shuffled"] = Field(
        default="masked",
        description="wrong moves in the loss: left out; learnt from; as many others left out, by chance",
    )
    acting: float = Field(default=1.0, ge=0, le=10, description="temperature at which the policy acts")

    @property
    def needs_init(self) -> bool:
        """It acts before training."""
        return self.acted > 0

    @model_validator(mode="after")
    def _has_room_to_come_back(self) -> Self:
        if self.trace != "none":
            raise ValueError("corrections stand in the answer, so nothing is thought: leave trace at none")
        if self.model is not None and self.model.family == "masked":
            raise ValueError("a masked model does not act move by move: take family llama or gpt2")
        if self.writing.max_tokens is None:
            room = ROOM * max(letters_needed(task.world, task.level) for task in self.tasks)
            self.writing = self.writing.model_copy(update={"max_tokens": room})
        return self


class InjectedErrorConfig(MethodConfig):
    """An answer that begins with the reference up to a place, and a wrong move there."""

    method: Literal["injected-error"] = Field(default="injected-error", description="fixed")
