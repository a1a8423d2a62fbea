"""Complete runs of LET on videos."""

from __future__ import annotations

from videorlvr.methods.video.let.config import LETVideoConfig
from videorlvr.models.config import DiTConfig
from videorlvr.players.sampling import Sampling
from videorlvr.training.config import Task


def micro_maze_let() -> LETVideoConfig:
    """Maze 3x3 from scratch, 7M parameters with a trained policy of 1.3M at the beginning.

    Command: `videorlvr train micro-maze-let`, after `micro-maze-sft`.
    Cost: half a minute on a GPU. Result: see the card of the study `let-video`.
    """
    return LETVideoConfig(
        tasks=[Task(world="maze", level="micro")],
        model=DiTConfig(width=256, depth=8, heads=4),
        teacher="runs/micro-maze-sft/policy",
        layer=3,
        sampling=Sampling(steps=5, shift=3.0),
        batch=64,
        num_steps=600,
        lr=8e-3,
        warmup=50,
        ema=0.99,
        pool_start=1024,
        pool_grow=32,
        pool_size=20_000,
    )


RECIPES = (micro_maze_let,)
