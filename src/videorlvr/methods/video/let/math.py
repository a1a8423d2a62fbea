"""How a block's states are drawn to a teacher's. Pure.

B batch, N tokens, D and E widths.
"""

from __future__ import annotations

from torch import Tensor

from videorlvr.training.teacher import cosines


def state_loss(states_BNE: Tensor, teacher_BND: Tensor) -> Tensor:
    """- mean over tokens of the cosine, in [-1, 1]; the given frame's tokens are tokens.

    Raises:
        ValueError: If the two cut a video into different tokens.

    Source: arXiv:2602.05393.
    """
    if states_BNE.shape[:2] != teacher_BND.shape[:2]:
        raise ValueError(
            f"the teacher cuts a video into {teacher_BND.shape[1]} tokens and the learner into {states_BNE.shape[1]}: "
            "expected one grid; take a teacher with the learner's form, patch_px and patch_frames"
        )
    return -cosines(states_BNE, teacher_BND).mean()
