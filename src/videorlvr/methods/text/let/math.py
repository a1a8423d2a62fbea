"""How a state or a law is drawn to a teacher's. Pure.

B batch, N tokens, D and E widths, V vocabulary.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import kl_div, log_softmax

from videorlvr.training.language.imitation import weighted_mean
from videorlvr.training.teacher import cosines


def state_loss(states_BNE: Tensor, teacher_BND: Tensor, seen_BN: Tensor) -> Tensor:
    """- mean over tokens of the cosine, in [-1, 1]. Source: arXiv:2602.05393."""
    return -weighted_mean(cosines(states_BNE, teacher_BND), seen_BN.float())


def law_loss(logits_BNV: Tensor, teacher_BNV: Tensor, weights_BN: Tensor) -> Tensor:
    """Mean KL(teacher || learner) of the next token, over the tokens that count."""
    gap = kl_div(
        log_softmax(logits_BNV[:, :-1], -1),
        log_softmax(teacher_BNV[:, :-1], -1),
        reduction="none",
        log_target=True,
    )
    return weighted_mean(gap.sum(-1), weights_BN[:, 1:])
