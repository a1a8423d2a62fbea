"""First frames to what a model is told of them, each computed once, by content.

Wan2.2-TI2V-5B and text-to-video models are given the frame's latents in the video itself; image-to-video models of
Wan2.1 get further channels and an embedding of the picture.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from videorlvr.models.wan.pipeline import Pipeline

REMEMBERED = 4096
"""Pictures that are remembered: latents of a first frame are 300 kB at 480x832."""


class Remembered:
    """`compute` of pictures [B, H, W, 3] -> [B, ...], kept on the CPU; another `key` is another computation."""

    def __init__(self, compute: Callable[[Tensor], Tensor], *, most: int = REMEMBERED) -> None:
        self.compute, self.most = compute, most
        self.known: OrderedDict[bytes, Tensor] = OrderedDict()

    def __call__(self, pictures_BHWC: Tensor, device: torch.device) -> Tensor:
        pictures = pictures_BHWC.cpu()
        keys = [_key(picture) for picture in pictures]
        new = {key: place for place, key in enumerate(keys) if key not in self.known}
        if new:
            computed = self.compute(pictures[list(new.values())].to(device))
            self.known |= dict(zip(new, computed.cpu(), strict=True))
        out = torch.stack([self.known[key] for key in keys]).to(device)
        while len(self.known) > self.most:
            self.known.popitem(last=False)
        return out


def _key(picture: Tensor) -> bytes:
    return hashlib.sha256(f"{tuple(picture.shape)}".encode() + picture.numpy().tobytes()).digest()


def seen_by(pipeline: Pipeline, dtype: torch.dtype, device: torch.device) -> Callable[[Tensor], Tensor]:
    """The pipeline's own embedding of pictures, [B, N, D]; its encoder is loaded when it is first asked for."""
    loaded: list[Sequence[Any]] = []

    @torch.no_grad()
    def seen(pictures_BHWC: Tensor) -> Tensor:
        if not loaded:
            processor, encoder = pipeline.picture_encoder(dtype)
            loaded.append((processor, encoder.to(device)))
        processor, encoder = loaded[0]
        prepared = processor(images=list(pictures_BHWC.cpu().numpy()), return_tensors="pt")
        values = prepared.pixel_values.to(device, dtype)
        embedded: Tensor = encoder(values, output_hidden_states=True).hidden_states[-2]
        return embedded

    return seen
