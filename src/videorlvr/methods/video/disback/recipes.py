"""Complete runs of DisBack."""

from __future__ import annotations

from videorlvr.methods.video.disback.config import DisBackConfig
from videorlvr.training.config import Task


def micro_maze_disback() -> DisBackConfig:
    """A student of one step of `micro-maze-sft`.

    Command: `videorlvr train micro-maze-disback`, after `micro-maze-sft`. Cost: two minutes on a GPU.
    Result: see the card of the study `disback`.
    """
    return DisBackConfig(
        tasks=[Task(world="maze", level="micro")],
        init="runs/micro-maze-sft/policy",
        batch=64,
        num_steps=400,
        nodes=5,
        record=100,
        hold=20,
    )


RECIPES = (micro_maze_disback,)
