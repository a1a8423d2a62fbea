"""Where others reach into a network: attention that can be exchanged, hidden states that can be looked at, tokens that
are left out.

Law: with nothing attached a network computes what it would without a seam, bit for bit, and the same graph is
compiled. What is attached is attached for a while (`attached`), belongs to one network, and is in no copy of it.

B batch, N tokens of which K are chosen, D width or head_dim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


@dataclass(frozen=True)
class Site:
    """A block's place: its number, and in which loop over the blocks it runs."""

    block: int
    loop: int = 0


Attention = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(q, k, v), each [B, heads, N, D], rotated and normed -> [B, heads, N, D]."""
Attend = Callable[[Site, Tensor, Tensor, Tensor], Tensor]
"""The same, told which block asks."""
Tap = Callable[[Site, Tensor], None]
"""Looks at the hidden states [B, N, D] that leave a block; [B, K, D] where tokens are chosen."""
Choose = Callable[[int], Tensor | None]
"""Told how many tokens there are: the indices [B, K] of those that are computed, None for all. The velocity of the rest
has no meaning, and attention is asked with the queries, keys and values of the chosen ones alone."""


def full_attention(q_BHND: Tensor, k_BHND: Tensor, v_BHND: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q_BHND, k_BHND, v_BHND)


class Seam:
    """What is attached to a network."""

    def __init__(self) -> None:
        self.attend: Attend | None = None
        self.tap: Tap | None = None
        self.choose: Choose | None = None

    def chosen(self, num_tokens: int) -> Tensor | None:
        """Which tokens are computed, [B, K]; None for all."""
        return None if self.choose is None else self.choose(num_tokens)

    def attention(self, site: Site) -> Attention:
        """The attention of a block: the plain function itself where nothing is attached."""
        return full_attention if self.attend is None else partial(self.attend, site)

    def show(self, site: Site, hidden: Tensor) -> None:
        """Hand the hidden states [B, ..., D] to the tap, if there is one."""
        if self.tap is not None:
            self.tap(site, hidden.flatten(1, -2))

    def __deepcopy__(self, memo: dict[int, Any]) -> Seam:
        return Seam()


def gathered(x_BND: Tensor, chosen_BK: Tensor) -> Tensor:
    """[B, K, ...] of [B, N, ...]."""
    return x_BND[torch.arange(len(x_BND), device=x_BND.device)[:, None], chosen_BK]


def scattered(x_BKD: Tensor, chosen_BK: Tensor, num_tokens: int) -> Tensor:
    """The inverse: [B, N, D], zeros where nothing was computed."""
    out = x_BKD.new_zeros(len(x_BKD), num_tokens, x_BKD.shape[-1])
    return out.scatter(1, chosen_BK[..., None].expand_as(x_BKD), x_BKD)


@contextmanager
def attached(
    network: nn.Module, *, attend: Attend | None = None, tap: Tap | None = None, choose: Choose | None = None
) -> Iterator[None]:
    """Attach to a network; afterwards it has what it had before. What is not given stays as it is.

    Raises:
        ValueError: If the network has no seam.
    """
    seam = getattr(network, "seam", None)
    if not isinstance(seam, Seam):
        raise ValueError(
            f"a {type(network).__name__} has no seam: expected a network with `seam = Seam()` that asks it for "
            "attention and shows it hidden states, as models.dit.DiT does"
        )
    before = seam.attend, seam.tap, seam.choose
    seam.attend, seam.tap, seam.choose = attend or seam.attend, tap or seam.tap, choose or seam.choose
    try:
        yield
    finally:
        seam.attend, seam.tap, seam.choose = before
