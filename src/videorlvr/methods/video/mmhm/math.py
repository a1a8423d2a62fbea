"""Scores of settings by several measures at once: pure functions.

S settings, M measures, all such that more is better (a distance enters negated); N samples, D features.

Source: MMHM, arXiv:2603.14186.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
EPSILON = 1e-3


def scaled(values_SM: Floats, low_M: Floats, high_M: Floats) -> Floats:
    """u = (value - low) / (high - low) within [0, 1]; 1 where the bounds are one."""
    width = high_M - low_M
    safe = np.where(width > 0, width, 1.0)
    u = np.clip((values_SM - low_M) / safe, 0.0, 1.0)
    return np.asarray(np.where(width > 0, u, 1.0))


def mmhm(u_SM: Floats) -> Floats:
    """M / sum over measures of 1 / (eps + u): [S]. The worst on one of four has 0.004 whatever the rest."""
    return np.asarray(u_SM.shape[1] / (1.0 / (EPSILON + u_SM)).sum(axis=1))


def by_set(values_SM: Floats) -> Floats:
    """The score with the bounds of what is compared, as in the source: adding a setting moves all."""
    return mmhm(scaled(values_SM, values_SM.min(axis=0), values_SM.max(axis=0)))


def pareto(values_SM: Floats) -> npt.NDArray[np.bool_]:
    """Settings that no other is as good as in everything and better than in something."""
    as_good = np.all(values_SM[None] >= values_SM[:, None], axis=-1)
    better = np.any(values_SM[None] > values_SM[:, None], axis=-1)
    return np.asarray(np.logical_not(np.any(as_good & better, axis=1)))


def stability(values_SM: Floats) -> float:
    """Share of settings other than the best after whose removal the best is still the best, by the set's bounds."""
    best = int(by_set(values_SM).argmax())
    others = [one for one in range(len(values_SM)) if one != best]
    kept = [int(by_set(np.delete(values_SM, one, axis=0)).argmax()) == best - (one < best) for one in others]
    return float(np.mean(kept)) if kept else 1.0


def frechet(one_ND: Floats, other_ND: Floats) -> float:
    """|m - m'|^2 + tr(C + C' - 2 (C C')^(1/2)), the distance of two normal laws with these means and covariances."""
    mean, other_mean = one_ND.mean(axis=0), other_ND.mean(axis=0)
    cov, other_cov = np.cov(one_ND, rowvar=False), np.cov(other_ND, rowvar=False)
    values, vectors = np.linalg.eigh(np.atleast_2d(cov))
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    inner = np.linalg.eigvalsh(root @ np.atleast_2d(other_cov) @ root).clip(min=0)
    traces = np.trace(np.atleast_2d(cov)) + np.trace(np.atleast_2d(other_cov))
    return float(((mean - other_mean) ** 2).sum() + traces - 2 * np.sqrt(inner).sum())
