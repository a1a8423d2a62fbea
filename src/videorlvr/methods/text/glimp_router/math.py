"""Signals of doubt, thresholds for a share, and what a signal is worth. Pure.

V vocabulary, n steps.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from torch import Tensor

PASSES = 3
"""Times that a threshold is found anew, since what is handed on changes what comes after it."""


def entropy(log_law_V: Tensor) -> float:
    """- sum p ln p in nats, of log-probabilities."""
    return float(-(log_law_V.exp() * log_law_V).nan_to_num(0.0).sum())


def margin(log_law_V: Tensor) -> float:
    """1 - (p_1 - p_2) of the two likeliest tokens, in [0, 1]: high where they are as likely."""
    first, second = log_law_V.exp().topk(2).values.tolist()
    return float(1 - (first - second))


def threshold_for(signals_n: npt.ArrayLike, rate: float) -> float:
    """What a share of `rate` of the signals lies above: minus infinity for 1, infinity for 0."""
    if rate <= 0:
        return float("inf")
    if rate >= 1:
        return float("-inf")
    falling = np.sort(np.asarray(signals_n, np.float64))[::-1]
    return float(falling[min(len(falling) - 1, round(rate * len(falling)))])


def auc(signals_n: npt.ArrayLike, wrong_n: npt.ArrayLike) -> float:
    """How often a signal of a wrong step is above that of a right one, ties half: 0.5 where it knows nothing. NaN where
    there is none of one kind."""
    signals, wrong = np.asarray(signals_n, np.float64), np.asarray(wrong_n, bool)
    apart = signals[wrong][:, None] - signals[~wrong][None, :]
    return float(((apart > 0) + 0.5 * (apart == 0)).mean()) if apart.size else float("nan")
