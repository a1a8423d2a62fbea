"""Ways of playing, as `videorlvr evaluate RUN --player NAME` takes them."""

from __future__ import annotations

from videorlvr.methods.video.mmhm.config import MMHMConfig
from videorlvr.training.config import Task


def mmhm() -> MMHMConfig:
    """Of five numbers of steps and four weights of guidance the best by the score, on Maze `micro`.

    Command: `videorlvr evaluate RUN --player mmhm:task=maze:micro`. Cost: 20 settings of 192 videos, once.
    Result: see the card of the study `mmhm`.
    """
    return MMHMConfig(task=Task(world="maze", level="micro"))


RECIPES = (mmhm,)
