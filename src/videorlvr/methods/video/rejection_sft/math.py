"""Rejection SFT (expert iteration): imitate one's own successes.

    loss = e of the successes, and nothing of the others;   e as in SFT

The gradient of the log-likelihood of successes, which is REINFORCE with rewards 0 and 1 and no baseline.

Source: expert iteration, arXiv:1705.08439; as a control for RL, arXiv:2308.01825 (rejection sampling fine-tuning).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def kept(
    success_N: npt.NDArray[np.bool_], group_ids_N: npt.NDArray[np.int64], most: int | None
) -> npt.NDArray[np.int64]:
    """Places of the successes, the first `most` of each group; None for all."""
    keep = success_N.copy()
    if most is not None:
        for group in np.unique(group_ids_N):
            keep[np.flatnonzero(success_N & (group_ids_N == group))[most:]] = False
    return np.flatnonzero(keep)
