"""What to look at, as `videorlvr methods look RUN NAME` takes it."""

from __future__ import annotations

from videorlvr.methods.video.rankme.config import RankMeConfig
from videorlvr.training.config import Task


def micro_maze_rank() -> RankMeConfig:
    """Hidden states on Maze 3x3.

    Command: `videorlvr methods look RUN micro-maze-rank`. Cost: seconds. Result: see the card of the study
    `rank-of-sft-and-rl`.
    """
    return RankMeConfig(tasks=[Task(world="maze", level="micro")])


RECIPES = (micro_maze_rank,)
