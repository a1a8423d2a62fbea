"""Videos to latents and back, for policies that work on pixels.

Law: decode(encode(video)) == video for uint8 videos.
"""

from __future__ import annotations

import torch
from torch import Tensor


def encode_pixels(video_BTHWC: Tensor) -> Tensor:
    """uint8 [B, T, H, W, 3] -> float32 [B, 3, T, H, W] in [-1, 1]."""
    return (video_BTHWC.permute(0, 4, 1, 2, 3).float() / 127.5 - 1).contiguous()


def decode_pixels(x_BCTHW: Tensor) -> Tensor:
    """float [B, 3, T, H, W] -> uint8 [B, T, H, W, 3], clamped to what a screen can show."""
    video = ((x_BCTHW.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return video.permute(0, 2, 3, 4, 1).contiguous()
