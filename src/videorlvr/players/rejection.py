"""Early rejection in rollouts: of each group the worst are ended after a step, and cost no more.

A video that is ended jumps to its data estimate, `x - sigma v`: one long Euler step to sigma 0, so it is a video like
any other, judged and learnt from like any other, of a coarser sampler.

Law: nothing before the step changes, and no item feels which others were ended. The step lies behind the window of
stochastic steps, so what training replays is what it would have been.

B batch, K of them that go on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from videorlvr.flow.sampler import Step
from videorlvr.models.api import Policy
from videorlvr.worlds.api import Problem, Video

Score = Callable[[Sequence[Problem], Video], npt.NDArray[np.float64]]
"""Partial scores of the videos that data estimates show, higher is better."""


class Rejection:
    """Of one batch. at: index of the step. share: of each group's videos in the batch, rounded down."""

    def __init__(self, at: int, share: float, score: Score) -> None:
        self.at, self.share, self.score = at, share, score
        self.estimate: Tensor | None = None
        self.keep: Tensor | None = None

    def steer(
        self, policy: Policy, problems: Sequence[Problem], group_ids: npt.NDArray[np.int64]
    ) -> Callable[[Step], Tensor | None]:
        """What `walk` asks after each step."""

        def after(step: Step) -> Tensor | None:
            if step.index != self.at:
                return None
            with torch.no_grad():
                self.estimate = step.x0
                shown = policy.decode(self.estimate).cpu().numpy()
            kept = going_on(self.score(problems, shown), group_ids, self.share)
            self.keep = torch.from_numpy(kept).to(step.x.device)
            return self.keep

        return after

    def whole(self, x_of_kept: Tensor) -> Tensor:
        """All videos of the batch, each where it ended."""
        assert self.estimate is not None
        assert self.keep is not None
        return self.estimate.index_copy(0, self.keep, x_of_kept)


def going_on(
    scores_B: npt.NDArray[np.float64], group_ids_B: npt.NDArray[np.int64], share: float
) -> npt.NDArray[np.int64]:
    """Places, in order, of all but the worst `share` of each group, rounded down; of equals the earlier goes on."""
    kept = []
    for group in np.unique(group_ids_B):
        places = np.flatnonzero(group_ids_B == group)
        order = places[np.argsort(-scores_B[places], kind="stable")]
        kept.append(order[: len(places) - int(share * len(places))])
    out: npt.NDArray[np.int64] = np.sort(np.concatenate(kept)).astype(np.int64)
    return out
