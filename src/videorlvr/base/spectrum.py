"""The shape of a cloud of features: how many directions it fills, and how fast their variances fall.

Law: neither scale, nor rotation, nor the order of samples changes a number. Two conventions of effective rank are told
side by side, since they are not comparable: papers use both under one name.

n samples, d dimensions, G groups of samples.

Source: RankMe, arXiv:2210.02885 (singular values); alpha-ReQ, arXiv:2202.05808; both on covariances over training,
arXiv:2509.23024.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
FIRST = 11
"""The first eigenvalue, counted from 1, of the fit of alpha: those before it are outliers of few directions."""
LAST = 100


@dataclass(frozen=True)
class Shape:
    """rank: exp of the entropy of variances (eigenvalues of the covariance) as shares, in [1, d].
    rank_singular: the same of standard deviations, the original RankMe; never below `rank`.
    alpha: variances fall as i^-alpha; r_squared: how well, in logarithms. NaN where too few directions vary.
    """

    rank: float
    rank_singular: float
    alpha: float
    r_squared: float


def variances(features_ND: npt.ArrayLike) -> Floats:
    """Eigenvalues of the covariance, falling: [d], none below 0.

    Raises:
        ValueError: For fewer than two samples, or numbers that are not finite.
    """
    features = np.asarray(features_ND, dtype=np.float64)
    if features.ndim != 2 or len(features) < 2 or not np.isfinite(features).all():
        raise ValueError(f"features of shape {features.shape}; expected [n, d], n >= 2, all of them finite")
    return _falling(np.cov(features, rowvar=False, bias=True))


def _falling(covariance_DD: Floats) -> Floats:
    values = np.linalg.eigvalsh(np.atleast_2d(covariance_DD))[::-1]
    out: Floats = np.clip(values, 0.0, None)
    return out


def effective_rank(values: Floats) -> float:
    """exp(-sum p ln p), p the values' shares: k for k equal ones and any number of zeros; 1 where nothing varies."""
    total = values.sum()
    if total <= 0:
        return 1.0
    shares = values[values > 0] / total
    return float(np.exp(-(shares * np.log(shares)).sum()))


def decay(values: Floats, *, first: int = FIRST, last: int = LAST) -> tuple[float, float]:
    """(alpha, R^2) of ln value_i = c - alpha ln i, least squares weighted by 1 / i, over i in first .. last.

    The range is cut where there are fewer directions, or where a variance is rounding (below 1e-12 of the largest).
    """
    most = int((values > 1e-12 * values[0]).sum()) if values[0] > 0 else 0
    places = np.arange(first, min(last, most) + 1, dtype=np.float64)
    if len(places) < 3:
        return float("nan"), float("nan")
    x, y, weight = np.log(places), np.log(values[first - 1 : int(places[-1])]), 1.0 / places
    x_mean, y_mean = np.average(x, weights=weight), np.average(y, weights=weight)
    slope = (weight * (x - x_mean) * (y - y_mean)).sum() / (weight * (x - x_mean) ** 2).sum()
    left = (weight * (y - y_mean - slope * (x - x_mean)) ** 2).sum()
    spread = (weight * (y - y_mean) ** 2).sum()
    return float(-slope), float(1 - left / spread) if spread > 0 else float("nan")


def shape_of(values: Floats, *, first: int = FIRST, last: int = LAST) -> Shape:
    """The shape that variances [d] have."""
    return Shape(
        effective_rank(values), effective_rank(np.sqrt(values)), *decay(values, first=first, last=last)
    )


def bootstrap(
    features_GKD: Floats, rng: np.random.Generator, *, draws: int = 100, first: int = FIRST, last: int = LAST
) -> list[Shape]:
    """Shapes of the cloud with its groups drawn again with replacement: samples of one video are no separate
    evidence. A group enters by its sums, so a draw costs a d x d eigenproblem."""
    groups, each, _ = features_GKD.shape
    sums = features_GKD.sum(axis=1)
    squares = np.einsum("gkd,gke->gde", features_GKD, features_GKD)
    out = []
    for _ in range(draws):
        counts = np.bincount(rng.integers(groups, size=groups), minlength=groups).astype(np.float64)
        n = groups * each
        mean = counts @ sums / n
        covariance = np.tensordot(counts, squares, axes=1) / n - np.outer(mean, mean)
        out.append(shape_of(_falling(covariance), first=first, last=last))
    return out
