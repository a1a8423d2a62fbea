"""Videos to latents and back, and the condition on a first frame, for policies that work on pixels.

Law: decode(encode(video)) == video for uint8 videos.
"""

from __future__ import annotations

import torch
from torch import Tensor

from videorlvr.models.api import Condition


def encode_pixels(video_BTHWC: Tensor) -> Tensor:
    """uint8 [B, T, H, W, 3] -> float32 [B, 3, T, H, W] in [-1, 1]."""
    return (video_BTHWC.permute(0, 4, 1, 2, 3).float() / 127.5 - 1).contiguous()


def decode_pixels(x_BCTHW: Tensor) -> Tensor:
    """float [B, 3, T, H, W] -> uint8 [B, T, H, W, 3], clamped to what a screen can show."""
    video = ((x_BCTHW.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return video.permute(0, 2, 3, 4, 1).contiguous()


def condition_pixels(first_BHWC: Tensor, num_frames: int) -> Condition:
    """The first frame, held for all frames, of which only frame 0 is given."""
    clean = encode_pixels(first_BHWC[:, None].expand(-1, num_frames, -1, -1, -1))
    free = torch.ones((1, 1, num_frames, 1, 1), dtype=torch.bool, device=clean.device)
    free[:, :, 0] = False
    return Condition(clean, free)
