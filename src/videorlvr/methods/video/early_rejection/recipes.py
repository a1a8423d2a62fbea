"""Ways of playing, as `videorlvr evaluate RUN --player NAME` takes them."""

from __future__ import annotations

from videorlvr.methods.video.early_rejection.config import EarlyRejectionConfig


def best_of_4() -> EarlyRejectionConfig:
    """Four whole videos of each problem, the judge chooses.

    Command: `videorlvr evaluate RUN --player best-of-4`. Cost: four times the network evaluations of a sample.
    Result: see the card of the study `early-rejection`.
    """
    return EarlyRejectionConfig(starts=4, at=None)


def early_rejection() -> EarlyRejectionConfig:
    """Four starts of each problem, of which the best goes on after the third step.

    Command: `videorlvr evaluate RUN --player early-rejection`. Cost: with five steps 14 network evaluations, where
    four whole videos take 20. Result: see the card of the study `early-rejection`.
    """
    return EarlyRejectionConfig(starts=4, at=2, keep=1)


RECIPES = (best_of_4, early_rejection)
