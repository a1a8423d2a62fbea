"""Complete runs of group preference. Costs are of one run, its SFT left out."""

from __future__ import annotations

from videorlvr.methods.video.preference.config import PreferenceConfig
from videorlvr.players.sampling import Sampling
from videorlvr.training.config import Task


def micro_maze_preference() -> PreferenceConfig:
    """Maze 3x3 on a CPU, from `micro-maze-sft`.

    Command: `videorlvr train micro-maze-preference`. Cost: not measured. Result: not measured.
    """
    return PreferenceConfig(
        tasks=[Task(world="maze", level="micro")],
        init="runs/micro-maze-sft/policy",
        sampling=Sampling(steps=5, shift=3.0),
        num_steps=40,
        problems=32,
        group=8,
        batch=64,
        lr=1e-4,
        final_lr=0.1,
    )


RECIPES = (micro_maze_preference,)
