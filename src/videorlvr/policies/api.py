"""What rollout, SFT, RL and evaluation ask of a policy. Adding one means a file with these methods.

B batch, C channel, T frame, H W; for a policy with a VAE, T H W count latent frames and positions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from torch import Tensor, nn


class Policy(Protocol):
    """A flow model of video given its first frame.

    module: what is trained, saved and averaged. velocity's result is float32 and differentiable.
    """

    @property
    def module(self) -> nn.Module: ...

    def encode(self, video_BTHWC: Tensor) -> Tensor:
        """uint8 videos [B, T, H, W, 3] -> float32 latents [B, C, T, H, W] of about unit variance."""
        ...

    def decode(self, x_BCTHW: Tensor) -> Tensor:
        """Latents -> uint8 videos [B, T, H, W, 3]."""
        ...

    def velocity(self, x_BCTHW: Tensor, sigma_B: Tensor, clean_BCTHW: Tensor) -> Tensor:
        """dx/dsigma at `x`. `clean` holds the latents of the given first frame in its frame 0; the rest of
        `clean` is not looked at."""
        ...

    def free_mask(self, x_BCTHW: Tensor) -> Tensor:
        """bool, broadcastable to x: False where the first frame is given, so where nothing is sampled."""
        ...

    def save(self, folder: Path) -> None: ...
