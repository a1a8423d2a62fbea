"""Scores of beginnings, what they are worth early, and a reading that is fitted to them. Pure.

n samples, d features, P pools, C candidates of a pool.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.written.guide import Guide

Floats = npt.NDArray[np.float64]
LOST, WON = -1.0, 2.0
"""Of an answer that made an illegal move, left the last way to the end or ended too soon; of one that ended solved."""
DAMPING = 1e-3
"""Of the fit, over the mean variance of its features."""


def score_of(guide: Guide, state: Any, *, ended: bool) -> float:
    """1 - moves left / moves of the board at first, for an answer that goes on; state None after an illegal move."""
    if state is None:
        return LOST
    if ended:
        return WON if guide.game.solved(state) else LOST
    left, first = guide.left(state), guide.left(guide.game.start())
    return LOST if left is None else 1 - left / max(1, first or 1)


def correlation(partial_n: npt.ArrayLike, whole_n: npt.ArrayLike) -> float:
    """Pearson's; 0 where one of them does not vary."""
    a, b = np.asarray(partial_n, np.float64), np.asarray(whole_n, np.float64)
    a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum() / size) if size > 0 else 0.0


def kept(scores_C: npt.ArrayLike, count: int) -> list[int]:
    """Places of the `count` best, best first; of equals the earlier."""
    falling = np.argsort(-np.asarray(scores_C, np.float64), kind="stable")
    return [int(place) for place in falling[:count]]


def fitted(features_nd: Floats, targets_n: Floats) -> Floats:
    """[d + 1] weights of the linear reading with the least square error, a constant behind them; damped, the constant
    not."""
    ones = np.ones((len(features_nd), 1))
    design = np.concatenate([features_nd, ones], 1)
    damping = np.full(design.shape[1], DAMPING * len(design) * float(features_nd.var()))
    damping[-1] = 0.0
    solution: Floats = np.linalg.lstsq(
        design.T @ design + np.diag(damping), design.T @ targets_n, rcond=None
    )[0]
    return solution


def read(weights_D: Floats, features_nd: Floats) -> Floats:
    """The reading of features, [n]."""
    out: Floats = features_nd @ weights_D[:-1] + weights_D[-1]
    return out
