"""Which tokens MLM-U masks, and its loss. Pure.

B batch, N tokens, V vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from videorlvr.training.language.imitation import weighted_mean


def hidden(
    uniform_B: Tensor, uniform_BN: Tensor, answer_BN: Tensor, masking: str, mask_rate: float
) -> Tensor:
    """bool [B, N]: the tokens of an answer that are masked.

    uniform: each with probability 1 - r, r = `uniform_B`. fixed: each with probability `mask_rate`. suffix: those from
    place floor(r L) on, of an answer of L tokens: at least one.
    Source: arXiv:2412.05117, section 2; the controls are `fixed` and `multi-forward` of its code.
    """
    match masking:
        case "uniform":
            return answer_BN & (uniform_BN >= uniform_B[:, None])
        case "fixed":
            return answer_BN & (uniform_BN < mask_rate)
    place = answer_BN.cumsum(1) - 1
    first = (uniform_B * answer_BN.sum(1)).floor()
    return answer_BN & (place >= first[:, None])


def regions(weights_BN: Tensor, room: int) -> tuple[Tensor, Tensor]:
    """(region, answer), bool [B, N]: where an answer of up to `room` tokens may stand, from its first token on, and
    where this one stands. N holds all regions."""
    place = torch.arange(weights_BN.shape[1], device=weights_BN.device)
    first = (weights_BN > 0).int().argmax(1, keepdim=True)
    region = (place >= first) & (place < first + room)
    return region, region & (weights_BN > 0)


def masked_loss(logits_BNV: Tensor, ids_BN: Tensor, hidden_BN: Tensor) -> Tensor:
    """Mean of - log p over the masked tokens of the batch."""
    loss = cross_entropy(logits_BNV.flatten(0, 1), ids_BN.flatten(), reduction="none").view_as(ids_BN)
    return weighted_mean(loss, hidden_BN.float())
