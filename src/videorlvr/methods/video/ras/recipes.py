"""Ways of playing, as `videorlvr evaluate RUN --player NAME` takes them."""

from __future__ import annotations

from videorlvr.methods.video.ras.config import RASConfig


def ras() -> RASConfig:
    """Half of the tokens after four dense steps, all of them every eight.

    Command: `videorlvr evaluate RUN --player ras`. Cost: 0.58 of plain sampling's operations in 28 steps.
    Result: see the card of the study `ras`.
    """
    return RASConfig()


def fewer_steps() -> RASConfig:
    """Plain sampling in fewer steps, the control of whatever makes a step cheaper.

    Command: `videorlvr evaluate RUN --player fewer-steps:steps=5`. Cost: its steps. Result: see the study `ras`.
    """
    return RASConfig(ratio=1.0, steps=5)


RECIPES = (ras, fewer_steps)
