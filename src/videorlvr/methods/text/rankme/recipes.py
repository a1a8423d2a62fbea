"""What to look at, as `videorlvr methods look RUN NAME` takes it."""

from __future__ import annotations

from videorlvr.methods.text.rankme.config import TextRankMeConfig
from videorlvr.training.config import Task


def text_rank() -> TextRankMeConfig:
    """Hidden states on Maze 6x6, layer by layer.

    Command: `videorlvr methods look RUN text-rank`. Cost: seconds. Result: not measured; study `rank-of-text`.
    """
    return TextRankMeConfig(tasks=[Task(world="maze", level="small")])


RECIPES = (text_rank,)
