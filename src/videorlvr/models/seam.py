"""Where others reach into a network: attention that can be exchanged, hidden states that can be looked at.

Law: with nothing attached a network computes what it would without a seam, bit for bit, and the same graph is
compiled. What is attached is attached for a while (`attached`), belongs to one network, and is in no copy of it.

B batch, N tokens, D width or head_dim.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

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
"""Looks at the hidden states [B, N, D] that leave a block."""


def full_attention(q_BHND: Tensor, k_BHND: Tensor, v_BHND: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q_BHND, k_BHND, v_BHND)


class Seam:
    """What is attached to a network."""

    def __init__(self) -> None:
        self.attend: Attend | None = None
        self.tap: Tap | None = None

    def attention(self, site: Site) -> Attention:
        """The attention of a block: the plain function itself where nothing is attached."""
        return full_attention if self.attend is None else partial(self.attend, site)

    def show(self, site: Site, hidden: Tensor) -> None:
        """Hand the hidden states [B, ..., D] to the tap, if there is one."""
        if self.tap is not None:
            self.tap(site, hidden.flatten(1, -2))

    def __deepcopy__(self, memo: dict[int, Any]) -> Seam:
        return Seam()


@contextmanager
def attached(network: nn.Module, *, attend: Attend | None = None, tap: Tap | None = None) -> Iterator[None]:
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
    before = seam.attend, seam.tap
    seam.attend, seam.tap = attend or seam.attend, tap or seam.tap
    try:
        yield
    finally:
        seam.attend, seam.tap = before
