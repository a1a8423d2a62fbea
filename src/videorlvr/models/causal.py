"""The built-in transformer, causal by chunks: a chunk's frames feel each other and all chunks before, clean.

Two forms of one function, with the weights and the cost a token of `DiT`:
  * `teach` takes whole videos, a clean copy as context beside the noised one, in one pass (teacher forcing);
  * `extend` takes one chunk, with keys and values of the clean chunks before it from a cache.
Law: on the same states both give one velocity, to rounding; with one chunk both are `DiT`.

Instead of the first frame, a chunk's patches hold the last frame before the chunk: the state it goes on from.
No token of a chunk feels a later chunk, so a past chunk's keys and values never change.

B batch, C channel, T frame, S patches a frame, N tokens, H heads, D width, L layers, P patch pixels * C.

Source: teacher forcing on clean chunks, ProAR, arXiv:2610.03664; noise levels a chunk, arXiv:2407.01392.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from videorlvr.models.block_causal import BlockCausal
from videorlvr.models.chunks import chunks_of
from videorlvr.models.config import DiTConfig
from videorlvr.models.dit import MIN_DIVISOR_SIGMA, Block, DiT, rotary_angles, sigma_embedding
from videorlvr.models.seam import Site

Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]
"""(layer, q, k, v) -> what the queries read, [B, H, N, D / H]."""


@dataclass(frozen=True, eq=False)
class Cache:
    """Keys and values of all clean frames so far, [B, L, H, N, D / H] each."""

    keys: Tensor
    values: Tensor

    def num_frames(self, space: int) -> int:
        """How many frames of `space` patches it holds."""
        return self.keys.shape[3] // space

    def attend(self, layer: int, q_BHND: Tensor, k_BHND: Tensor, v_BHND: Tensor) -> Tensor:
        """What a chunk's queries read of the past and of their own chunk."""
        k = torch.cat([self.keys[:, layer], k_BHND], dim=2)
        v = torch.cat([self.values[:, layer], v_BHND], dim=2)
        return F.scaled_dot_product_attention(q_BHND, k, v)


class CausalDiT(DiT):
    """`DiT` whose config has `chunk_frames`."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__(config)
        self.masks: dict[tuple[int, int, torch.device], BlockCausal] = {}
        self.places: dict[tuple[object, ...], tuple[Tensor, Tensor, Tensor]] = {}
        self.whole = self.part = (Block.enter, Block.leave)

    def compile_parts(self) -> None:
        """Compile what stands before and after a block's attention, which has another shape at each chunk: once for
        whole videos, and once for chunks of any length in a batch of which videos drop out."""
        self.whole, self.part = _compiled(dynamic=False), _compiled(dynamic=True)

    def teach(self, x_BCTHW: Tensor, sigma_BT: Tensor, clean_BCTHW: Tensor) -> Tensor:
        """dx/dsigma, float32 [B, C, T, H, W], of each chunk at its own noise level after the clean chunks before it.

        Of `clean` the last chunk is not looked at; of x and clean, frame 0 is the given one.
        """
        frames = x_BCTHW.shape[2]
        chunks = chunks_of(frames, self.config.chunk_frames)
        past = chunks[-1].start  # the last chunk is no one's past
        noisy, clean = self.patches(x_BCTHW), self.patches(clean_BCTHW)
        before = [max(part.start - 1, 0) for part in chunks for _ in range(part.start, part.stop)]
        hint = clean[:, before]
        levels = torch.cat([torch.zeros_like(sigma_BT[:, :past]), sigma_BT], dim=1)
        place = (*range(past), *range(frames))
        mask = self._mask(frames, noisy.shape[2], x_BCTHW.device)
        out = self._network(
            torch.cat([clean[:, :past], noisy], dim=1),
            torch.cat([hint[:, :past], hint], dim=1),
            levels,
            place,
            x_BCTHW.shape[-2:],
            lambda _, q, k, v: mask(q, k, v),
            self.whole,
        )
        return self._velocity(x_BCTHW, sigma_BT, out[:, :, past:])

    def extend(self, x_BCTHW: Tensor, sigma_B: Tensor, hint_BCHW: Tensor, cache: Cache | None) -> Tensor:
        """dx/dsigma, float32 [B, C, T, H, W], of the chunk that follows what is in the cache."""
        sigma_BT = sigma_B[:, None].expand(-1, x_BCTHW.shape[2])
        out = self._chunk(x_BCTHW, sigma_BT, hint_BCHW, cache, _reader(cache))
        return self._velocity(x_BCTHW, sigma_BT, out)

    def remember(self, x_BCTHW: Tensor, hint_BCHW: Tensor, cache: Cache | None) -> Cache:
        """The cache with a clean chunk added: one more network evaluation of it."""
        keys: list[Tensor] = []
        values: list[Tensor] = []
        read = _reader(cache)

        def noting(layer: int, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
            keys.append(k)
            values.append(v)
            return read(layer, q, k, v)

        zeros_BT = x_BCTHW.new_zeros(x_BCTHW.shape[0], x_BCTHW.shape[2])
        self._chunk(x_BCTHW, zeros_BT, hint_BCHW, cache, noting)
        new = Cache(torch.stack(keys, dim=1), torch.stack(values, dim=1))
        if cache is None:
            return new
        return Cache(torch.cat([cache.keys, new.keys], dim=3), torch.cat([cache.values, new.values], dim=3))

    def _chunk(
        self, x_BCTHW: Tensor, sigma_BT: Tensor, hint_BCHW: Tensor, cache: Cache | None, attend: Attend
    ) -> Tensor:
        frames = x_BCTHW.shape[2]
        hint = self.patches(hint_BCHW[:, :, None]).expand(-1, frames, -1, -1)
        patches = self.patches(x_BCTHW)
        start = cache.num_frames(patches.shape[2]) if cache is not None else 0
        place = tuple(range(start, start + frames))
        return self._network(patches, hint, sigma_BT, place, x_BCTHW.shape[-2:], attend, self.part)

    def _network(
        self,
        patches_BTSP: Tensor,
        hint_BTSP: Tensor,
        sigma_BT: Tensor,
        place: tuple[int, ...],
        size_HW: torch.Size,
        attend: Attend,
        parts: tuple[Any, Any],
    ) -> Tensor:
        """What the last layer says of these frames, float32 [B, C, T, H, W]; `place` are their numbers in the video."""
        if self.seam.attend is not None:
            raise ValueError(
                "attention was exchanged in a causal network, whose mask and cache are its own: "
                "attach a tap alone"
            )
        batch, frames = sigma_BT.shape
        height, width = size_HW
        x = self.patch_in(torch.cat([patches_BTSP, hint_BTSP], dim=-1))
        cos, sin, moving_T = self._places(place, height, width, x)
        embedded = F.silu(self.sigma_in(sigma_embedding((sigma_BT * moving_T).flatten(), 256)))
        modulation = self.modulate(embedded).reshape(batch, frames, 1, 6, self.config.width)
        enter, leave = parts
        for layer, block in enumerate(self.blocks):
            assert isinstance(block, Block)
            q, k, v = enter(block, x, modulation, cos, sin)
            x = leave(block, x, modulation, attend(layer, q, k, v))
            self.seam.show(Site(layer), x)
        shift, scale = self.modulate_out(embedded).reshape(batch, frames, 1, -1).chunk(2, dim=-1)
        x = F.layer_norm(x, (self.config.width,)) * (1 + scale) + shift
        return self.unpatch(self.patch_out(x), height, width).float()

    def _places(
        self, place: tuple[int, ...], height: int, width: int, like: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Cosines and sines of the rotary angles of these frames, [N, 1, D / H / 2] each, and which are not the given
        one, bool [T]. Made once: the device is not waited for again."""
        key = (place, height, width, like.device, like.dtype)
        if key not in self.places:
            size, head_dim = self.config.patch_px, self.config.width // self.config.heads
            shape = (max(place) + 1, height // size, width // size)
            angles = rotary_angles(shape, head_dim, like.device).reshape(shape[0], -1, head_dim // 2)
            own = angles[torch.tensor(place, device=like.device)].flatten(0, 1)
            moving = torch.tensor([frame > 0 for frame in place], device=like.device)
            self.places[key] = (own.cos().to(like.dtype)[:, None], own.sin().to(like.dtype)[:, None], moving)
        return self.places[key]

    def _velocity(self, x_BCTHW: Tensor, sigma_BT: Tensor, out_BCTHW: Tensor) -> Tensor:
        if self.config.predicts == "velocity":
            return out_BCTHW
        divisor = sigma_BT.float().clamp_min(MIN_DIVISOR_SIGMA)[:, None, :, None, None]
        return (x_BCTHW.float() - out_BCTHW) / divisor

    def _mask(self, frames: int, space: int, device: torch.device) -> BlockCausal:
        key = (frames, space, device)
        if key not in self.masks:
            self.masks[key] = BlockCausal(frames, space, self.config.chunk_frames, device)
        return self.masks[key]


def _reader(cache: Cache | None) -> Attend:
    if cache is None:
        return lambda _, q, k, v: F.scaled_dot_product_attention(q, k, v)
    return cache.attend


@functools.cache
def _compiled(*, dynamic: bool) -> tuple[Any, Any]:
    """Functions of (block, ...), so that blocks share the code, and a copy of a network runs on its own weights."""
    return torch.compile(Block.enter, dynamic=dynamic), torch.compile(Block.leave, dynamic=dynamic)
