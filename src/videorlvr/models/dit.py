"""The built-in video transformer: a DiT over space-time patches, in plain PyTorch.

Three choices matter more than size on these worlds:
  * the clean first frame is concatenated channel-wise to every frame's patch, so that copying what never
    changes is a local operation (with the first frame only as tokens a 23M model had not learnt it in the
    time in which this one had);
  * each token has its own noise level, so that the first frame enters as clean context;
  * positions are axial rotations over (frame, row, col), so one model serves several board sizes.

B batch, C channel, T frame, H W pixels, R Q patch rows and columns, N tokens, D width, P patch pixels * C.

Source: DiT, arXiv:2212.09748; shared modulation, PixArt-alpha, arXiv:2310.00426; query-key norm,
arXiv:2302.05442; predicting data with a velocity loss, arXiv:2511.13720.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from videorlvr.models.bias import DistanceBias, biased
from videorlvr.models.config import DiTConfig
from videorlvr.models.seam import Attention, Seam, Site, gathered, scattered

MIN_DIVISOR_SIGMA = 0.05
"""A data prediction becomes a velocity by division with sigma, kept at least this large."""


def rotary_angles(shape_TRQ: tuple[int, int, int], head_dim: int, device: torch.device) -> Tensor:
    """Angles [N, head_dim / 2] of axial rotary positions: a quarter of the pairs for frames, the rest for
    rows and columns."""
    pairs = head_dim // 2
    frame_pairs = pairs // 4
    row_pairs = (pairs - frame_pairs) // 2
    counts = (frame_pairs, row_pairs, pairs - frame_pairs - row_pairs)
    grids = torch.meshgrid(
        *(torch.arange(n, device=device, dtype=torch.float32) for n in shape_TRQ), indexing="ij"
    )
    angles = []
    for grid, count in zip(grids, counts, strict=True):
        # Boards are tens of cells wide, so the slowest wave is 100 cells, not language's 10,000 words.
        frequency = 100.0 ** (-torch.arange(count, device=device, dtype=torch.float32) / max(count, 1))
        angles.append(grid.reshape(-1, 1) * frequency)
    return torch.cat(angles, dim=-1)


def rotate(x_BNHD: Tensor, cos_N1D: Tensor, sin_N1D: Tensor) -> Tensor:
    a, b = x_BNHD.chunk(2, dim=-1)
    return torch.cat([a * cos_N1D - b * sin_N1D, a * sin_N1D + b * cos_N1D], dim=-1)


def sigma_embedding(sigma_B: Tensor, width: int) -> Tensor:
    """Sinusoids of 1000 sigma: [B, width]."""
    half = width // 2
    frequency = torch.exp(-math.log(10_000.0) * torch.arange(half, device=sigma_B.device) / half)
    angle = 1000.0 * sigma_B[:, None].float() * frequency
    return torch.cat([angle.cos(), angle.sin()], dim=-1)


class Block(nn.Module):
    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        width, self.heads = config.width, config.heads
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.up = nn.Linear(width, config.mlp_ratio * width)
        self.down = nn.Linear(config.mlp_ratio * width, width)
        self.query_scale = nn.Parameter(torch.ones(width // config.heads))
        self.key_scale = nn.Parameter(torch.ones(width // config.heads))
        # Added to the modulation that all blocks share; its gates start at zero, so blocks start as identity.
        self.modulation = nn.Parameter(torch.zeros(6, width))

    def forward(
        self, x_BTSD: Tensor, modulation_BT16D: Tensor, cos_N1D: Tensor, sin_N1D: Tensor, attention: Attention
    ) -> Tensor:
        q, k, v = self.enter(x_BTSD, modulation_BT16D, cos_N1D, sin_N1D)
        return self.leave(x_BTSD, modulation_BT16D, attention(q, k, v))

    def enter(
        self, x_BTSD: Tensor, modulation_BT16D: Tensor, cos_N1D: Tensor, sin_N1D: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, keys and values of all tokens, [B, heads, N, head_dim] each."""
        batch, frames, space, width = x_BTSD.shape
        shift, scale, _, _, _, _ = self._modulation(modulation_BT16D)
        h = F.layer_norm(x_BTSD, (width,)) * (1 + scale) + shift
        # Heads stay where the matrix product left them: moving them first makes every pass over q and k slower.
        q, k, v = self.qkv(h).reshape(batch, frames * space, 3, self.heads, width // self.heads).unbind(2)
        q = rotate(F.rms_norm(q, q.shape[-1:], self.query_scale.to(q.dtype)), cos_N1D, sin_N1D).to(v.dtype)
        k = rotate(F.rms_norm(k, k.shape[-1:], self.key_scale.to(k.dtype)), cos_N1D, sin_N1D).to(v.dtype)
        return q.transpose(1, 2), k.transpose(1, 2), v.transpose(1, 2)

    def leave(self, x_BTSD: Tensor, modulation_BT16D: Tensor, attended_BHND: Tensor) -> Tensor:
        """The residual stream after the attention's answer and the hidden layer."""
        width = x_BTSD.shape[-1]
        _, _, gate_a, shift, scale, gate_m = self._modulation(modulation_BT16D)
        x_BTSD = x_BTSD + gate_a * self.out(attended_BHND.transpose(1, 2).reshape(x_BTSD.shape))
        h = F.layer_norm(x_BTSD, (width,)) * (1 + scale) + shift
        h = self.down(F.gelu(self.up(h), approximate="tanh"))
        return torch.addcmul(x_BTSD, gate_m, h)

    def _modulation(self, modulation_BT16D: Tensor) -> tuple[Tensor, ...]:
        """Shift, scale and gate of the attention, and of the hidden layer."""
        own = self.modulation.to(modulation_BT16D.dtype)  # else bf16 turns into a float32 residual stream
        return (modulation_BT16D + own).unbind(dim=-2)


class DiT(nn.Module):
    """Velocity of a video given its clean first frame.

    Others reach into it by its `seam`: attention that is exchanged, hidden states that are looked at.
    """

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        self.config, self.seam = config, Seam()
        patch = config.channels * config.patch_px**2
        self.patch_in = nn.Linear(2 * patch, config.width)
        self.sigma_in = nn.Sequential(
            nn.Linear(256, config.width), nn.SiLU(), nn.Linear(config.width, config.width)
        )
        self.modulate = nn.Linear(config.width, 6 * config.width)
        self.blocks = nn.ModuleList(Block(config) for _ in range(config.depth))
        self.distance = DistanceBias(config.depth, config.heads) if config.distance_bias else None
        self.modulate_out = nn.Linear(config.width, 2 * config.width)
        self.patch_out = nn.Linear(config.width, patch)
        for layer in (self.modulate, self.modulate_out, self.patch_out):
            nn.init.zeros_(layer.weight)
            nn.init.zeros_(layer.bias)

    def patches(self, x_BCTHW: Tensor) -> Tensor:
        """[B, C, T, H, W] -> [B, T, S, P] with S = R * Q patches a frame."""
        batch, channels, frames, height, width = x_BCTHW.shape
        size = self.config.patch_px
        x = x_BCTHW.reshape(batch, channels, frames, height // size, size, width // size, size)
        return x.permute(0, 2, 3, 5, 1, 4, 6).reshape(batch, frames, -1, channels * size * size)

    def unpatch(self, x_BTSP: Tensor, height: int, width: int) -> Tensor:
        batch, frames, size = x_BTSP.shape[0], x_BTSP.shape[1], self.config.patch_px
        x = x_BTSP.reshape(batch, frames, height // size, width // size, self.config.channels, size, size)
        return x.permute(0, 4, 1, 2, 5, 3, 6).reshape(batch, self.config.channels, frames, height, width)

    def as_tokens(self, x_BCTHW: Tensor) -> Tensor:
        """What each token is of: [B, N, P], frame by frame."""
        return self.patches(x_BCTHW).flatten(1, 2)

    def from_tokens(self, tokens_BNP: Tensor, like_BCTHW: Tensor) -> Tensor:
        """Inverse of `as_tokens`, for a video of this shape."""
        frames, height, width = like_BCTHW.shape[2:]
        tokens_BTSP = tokens_BNP.reshape(len(tokens_BNP), frames, -1, tokens_BNP.shape[-1])
        return self.unpatch(tokens_BTSP, height, width)

    def forward(self, x_BCTHW: Tensor, sigma_B: Tensor, first_BCHW: Tensor) -> Tensor:
        """dx/dsigma, float32 [B, C, T, H, W], for latents whose frame 0 is the clean first frame.

        Frame 0 of the result carries no meaning: the sampler and all losses mask it.
        """
        batch, _, frames, height, width = x_BCTHW.shape
        size = self.config.patch_px
        noisy = self.patches(x_BCTHW)
        first = self.patches(first_BCHW[:, :, None]).expand(-1, frames, -1, -1)
        x = self.patch_in(torch.cat([noisy, first], dim=-1))

        sigma_BT = sigma_B[:, None] * (torch.arange(frames, device=x.device) > 0)
        embedded = F.silu(self.sigma_in(sigma_embedding(sigma_BT.flatten(), 256)))
        modulation = self.modulate(embedded).reshape(batch, frames, 1, 6, self.config.width)
        shape = (frames, height // size, width // size)
        angles = rotary_angles(shape, self.config.width // self.config.heads, x.device)
        cos, sin = (wave.to(x.dtype)[:, None] for wave in (angles.cos(), angles.sin()))
        last = self.modulate_out(embedded).reshape(batch, frames, 1, -1)
        space, chosen = x.shape[2], self.seam.chosen(frames * x.shape[2])
        if chosen is not None:  # each a frame of one token, with its own modulation and place
            x = gathered(x.flatten(1, 2), chosen)[:, :, None]
            modulation, last = (gathered(part, chosen // space) for part in (modulation, last))
            cos, sin = cos[chosen], sin[chosen]
        for number, block in enumerate(self.blocks):
            site = Site(number)
            attention = self.seam.attention(site)
            if self.distance is not None:
                attention = biased(attention, self.distance.factors(number, shape), chosen)
            x = block(x, modulation, cos, sin, attention)
            self.seam.show(site, x)

        shift, scale = last.chunk(2, dim=-1)
        x = self.patch_out(F.layer_norm(x, (self.config.width,)) * (1 + scale) + shift)
        if chosen is not None:
            x = scattered(x[:, :, 0], chosen, frames * space).reshape(batch, frames, space, -1)
        out = self.unpatch(x, height, width).float()
        if self.config.predicts == "velocity":
            return out
        divisor = sigma_B.float().clamp_min(MIN_DIVISOR_SIGMA)[:, None, None, None, None]
        return (x_BCTHW.float() - out) / divisor


def num_parameters(model: nn.Module) -> int:
    return sum(parameter.numel() for parameter in model.parameters())
