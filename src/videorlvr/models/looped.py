"""The looped transformer: cells in time as tokens, and few blocks run over several times.

What makes it cheaper and deeper than `dit` at one number of weights:
  * a token is a cell over `patch_frames` frames, and the given first frame enters by channels alone, so a video is
    a quarter of the tokens and less;
  * the blocks are run `loops` times with the same weights: a puzzle is solved by many small steps, not by many
    different ones;
  * blocks are plain (norm, attention, norm, two layers; no biases, gates or modulation), since the work between
    matrix products takes most of a small transformer's time; the noise level is added to each token at the start
    of each loop;
  * data are predicted as a difference from the first frame, so that what never changes is right from the start.

  * frames after `held_after` are that frame held, and cost nothing: where a level has 61 frames and its solutions take
    fifteen, most tokens would say that nothing happens.

Laws: a video whose frames do not fill whole tokens is continued by zeros that nobody sees. Held frames are neither
looked at nor learnt from.

B batch, C channel, T frame, H W pixels, G groups of frames, S cells of a frame, N = G S tokens, D width.

Source: weights shared over depth, Universal Transformers, arXiv:1807.03819; small looped networks on puzzles,
arXiv:2510.04871; the rest as in `dit`.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from videorlvr.models.config import LoopedConfig
from videorlvr.models.dit import (
    MIN_DIVISOR_SIGMA,
    rotary_angles,
    rotate,
    sigma_embedding,
)
from videorlvr.models.seam import Attention, Seam, Site, gathered, scattered

SIGMA_WAVES = 256


def normed(x: Tensor) -> Tensor:
    return F.rms_norm(x, x.shape[-1:])


class PlainBlock(nn.Module):
    """Attention and two layers, each added to what comes in; both begin as nothing."""

    def __init__(self, config: LoopedConfig) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)
        self.up = nn.Linear(width, config.mlp_ratio * width, bias=False)
        self.down = nn.Linear(config.mlp_ratio * width, width, bias=False)
        self.query_scale = nn.Parameter(torch.ones(width // config.heads))
        for last in (self.out, self.down):
            nn.init.zeros_(last.weight)

    def forward(self, x_BND: Tensor, cos_N1D: Tensor, sin_N1D: Tensor, attention: Attention) -> Tensor:
        batch, tokens, width = x_BND.shape
        heads = (batch, tokens, 3, self.heads, width // self.heads)
        q, k, v = self.qkv(normed(x_BND)).reshape(heads).unbind(2)
        q = rotate(normed(q) * self.query_scale.to(q.dtype), cos_N1D, sin_N1D).to(v.dtype)
        k = rotate(normed(k), cos_N1D, sin_N1D).to(v.dtype)
        h = attention(q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)).transpose(1, 2)
        x_BND = x_BND + self.out(h.reshape(batch, tokens, width))
        h = self.down(F.gelu(self.up(normed(x_BND)), approximate="tanh"))
        return torch.add(x_BND, h)


class Enter(nn.Module):
    """Noisy frames and the first frame -> tokens [B, N, D]."""

    def __init__(self, config: LoopedConfig) -> None:
        super().__init__()
        self.config = config
        picture = config.channels * config.patch_px**2
        self.patch_in = nn.Linear((config.patch_frames + 1) * picture, config.width)

    def forward(self, x_BCTHW: Tensor, first_BCHW: Tensor) -> Tensor:
        frames, size = self.config.patch_frames, self.config.patch_px
        noisy = patches(x_BCTHW[:, :, 1 : self.config.last_frame(x_BCTHW.shape[2]) + 1], frames, size)
        first = patches(first_BCHW[:, :, None], 1, size).expand(-1, noisy.shape[1], -1, -1)
        tokens: Tensor = self.patch_in(torch.cat([noisy, first], dim=-1))
        return tokens.flatten(1, 2)


class Leave(nn.Module):
    """Tokens -> velocity, by way of the data: the first frame and what differs from it."""

    def __init__(self, config: LoopedConfig) -> None:
        super().__init__()
        self.config = config
        self.patch_out = nn.Linear(config.width, config.patch_frames * config.channels * config.patch_px**2)
        nn.init.zeros_(self.patch_out.weight)
        nn.init.zeros_(self.patch_out.bias)

    def forward(self, tokens_BND: Tensor, x_BCTHW: Tensor, sigma_B: Tensor, first_BCHW: Tensor) -> Tensor:
        config, pixels = self.config, (x_BCTHW.shape[3], x_BCTHW.shape[4])
        out: Tensor = self.patch_out(normed(tokens_BND))
        frames = unpatched(out, config.patch_frames, config.patch_px, config.channels, pixels)
        last = config.last_frame(x_BCTHW.shape[2])
        data = first_BCHW[:, :, None].float() + frames[:, :, :last].float()
        held = x_BCTHW.shape[2] - 1 - last
        if held:
            data = torch.cat([data, data[:, :, -1:].detach().expand(-1, -1, held, -1, -1)], dim=2)
        divisor = sigma_B.float().clamp_min(MIN_DIVISOR_SIGMA)[:, None, None, None, None]
        return F.pad((x_BCTHW[:, :, 1:].float() - data) / divisor, (0, 0, 0, 0, 1, 0))


class LoopedDiT(nn.Module):
    """Velocity of a video given its clean first frame. Others reach into it by its `seam`, as into a `DiT`."""

    def __init__(self, config: LoopedConfig) -> None:
        super().__init__()
        self.config, self.seam = config, Seam()
        self.enter, self.leave = Enter(config), Leave(config)
        self.sigma_in = nn.Sequential(
            nn.Linear(SIGMA_WAVES, config.width), nn.SiLU(), nn.Linear(config.width, config.width)
        )
        self.blocks = nn.ModuleList(PlainBlock(config) for _ in range(config.depth))
        self.loop_start = nn.Parameter(torch.zeros(config.loops, config.width))

    def compile_parts(self) -> None:
        """Blocks share one code, and loops one block's: seconds, where the whole net takes a minute."""
        for part in (self.enter, *self.blocks, self.leave):
            part.compile(dynamic=False)

    def as_tokens(self, x_BCTHW: Tensor) -> Tensor:
        """What each token is of: [B, N, P]; neither the given frame nor held ones."""
        last = self.config.last_frame(x_BCTHW.shape[2])
        return patches(x_BCTHW[:, :, 1 : last + 1], self.config.patch_frames, self.config.patch_px).flatten(
            1, 2
        )

    def from_tokens(self, tokens_BNP: Tensor, like_BCTHW: Tensor) -> Tensor:
        """A video of this shape, of its tokens: zeros in the given frame, and the last frame held."""
        config, (height, width) = self.config, (like_BCTHW.shape[3], like_BCTHW.shape[4])
        frames = unpatched(tokens_BNP, config.patch_frames, config.patch_px, config.channels, (height, width))
        last = config.last_frame(like_BCTHW.shape[2])
        held = like_BCTHW.shape[2] - 1 - last
        parts = [torch.zeros_like(frames[:, :, :1]), frames[:, :, :last]]
        return torch.cat([*parts, frames[:, :, last - 1 : last].expand(-1, -1, held, -1, -1)], dim=2)

    def forward(self, x_BCTHW: Tensor, sigma_B: Tensor, first_BCHW: Tensor) -> Tensor:
        """dx/dsigma, float32 [B, C, T, H, W], 0 in frame 0, which is given."""
        height, width = x_BCTHW.shape[3:]
        size = self.config.patch_px
        x = self.enter(x_BCTHW, first_BCHW)
        level = self.sigma_in(sigma_embedding(sigma_B, SIGMA_WAVES))
        groups = x.shape[1] // ((height // size) * (width // size))
        angles = rotary_angles(
            (groups, height // size, width // size), self.config.width // self.config.heads, x.device
        )
        cos, sin = (wave.to(x.dtype)[:, None] for wave in (angles.cos(), angles.sin()))
        num_tokens = x.shape[1]
        chosen = self.seam.chosen(num_tokens)
        if chosen is not None:
            x, cos, sin = gathered(x, chosen), cos[chosen], sin[chosen]
        for loop in range(self.config.loops):
            x = x + (level + self.loop_start[loop]).to(x.dtype)[:, None]
            for number, block in enumerate(self.blocks):
                site = Site(number, loop)
                x = block(x, cos, sin, self.seam.attention(site))
                self.seam.show(site, x)
        if chosen is not None:
            x = scattered(x, chosen, num_tokens)
        velocity: Tensor = self.leave(x, x_BCTHW, sigma_B, first_BCHW)
        return velocity


def patches(x_BCTHW: Tensor, frames: int, size: int) -> Tensor:
    """[B, C, T, H, W] -> [B, G, S, C frames size size], the last group filled up with zeros."""
    batch, channels, total, height, width = x_BCTHW.shape
    if missing := -total % frames:
        x_BCTHW = F.pad(x_BCTHW, (0, 0, 0, 0, 0, missing))
    x = x_BCTHW.reshape(batch, channels, -1, frames, height // size, size, width // size, size)
    return x.permute(0, 2, 4, 6, 1, 3, 5, 7).reshape(batch, x.shape[2], -1, channels * frames * size * size)


def unpatched(x_BND: Tensor, frames: int, size: int, channels: int, pixels: tuple[int, int]) -> Tensor:
    """Inverse of `patches`, but for the zeros: [B, C, G frames, H, W]."""
    rows, cols = pixels[0] // size, pixels[1] // size
    x = x_BND.reshape(len(x_BND), -1, rows, cols, channels, frames, size, size)
    return x.permute(0, 4, 1, 5, 2, 6, 3, 7).reshape(len(x_BND), channels, -1, *pixels)
