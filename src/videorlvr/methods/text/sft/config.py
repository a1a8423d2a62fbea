"""Keys of next-token SFT."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from videorlvr.training.language.config import ImitationConfig


class TextSFTConfig(ImitationConfig):
    """Next-token SFT on solved problems."""

    method: Literal["text-sft"] = Field(default="text-sft", description="fixed")
    direct: float = Field(
        default=0.0,
        ge=0,
        lt=1,
        description="share of problems that are answered at once, of a trace; the policy then learns to choose",
    )
    loose: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="share of answers whose form is broken, of a trace: a rough start",
    )

    @model_validator(mode="after")
    def _reads_left_to_right(self) -> Self:
        if self.model is not None and self.model.family == "masked":
            raise ValueError(
                "a masked model predicts no next token: train it with mlm-u, or take family llama or gpt2"
            )
        return self

    @model_validator(mode="after")
    def _validated_as_trained(self) -> Self:
        if self.trace in ("none", "plain") and (self.direct or self.loose):
            raise ValueError(
                f"direct {self.direct:g} and loose {self.loose:g} speak of answers with a thought in steps: take a "
                "trace, such as expand"
            )
        if self.direct and self.loose:
            raise ValueError("direct and loose at once: a policy learns to choose from well-formed answers")
        think = "choose" if self.direct else self.trace != "none"
        if self.writing.think != think:
            self.writing = self.writing.model_copy(update={"think": think})
        return self
