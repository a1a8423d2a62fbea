"""Who may look at whom, where a clean and a noised copy of a video go through the network side by side.

    clean token of chunk i:   clean tokens of chunks <= i
    noisy token of chunk i:   clean tokens of chunks < i, noisy tokens of chunk i

The clean copy ends before the last chunk, which is no one's past. With one chunk there is no clean copy, and no mask.
On a GPU through FlexAttention, which skips what is masked; elsewhere a dense mask.

T frame, S tokens a frame, N tokens of both copies, clean ones first.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, cast

import torch
import torch.nn.functional as F
from torch import Tensor

from videorlvr.models.chunks import chunks_of


class BlockCausal:
    """Attention under this mask for one shape: (q, k, v) of [B, H, N, D] -> [B, H, N, D]."""

    def __init__(self, frames: int, space: int, chunk_frames: int | None, device: torch.device) -> None:
        chunks = chunks_of(frames, chunk_frames)
        past = chunks[-1].start
        chunk_T = torch.tensor([i for i, part in enumerate(chunks) for _ in range(part.start, part.stop)])
        chunk_N = torch.cat([chunk_T[:past], chunk_T]).repeat_interleave(space).to(device)
        noisy_N = (torch.arange(len(chunk_N)) >= past * space).to(device)
        self.flex: Any = None
        self.dense: Tensor | None = None
        if past and device.type == "cuda":
            from torch.nn.attention.flex_attention import create_block_mask

            size = len(chunk_N)
            self.flex = create_block_mask(rule_of(chunk_N, noisy_N), None, None, size, size, device=device)
        elif past:
            place = torch.arange(len(chunk_N), device=device)
            self.dense = rule_of(chunk_N, noisy_N)(place, place, place[:, None], place[None, :])

    def __call__(self, q_BHND: Tensor, k_BHND: Tensor, v_BHND: Tensor) -> Tensor:
        if self.flex is not None:
            return cast(Tensor, _flex_attention()(q_BHND, k_BHND, v_BHND, block_mask=self.flex))
        return F.scaled_dot_product_attention(q_BHND, k_BHND, v_BHND, attn_mask=self.dense)


def rule_of(chunk_N: Tensor, noisy_N: Tensor) -> Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]:
    """(batch, head, query, key) -> whether token `query` reads token `key`, of tokens' chunks and copies."""

    def may_look(batch: Tensor, head: Tensor, query: Tensor, key: Tensor) -> Tensor:
        before = (chunk_N[key] < chunk_N[query]) & ~noisy_N[key]
        own = (chunk_N[key] == chunk_N[query]) & (noisy_N[key] == noisy_N[query])
        return own | before

    return may_look


@cache
def _flex_attention() -> Any:
    from torch.nn.attention.flex_attention import flex_attention

    return torch.compile(flex_attention, dynamic=False)
