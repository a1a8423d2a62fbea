"""Attention with an additive bias, without ever making the bias: it enters as further columns of queries and keys.

    softmax(q k^T / sqrt(D) + b) v = attention of [q | b_q] and [k | b_k],    b = b_q b_k^T of rank R

so any attention serves, exact where the bias has the rank, and reads N R numbers where a dense bias has N^2.

Law: the sign is that of `transformers`: what is further away gets less.

B batch, H heads, N queries, M keys, D head_dim, R rank.

Source: FlashBias, arXiv:2505.12044, whose published ALiBi factors have the other sign; ALiBi, arXiv:2108.12409.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from videorlvr.models.seam import Attention, gathered

Factors = tuple[Tensor, Tensor]
"""(b_q [H, N, R], b_k [H, M, R]): bias[h, i, j] = b_q[h, i] . b_k[h, j]."""
MULTIPLE = 8
"""Head dimensions that are no multiple of it leave the fused kernels; columns are filled up with zeros."""
FURTHEST = 63
"""Cells and frames further apart than this count as this far."""


def biased(attention: Attention, factors: Factors, chosen_BK: Tensor | None = None) -> Attention:
    """`attention` as if the bias had been added to its scores: it divides by the root of its own, wider queries.

    chosen_BK: the tokens that are computed, where not all are.
    """

    def with_bias(q_BHND: Tensor, k_BHMD: Tensor, v_BHMD: Tensor) -> Tensor:
        width = q_BHND.shape[-1]
        b_q, b_k = (part.to(q_BHND.dtype).expand(len(q_BHND), -1, -1, -1) for part in factors)
        if chosen_BK is not None:
            b_q, b_k = (gathered(b.transpose(1, 2), chosen_BK).transpose(1, 2) for b in (b_q, b_k))
        filled = -(width + b_q.shape[-1]) % MULTIPLE + width + b_q.shape[-1]
        q = torch.cat([q_BHND / math.sqrt(width), b_q], dim=-1) * math.sqrt(filled)
        q, k, v = (
            F.pad(part, (0, filled - part.shape[-1]))
            for part in (q, torch.cat([k_BHMD, b_k], dim=-1), v_BHMD)
        )
        return attention(q, k, v)[..., :width]

    return with_bias


def alibi_slopes(heads: int, *, device: torch.device | None = None) -> Tensor:
    """[H]: 2^(-8 h / H) for a power of two; else those of the next lower one, and every second of the next higher."""
    lower = 2 ** math.floor(math.log2(heads))
    slopes = [2.0 ** (-8.0 * (h + 1) / lower) for h in range(lower)]
    slopes += [2.0 ** (-4.0 * (h + 1) / lower) for h in range(0, 2 * (heads - lower), 2)]
    return torch.tensor(slopes, device=device)


def alibi_factors(slopes_H: Tensor, num_tokens: int) -> Factors:
    """-m (i - j), rank 2: [-m i, m] . [1, j]."""
    place = torch.arange(num_tokens, device=slopes_H.device, dtype=slopes_H.dtype).expand(len(slopes_H), -1)
    slope, one = slopes_H[:, None].expand_as(place), torch.ones_like(place)
    return torch.stack([-slope * place, slope], dim=-1), torch.stack([one, place], dim=-1)


def square_distance_factors(weights_H: Tensor, x_NC: Tensor) -> Factors:
    """-w |x_i - x_j|^2, rank C + 2: [-w |x_i|^2, -w, 2 w x_i] . [1, |x_j|^2, x_j]."""
    weight, x = weights_H[:, None, None], x_NC.expand(len(weights_H), -1, -1)
    square, one = x.square().sum(-1, keepdim=True), torch.ones_like(x[..., :1])
    b_q = torch.cat([-weight * square, -weight * one, 2 * weight * x], dim=-1)
    return b_q, torch.cat([one, square, x], dim=-1)


def table_factors(bias_HNM: Tensor, rank: int) -> Factors:
    """The best factors of a dense bias in squares, by SVD; exact from its own rank on."""
    u, s, v = torch.linalg.svd(bias_HNM.float(), full_matrices=False)
    root = s[..., None, :rank].sqrt()
    return u[..., :rank] * root, v[..., :rank, :].transpose(-1, -2) * root


def rank_for(bias_HNM: Tensor, energy: float) -> int:
    """The least rank whose squares are at least this share of the bias's, in every head."""
    squares = torch.linalg.svdvals(bias_HNM.float()).square()
    shares = squares.cumsum(-1) / squares.sum(-1, keepdim=True).clamp_min(torch.finfo(squares.dtype).tiny)
    return int((shares < energy - 1e-7).sum(-1).max()) + 1


class DistanceBias(nn.Module):
    """Learned: how much a token looks at one that is so many frames, rows and columns away, by block and head.

    A sum over axes, so its rank is at most the sum of the axes' lengths, whatever was learnt: a video of T frames on
    R x Q cells takes T + R + Q columns and no N x N numbers. It begins at zero.

    rank: columns an axis may have, by SVD; None for all, which is exact.
    """

    def __init__(self, depth: int, heads: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.zeros(depth, heads, 3, 2 * FURTHEST + 1))
        self.rank: int | None = None

    def factors(self, block: int, shape_TRQ: tuple[int, int, int]) -> Factors:
        """Of the tokens of such a video, frame by frame, row by row."""
        parts = [self._axis(block, axis, length) for axis, length in enumerate(shape_TRQ)]
        places = torch.meshgrid(
            *(torch.arange(n, device=self.table.device) for n in shape_TRQ), indexing="ij"
        )
        sides = [
            torch.cat([part[:, place.flatten()] for part, place in zip(side, places, strict=True)], dim=-1)
            for side in zip(*parts, strict=True)
        ]
        return sides[0], sides[1]

    def _axis(self, block: int, axis: int, length: int) -> Factors:
        place = torch.arange(length, device=self.table.device)
        apart = (place[:, None] - place).clamp(-FURTHEST, FURTHEST) + FURTHEST
        bias = self.table[block, :, axis][:, apart]
        if self.rank is not None and self.rank < length:
            return table_factors(bias, self.rank)
        one = torch.eye(length, device=bias.device, dtype=bias.dtype)
        return bias, one.expand(len(bias), -1, -1)
