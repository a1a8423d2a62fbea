"""What a Wan policy is made from. No torch: a command line reads it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

WAN22_5B = "Wan-AI/Wan2.2-TI2V-5B-Diffusers"
ATTENTION = ["to_q", "to_k", "to_v", "to_out.0"]
FEED_FORWARD = ["ffn.net.0.proj", "ffn.net.2"]


class WanConfig(BaseModel):
    """A diffusers pipeline, and what of its transformer is trained."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    form: Literal["wan"] = Field(default="wan", description="fixed; tells it from the built-in ones")
    path: str = Field(description="folder or hub id of a Wan pipeline in the form of diffusers")
    rank: int = Field(default=32, ge=0, description="rank of the LoRA adapter that is trained; 0 trains all")
    alpha: int | None = Field(
        default=None, ge=1, description="its scale, over the rank; null takes the rank, so 1"
    )
    targets: list[str] = Field(
        default=ATTENTION + FEED_FORWARD, description="linear layers that get an adapter, by the end of name"
    )
    checkpointing: bool = Field(
        default=True, description="compute activations of blocks anew in the backward pass, for memory"
    )
    two_levels: bool = Field(
        default=True,
        description="modulation for the given and the free tokens, instead of one for each token",
    )
    prompt_tokens: int = Field(
        default=128, ge=1, le=512, description="tokens of the longest prompt; what is kept of each video"
    )
    vae_batch: int = Field(default=1, ge=1, description="videos that the VAE takes at once, for memory")
