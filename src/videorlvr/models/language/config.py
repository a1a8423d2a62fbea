"""Forms from which language policies are made. No torch: a command line reads them."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from videorlvr.worlds.written.boards import BoardForm

Family = Literal["llama", "gpt2", "masked", "pretrained"]


class LanguageConfig(BaseModel):
    """Size and form of a language model. Width 128 x depth 4 is about 0.8M parameters, 256 x 4 3M, 512 x 8 25M.

    `pretrained` takes the model and the tokenizer of `path`, any causal LM of transformers, with or without LoRA.
    """

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    family: Family = Field(
        default="llama",
        description="llama or gpt2: left to right; masked: fills in masks, both ways; pretrained: the model of path",
    )
    width: int = Field(default=256, ge=16, description="numbers a token")
    depth: int = Field(default=4, ge=1, description="layers")
    heads: int = Field(default=4, ge=1, description="attention heads a layer")
    context: int = Field(default=1024, ge=32, description="tokens that it can read at most")
    board: BoardForm = Field(
        default="cells",
        description="cells: a token a cell; drawn: as people draw boards, for pretrained models",
    )
    worlds: list[str] = Field(
        default=[], description="worlds whose cells it has tokens for, beside those of the tasks"
    )
    path: str | None = Field(default=None, description="folder or hub name of a causal LM, for pretrained")
    lora_rank: int = Field(
        default=0, ge=0, description="rank of the LoRA adapter that is trained; 0 trains all"
    )

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if (self.path is not None) != (self.family == "pretrained"):
            raise ValueError(
                f"family is '{self.family}' and path {self.path!r}: pretrained needs a path, others none"
            )
        if self.lora_rank and self.family != "pretrained":
            raise ValueError(
                f"lora_rank {self.lora_rank} with family '{self.family}': only pretrained has a base to adapt"
            )
        if self.width % (2 * self.heads):
            raise ValueError(
                f"width {self.width} over {self.heads} heads: expected an even number of numbers a head"
            )
        return self

    @property
    def hidden(self) -> int:
        """Width of a gated MLP with the parameters of a plain one four times as wide as the model."""
        return max(32, round(8 * self.width / 3 / 32) * 32)
