"""The loss of next-token SFT. Pure.

B batch, N tokens, V vocabulary.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import cross_entropy

from videorlvr.training.language.imitation import weighted_mean


def next_token_loss(logits_BNV: Tensor, ids_BN: Tensor, weights_BN: Tensor) -> Tensor:
    """- sum w_n log p(token_n | before) / sum w_n; the first token is predicted by nothing."""
    loss = cross_entropy(logits_BNV[:, :-1].flatten(0, 1), ids_BN[:, 1:].flatten(), reduction="none")
    return weighted_mean(loss.view_as(ids_BN[:, 1:]), weights_BN[:, 1:])
