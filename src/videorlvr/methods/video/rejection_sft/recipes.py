"""Complete runs of rejection SFT. Costs are of one run, its SFT left out."""

from __future__ import annotations

from videorlvr.methods.video.rejection_sft.config import RejectionSFTConfig
from videorlvr.players.sampling import Sampling
from videorlvr.training.config import Task


def micro_maze_rejection_sft() -> RejectionSFTConfig:
    """Maze 3x3 on a CPU, from `micro-maze-sft`.

    Command: `videorlvr train micro-maze-rejection-sft`. Cost: not measured. Result: not measured.
    """
    return RejectionSFTConfig(
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


RECIPES = (micro_maze_rejection_sft,)
