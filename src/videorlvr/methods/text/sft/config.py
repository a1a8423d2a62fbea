"""Keys of next-token SFT."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.training.language.config import ImitationConfig


class TextSFTConfig(ImitationConfig):
    """Next-token SFT on solved problems."""

    method: Literal["text-sft"] = Field(default="text-sft", description="fixed")

    @model_validator(mode="after")
    def _reads_left_to_right(self) -> Self:
        if self.model is not None and self.model.family == "masked":
            raise ValueError(
                "a masked model predicts no next token: train it with mlm-u, or take family llama or gpt2"
            )
        return self

    @model_validator(mode="after")
    def _validated_as_trained(self) -> Self:
        if self.writing.think != (self.trace != "none"):
            self.writing = self.writing.model_copy(update={"think": self.trace != "none"})
        return self
