"""Complete runs of rejection SFT. Costs are of one run, its SFT left out."""

from __future__ import annotations

from videorlvr.methods.video.rejection_sft.config import RejectionSFTConfig
from videorlvr.training.matching_config import MICRO_MAZE


def micro_maze_rejection_sft() -> RejectionSFTConfig:
    """Maze 3x3 on a CPU, from `micro-maze-sft`.

    Command: `videorlvr train micro-maze-rejection-sft`. Cost: not measured. Result: not measured.
    """
    return RejectionSFTConfig(**MICRO_MAZE)


RECIPES = (micro_maze_rejection_sft,)
