"""Which tokens are computed: pure functions.

B batch, N tokens, P numbers a token, K chosen.

Source: RAS, arXiv:2502.10389, Section 3.
"""

from __future__ import annotations

import torch
from torch import Tensor

EPSILON = 1e-6
MOVES = 1e3
"""What a token that moves is worth beside one that does not: more than any starvation."""


def importance(tokens_BNP: Tensor, focus: str) -> Tensor:
    """[B, N], positive: how much the velocity of a token calls for being computed again.

    std and l2 of the token's numbers; `inverse-std` is the other direction, 1 / std.
    """
    match focus:
        case "std":
            return tokens_BNP.std(-1, correction=0) + EPSILON
        case "l2":
            return tokens_BNP.square().sum(-1).sqrt() + EPSILON
        case "inverse-std":
            return 1 / (tokens_BNP.std(-1, correction=0) + EPSILON)
        case _:
            raise ValueError(f"focus={focus!r} is not of a velocity; expected std, l2 or inverse-std")


def moving(first_BNP: Tensor, solved_BNP: Tensor) -> Tensor:
    """[B, N]: `MOVES` where the solution's token differs from the first frame's, 1 elsewhere."""
    return torch.where((solved_BNP - first_BNP).abs().amax(-1) > 1e-3, MOVES, 1.0)


def starved(importance_BN: Tensor, skipped_BN: Tensor, rate: float) -> Tensor:
    """importance exp(rate d) for a token that was left out d steps: above 0 what was left out long comes back."""
    return importance_BN * torch.exp(rate * skipped_BN)


def chosen(importance_BN: Tensor, free_N: Tensor, ratio: float) -> Tensor:
    """The indices [B, K] of the most important free tokens, in order; of equals the first. K = ratio of the free ones,
    rounded, and at least one."""
    count = max(1, round(ratio * int(free_N.sum())))
    ranked = importance_BN.masked_fill(~free_N, -torch.inf).argsort(dim=-1, descending=True, stable=True)
    return ranked[:, :count].sort(dim=-1).values


def is_dense(index: int, dense: int, reset_every: int | None) -> bool:
    """Whether all tokens are computed in a step: the first `dense`, and every `reset_every` after those."""
    past = index - dense
    return past < 0 or (reset_every is not None and past > 0 and past % reset_every == 0)


def equivalents(costs: list[int], ratio: float, dense: int, reset_every: int | None) -> float:
    """Network evaluations of an answer, a regional one counted by its share of the tokens. costs: of each step."""
    return sum(
        cost * (1.0 if is_dense(index, dense, reset_every) else ratio) for index, cost in enumerate(costs)
    )
