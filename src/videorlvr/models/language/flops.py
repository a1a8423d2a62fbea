"""What a language model costs, counted and not timed.

Source: Kaplan et al., arXiv:2001.08361, section 2.1: 2 operations a weight and token, and attention's own products;
the backward pass is twice the forward.
"""

from __future__ import annotations

from torch import nn


def matrix_weights(module: nn.Module) -> int:
    """Weights that each token is multiplied with: all but embeddings, the tied head counted once."""
    embeddings = {id(part.weight) for part in module.modules() if isinstance(part, nn.Embedding)}
    seen = {id(value): value.numel() for value in module.parameters() if id(value) not in embeddings}
    head = getattr(module, "lm_head", None) or getattr(module, "decoder", None)
    tied = head is not None and id(head.weight) in embeddings
    return sum(seen.values()) + (head.weight.numel() if tied and head is not None else 0)


def forward_flops(module: nn.Module, num_tokens: int, length: float, *, width: int, depth: int) -> int:
    """Operations of a forward pass over `num_tokens` tokens that each attend to `length` tokens."""
    return round(num_tokens * (2 * matrix_weights(module) + 4 * depth * width * length))
