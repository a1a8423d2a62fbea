"""A run that falls below its start stops itself.

The start is the mean success of the first `SPAN` iterations, and now is that of the last `SPAN`. Means of several
iterations, since each has other problems: of five iterations with 64 problems a standard error is 2 points.
"""

from __future__ import annotations

import torch
from torch import nn

SPAN = 5
UNSEEN = -1.0
"""In place of a success that is not there yet; a checkpoint holds no NaN."""


class BelowStartError(ValueError):
    """A run whose success fell below its start. What was saved before stays."""


class Watch(nn.Module):
    """Told each iteration's success, it says whether the run is to stop. What it has seen is a weight that nothing
    trains, so that a checkpoint holds it.

    margin: allowed fall, in [0, 1]; None for any.
    """

    def __init__(self, margin: float | None) -> None:
        super().__init__()
        self.margin = margin
        self.first = nn.Parameter(torch.full((SPAN,), UNSEEN))
        self.last = nn.Parameter(torch.full((SPAN,), UNSEEN))

    @torch.no_grad()
    def saw(self, success: float) -> None:
        self.last.copy_(torch.cat([self.last[1:], self.last.new_tensor([success])]))
        missing = self.first == UNSEEN
        if missing.any():
            self.first[int(missing.int().argmax())] = success

    def complaint(self) -> str:
        """Why the run should stop, as a sentence; "" if it should not."""
        start, now = float(self.first.detach().mean()), float(self.last.detach().mean())
        unknown = bool((self.first == UNSEEN).any())
        if self.margin is None or unknown or now >= start - self.margin:
            return ""
        return (
            f"success fell from {start:.3f} in the first {SPAN} iterations to {now:.3f} in the last, more than "
            f"stop_below={self.margin:g}: lower lr, raise kl_weight, or imitate demonstrations beside"
        )
