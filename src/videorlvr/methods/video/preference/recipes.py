"""Complete runs of group preference. Costs are of one run, its SFT left out."""

from __future__ import annotations

from videorlvr.methods.video.preference.config import PreferenceConfig
from videorlvr.training.matching_config import MICRO_MAZE


def micro_maze_preference() -> PreferenceConfig:
    """Maze 3x3 on a CPU, from `micro-maze-sft`.

    Command: `videorlvr train micro-maze-preference`. Cost: not measured. Result: not measured.
    """
    return PreferenceConfig(**MICRO_MAZE)


RECIPES = (micro_maze_preference,)
