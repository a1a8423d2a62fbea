"""The loss of DPO. Pure.

B pairs.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import logsigmoid


def preference_loss(
    chosen_B: Tensor, rejected_B: Tensor, start_chosen_B: Tensor, start_rejected_B: Tensor, beta: float
) -> tuple[Tensor, Tensor]:
    """(loss, margin), [B]: - log sigmoid(margin), margin = beta ((chosen - start_chosen) - (rejected - start_rejected))
    of log-probabilities summed over an answer.

    Source: arXiv:2305.18290, equation 7.
    """
    margin = beta * ((chosen_B - start_chosen_B) - (rejected_B - start_rejected_B))
    return -logsigmoid(margin), margin
