"""Configurations from which policies can be made anew. No torch: a command line reads them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class DiTConfig(BaseModel):
    """Size and form of the transformer. 128 x 6 x 4 heads is 1.3M parameters, 768 x 14 x 12 about 100M."""

    model_config = ConfigDict(extra="forbid")

    width: int = Field(default=256, ge=32, description="numbers a token; heads x a multiple of 4")
    depth: int = Field(default=8, ge=1, description="transformer blocks")
    heads: int = Field(default=4, ge=1, description="attention heads a block")
    patch_px: int = Field(default=8, ge=1, description="side of a patch in pixels; 8 makes a cell a token")
    channels: int = Field(default=3, ge=1, description="channels of the latents; 3 for pixels")
    mlp_ratio: int = Field(default=4, ge=1, description="width of a block's hidden layer over `width`")
    predicts: Literal["velocity", "data"] = Field(
        default="data", description="what the network's last layer means; the loss is on velocity either way"
    )

    def model_post_init(self, _: Any) -> None:
        if self.width % (2 * self.heads) or (self.width // self.heads) % 4:
            raise ValueError(
                f"width {self.width} over {self.heads} heads gives heads of {self.width / self.heads:g}: "
                "rotary positions need a multiple of 4"
            )


ModelConfig = DiTConfig
"""What a recipe may ask for to be made anew: the union of all kinds' configurations."""
