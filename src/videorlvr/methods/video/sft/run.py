"""SFT's learner: the regression on oracle videos, and nothing beside it."""

from __future__ import annotations

from videorlvr.training.supervised import Supervised


class SFT(Supervised):
    """One step over all tasks. The result is the running average of the weights."""
