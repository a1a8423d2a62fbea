"""How a state or a law is drawn to a teacher's. Pure.

B batch, N tokens, D and E widths, V vocabulary.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import cosine_similarity, interpolate, kl_div, log_softmax

from videorlvr.training.language.imitation import weighted_mean


def stretched(states_BND: Tensor, width: int) -> Tensor:
    """[B, N, width]: linear interpolation along the features; of the same width the states themselves."""
    if states_BND.shape[-1] == width:
        return states_BND
    return interpolate(states_BND, size=width, mode="linear", align_corners=True)


def state_loss(states_BNE: Tensor, teacher_BND: Tensor, seen_BN: Tensor) -> Tensor:
    """- mean over tokens of the cosine, in [-1, 1]. Source: arXiv:2602.05393."""
    cosine = cosine_similarity(
        states_BNE.float(), stretched(teacher_BND.float(), states_BNE.shape[-1]), dim=-1
    )
    return -weighted_mean(cosine, seen_BN.float())


def law_loss(logits_BNV: Tensor, teacher_BNV: Tensor, weights_BN: Tensor) -> Tensor:
    """Mean KL(teacher || learner) of the next token, over the tokens that count."""
    gap = kl_div(
        log_softmax(logits_BNV[:, :-1], -1),
        log_softmax(teacher_BNV[:, :-1], -1),
        reduction="none",
        log_target=True,
    )
    return weighted_mean(gap.sum(-1), weights_BN[:, 1:])


def teacher_weight(index: int, *, weight: float, stop: int) -> float:
    """weight max(0, (stop - index) / stop)."""
    return weight * max(0.0, (stop - index) / stop) if stop else 0.0
