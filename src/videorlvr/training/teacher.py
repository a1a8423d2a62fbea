"""Hidden states that are drawn to a smaller, trained network's, for a while: what methods of any host share.

B batch, N tokens, D and E widths.

Source: Late-to-early training, arXiv:2602.05393.
"""

from __future__ import annotations

from torch import Tensor
from torch.nn.functional import cosine_similarity, interpolate


def stretched(states_BND: Tensor, width: int) -> Tensor:
    """[B, N, width]: linear interpolation along the features; of the same width the states themselves."""
    if states_BND.shape[-1] == width:
        return states_BND
    return interpolate(states_BND, size=width, mode="linear", align_corners=True)


def cosines(states_BNE: Tensor, teacher_BND: Tensor) -> Tensor:
    """The cosine of each token's state and the teacher's, stretched to its width: float32 [B, N] in [-1, 1]."""
    theirs = stretched(teacher_BND.float(), states_BNE.shape[-1])
    return cosine_similarity(states_BNE.float(), theirs, dim=-1)


def teacher_weight(index: int, *, weight: float, stop: int) -> float:
    """weight max(0, (stop - index) / stop): it fades, and from step `stop` on the teacher is gone."""
    return weight * max(0.0, (stop - index) / stop) if stop else 0.0
