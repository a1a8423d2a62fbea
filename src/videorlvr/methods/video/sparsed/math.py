"""Which blocks a block of queries sees: pure functions.

B batch, H heads, N tokens, D head_dim, n blocks of b tokens; the last block may hold fewer.

Source: SparseD, arXiv:2509.24014, Section 3.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor


def block_weights(q_BHND: Tensor, k_BHND: Tensor, block: int) -> Tensor:
    """Attention that each block of keys gets from each block of queries, [B, H, n, n]; rows sum to 1. A block of
    queries at a time, so that no N x N numbers are there at once."""
    tokens, width = q_BHND.shape[-2:]
    rows = []
    for start in range(0, tokens, block):
        scores = q_BHND[..., start : start + block, :] @ k_BHND.transpose(-1, -2) / math.sqrt(width)
        seen = scores.float().softmax(-1).mean(dim=-2)
        whole = F.pad(seen, (0, -tokens % block))
        rows.append(whole.reshape(*whole.shape[:-1], -1, block).sum(-1))
    return torch.stack(rows, dim=-2)


def chosen(weights_BHnn: Tensor, density: float, given: int, *, isolated: bool) -> Tensor:
    """The blocks of most weight, bool [B, H, n, n]: the share `density` of each row, at least one.

    given: leading blocks of the given frame; where `isolated` the share is taken of them and of the others apart.
    """
    parts = (weights_BHnn[..., :given], weights_BHnn[..., given:]) if isolated else (weights_BHnn,)
    return torch.cat([_top(part, density) for part in parts], dim=-1)


def _top(weights: Tensor, density: float) -> Tensor:
    count = weights.shape[-1]
    if count == 0:
        return weights.bool()
    places = weights.topk(max(1, round(density * count)), dim=-1).indices
    return torch.zeros_like(weights, dtype=torch.bool).scatter(-1, places, True)


def nearest(num_blocks: int, density: float, device: torch.device) -> Tensor:
    """The window of equal density, bool [n, n]: each row its nearest blocks."""
    place = torch.arange(num_blocks, device=device)
    return _top(-(place[:, None] - place).abs().float(), density)


def spread(blocks: Tensor, block: int, tokens: int) -> Tensor:
    """[..., n, n] by block -> [..., N, N] by token."""
    wide = blocks.repeat_interleave(block, dim=-1).repeat_interleave(block, dim=-2)
    return wide[..., :tokens, :tokens]


def overlap(one: Tensor, other: Tensor) -> Tensor:
    """Jaccard index of two patterns [..., n, n] -> [...]: 1 where they are equal, 0 where they share nothing."""
    both, either = (one & other).sum((-1, -2)), (one | other).sum((-1, -2))
    return both / either.clamp_min(1)
