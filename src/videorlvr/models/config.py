"""Configurations from which policies can be made anew. No torch: a command line reads them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from videorlvr.models.wan.config import WanConfig


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
    chunk_frames: int | None = Field(
        default=None,
        ge=1,
        description="frames a chunk of a causal policy, which makes a video chunk by chunk; null for all at once",
    )

    distance_bias: Literal["learned"] | None = Field(
        default=None,
        description="bias of attention by frames, rows and columns apart, learned by block and head; null for none",
    )

    def model_post_init(self, _: Any) -> None:
        check_heads(self.width, self.heads)
        if self.distance_bias is not None and self.chunk_frames is not None:
            raise ValueError(
                "distance_bias with chunk_frames: a causal policy has no bias; leave one of them out"
            )


def check_heads(width: int, heads: int) -> None:
    """Raises ValueError where rotary positions do not fit."""
    if width % (2 * heads) or (width // heads) % 4:
        raise ValueError(
            f"width {width} over {heads} heads gives heads of {width / heads:g}: "
            "rotary positions need a multiple of 4"
        )


class LoopedConfig(BaseModel):
    """Size and form of the looped transformer. 448 x 4 x 7 heads is 11M parameters."""

    model_config = ConfigDict(extra="forbid")

    form: Literal["looped"] = Field(default="looped", description="fixed; tells it from the plain one")
    width: int = Field(default=448, ge=32, description="numbers a token; heads x a multiple of 4")
    depth: int = Field(default=4, ge=1, description="transformer blocks")
    loops: int = Field(default=3, ge=1, description="times that the blocks are run over")
    heads: int = Field(default=7, ge=1, description="attention heads a block")
    patch_px: int = Field(default=8, ge=1, description="side of a patch in pixels; 8 makes a cell a token")
    patch_frames: int = Field(default=4, ge=1, description="frames of a token")
    held_after: int | None = Field(
        default=None,
        ge=1,
        description="later frames are this one held: where solutions are shorter; null for none",
    )
    channels: int = Field(default=3, ge=1, description="channels of the latents; 3 for pixels")
    mlp_ratio: int = Field(default=4, ge=1, description="width of a block's hidden layer over `width`")

    def model_post_init(self, _: Any) -> None:
        check_heads(self.width, self.heads)

    def last_frame(self, num_frames: int) -> int:
        """The last frame of a video that is computed; those after it show the same."""
        return min(num_frames - 1, self.held_after or num_frames - 1)


ModelConfig = DiTConfig | LoopedConfig | WanConfig
"""What a recipe may ask for to be made anew: the union of all kinds' configurations."""
