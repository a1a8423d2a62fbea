"""Videos to latents and back through Wan's VAE, the mode of its law, scaled to unit variance as the pipelines do.

B batch, C channel, T frame, H W; of latents, latent frames and positions.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from videorlvr.models.pixels import decode_pixels, encode_pixels


class LatentCodec:
    """vae: an `AutoencoderKLWan`. patch: of the transformer, (frames, rows, columns). batch: videos at once."""

    def __init__(self, vae: nn.Module, patch: tuple[int, int, int], *, batch: int) -> None:
        self.vae: Any = vae
        self.batch = batch
        config: Any = vae.config
        self.channels = int(config.z_dim)
        self.space, self.time = int(config.scale_factor_spatial), int(config.scale_factor_temporal)
        self.side = self.space * patch[1]
        device = next(vae.parameters()).device
        self.mean = torch.tensor(config.latents_mean, device=device).view(1, -1, 1, 1, 1)
        self.std = torch.tensor(config.latents_std, device=device).view(1, -1, 1, 1, 1)

    def check_video(self, height: int, width: int, num_frames: int) -> None:
        """The library would shrink other sizes, and a board with them.

        Raises:
            ValueError: Naming the nearest size and length that there are.
        """
        if height % self.side or width % self.side or (num_frames - 1) % self.time:
            near = [max(1, round(side / self.side)) * self.side for side in (height, width)]
            frames = max(0, round((num_frames - 1) / self.time)) * self.time + 1
            raise ValueError(
                f"videos of {height}x{width} px and {num_frames} frames: expected sides that are multiples of "
                f"{self.side} and {self.time}k+1 frames; the nearest are {near[0]}x{near[1]}x{frames}, as in "
                f"--tasks WORLD:LEVEL@{near[0]}x{near[1]}x{frames}"
            )

    def shape(self, height: int, width: int, num_frames: int) -> tuple[int, int, int, int]:
        """Of the latents of a video."""
        return self.channels, (num_frames - 1) // self.time + 1, height // self.space, width // self.space

    @torch.no_grad()
    def encode(self, video_BTHWC: Tensor) -> Tensor:
        """uint8 [B, T, H, W, 3] -> float32 latents [B, C, T', H', W']."""
        _, frames, height, width, _ = video_BTHWC.shape
        self.check_video(height, width, frames)
        return torch.cat(
            [self._latents(encode_pixels(part)) for part in torch.split(video_BTHWC, self.batch)]
        )

    @torch.no_grad()
    def encode_given(self, first_BHWC: Tensor, num_frames: int) -> Tensor:
        """What image-to-video models of Wan2.1 are told of a first frame, [B, time + C, T', H', W']: which frames are
        given, and the latents of a video that is grey behind its first frame."""
        _, height, width, _ = first_BHWC.shape
        channels, frames, rows, cols = self.shape(height, width, num_frames)
        out = torch.zeros(
            (len(first_BHWC), self.time + channels, frames, rows, cols), device=self.mean.device
        )
        out[:, : self.time, 0] = 1
        for place, first in enumerate(first_BHWC):
            pixels = encode_pixels(first[None, None])
            grey = pixels.new_zeros((1, 3, num_frames - 1, *pixels.shape[3:]))
            out[place, self.time :] = self._latents(torch.cat([pixels, grey], dim=2))[0]
        return out

    def _latents(self, pixels_BCTHW: Tensor) -> Tensor:
        dtype = next(self.vae.parameters()).dtype
        law = self.vae.encode(pixels_BCTHW.to(dtype)).latent_dist
        latents: Tensor = (law.mode().float() - self.mean) / self.std
        return latents

    @torch.no_grad()
    def decode(self, x_BCTHW: Tensor) -> Tensor:
        """Latents -> uint8 [B, T, H, W, 3]."""
        dtype = next(self.vae.parameters()).dtype
        scaled = x_BCTHW.float() * self.std + self.mean
        return torch.cat(
            [
                decode_pixels(self.vae.decode(part.to(dtype), return_dict=False)[0])
                for part in torch.split(scaled, self.batch)
            ]
        )


def channels_last(vae: nn.Module) -> nn.Module:
    """Weights of 3-D convolutions in the order that GPUs are fast at; the module as a whole cannot be asked, for it
    holds 2-D ones as well."""
    for parameter in vae.parameters():
        if parameter.ndim == 5:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last_3d)
    return vae
