"""How far an update may move a policy: checked after it was made, in nats, and taken back as far as it went too far.

Law: after `TrustRegion.fit` the measured divergence is at most `most`, or an error is raised; weights that were not
finite are never kept. A learning rate does not say how far a policy moves; this does.

Source: the line search of TRPO, arXiv:1502.05477, Appendix C; ours takes the optimizer's step as the direction.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from videorlvr.models.shards import own_part

MAX_HALVINGS = 7
"""An update that is still too long after this many is off by two orders of magnitude: an error, not a step."""


@dataclass(frozen=True)
class Fit:
    """divergence: in nats, after the update. share: of the optimizer's step that was kept, 1 if all of it."""

    divergence: float
    share: float


class TrustRegion:
    """Of one iteration after another. most: largest divergence from the policy that rolled out, in nats; None only
    measures."""

    def __init__(self, module: nn.Module, most: float | None) -> None:
        self.weights = [parameter for parameter in module.parameters() if parameter.requires_grad]
        self.most = most
        self._reached = 0.0
        self._before: list[Tensor] = []

    def begin(self) -> None:
        """A new iteration: the policy is the one that rolled out."""
        self._reached = 0.0

    @torch.no_grad()
    def remember(self) -> None:
        """Call it before the optimizer's step."""
        self._before = [own_part(weight.detach()).clone() for weight in self.weights]

    def fit(self, measure: Callable[[], float]) -> Fit:
        """Halve the step that was just made until `measure` is at most `most`; where earlier steps of the iteration
        have left no room, take it back.

        Args:
            measure: Divergence of the policy as it is now; over the same videos in all steps of an iteration.

        Raises:
            FloatingPointError: If 1/128 of an iteration's step is still too long, or no number.
        """
        first, share = measure(), 1.0
        found = first
        for _ in range(MAX_HALVINGS):
            if math.isfinite(found) and (self.most is None or found <= self.most):
                self._reached = found
                return Fit(found, share)
            share /= 2
            self._take_back(0.5)
            found = measure()
        if self._reached > 0 and math.isfinite(found):
            self._take_back(0.0)
            return Fit(self._reached, 0.0)
        bound = "a finite number" if self.most is None else f"at most {self.most:g}"
        raise FloatingPointError(
            f"an update moved the policy by {first:.3g} nats, and by {found:.3g} with {share:g} of its length; "
            f"expected {bound}: lower lr"
        )

    @torch.no_grad()
    def _take_back(self, kept: float) -> None:
        """Keep a share of what is left of the step."""
        own = [own_part(weight) for weight in self.weights]
        for weight, before in zip(own, self._before, strict=True):
            # A weight that is no number is not half way to anywhere.
            finite = weight.isfinite()
            weight.copy_(torch.where(finite, before + kept * (weight - before), before))
