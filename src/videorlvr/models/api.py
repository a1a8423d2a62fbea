"""What rollout, SFT, RL and evaluation ask of a policy. Adding one means a file with these methods.

B batch, C channel, T frame, H W; for a policy with a VAE, T H W count latent frames and positions.
"""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, Self

import torch
from torch import Tensor, nn

CONFIG = "policy.json"
"""A saved policy's configuration; its `kind` says whose it is (`models.load`)."""


class Policy(Protocol):
    """A flow model of video given its first frame.

    module: what is trained, averaged and kept in checkpoints; parameters that require no grad stay as they are.
    velocity's result is float32 and differentiable.
    """

    @property
    def module(self) -> nn.Module: ...

    @property
    def device(self) -> torch.device: ...

    def with_module(self, module: nn.Module) -> Self:
        """The same policy over another module of the same form: its running average, or a frozen copy."""
        ...

    def compile(self) -> None:
        """Compile what is worth it, once; to do nothing is allowed."""
        ...

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

    def save(self, folder: Path) -> None:
        """Write `policy.json`, which names the policy's `kind`, and the weights beside it."""
        ...
