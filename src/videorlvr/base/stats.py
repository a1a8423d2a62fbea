"""Intervals for success rates and for means of a few runs, and corrections; pure functions on numbers.

The unit of evidence is the puzzle; how outcomes that belong together are counted is `base.clusters`, what pairs of them
say `base.paired`. Nothing here is drawn at random.

scipy and statsmodels have Wilson's interval, McNemar's test and Holm's correction, and the tests hold these functions
to them. They have neither Tango's interval nor an effective number, would weigh 150 and 300 MB, and cost every command
that needs one of them a second.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def wilson(successes: float, total: float, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval (low, high) of a success probability; (0, 1) without any trial.

        centre = (p + z^2 / 2n) / (1 + z^2 / n)
        half   = z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n),    p = successes / n

    Unlike the textbook interval it stays inside [0, 1] and keeps its width at 0 or n successes. The counts need not
    be whole: outcomes that depend on one another count as fewer (`clusters.effective_number`).

    Raises:
        ValueError: Unless 0 <= successes <= total and 0 < confidence < 1.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
        JASA 22 (1927); no continuity correction.
    """
    if not 0 <= successes <= total:
        raise ValueError(f"successes is {successes} of total {total}; expected 0 <= successes <= total")
    check_confidence(confidence)
    if total == 0:
        return 0.0, 1.0
    z_squared = NormalDist().inv_cdf(0.5 + confidence / 2) ** 2
    p = successes / total
    scale = 1 + z_squared / total
    centre = (p + z_squared / (2 * total)) / scale
    half = math.sqrt(z_squared * (p * (1 - p) + z_squared / (4 * total)) / total) / scale
    # At the ends the formula gives 0 and 1 up to rounding.
    low = 0.0 if successes == 0 else centre - half
    high = 1.0 if successes == total else centre + half
    return low, high


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values corrected for how many there are: below alpha only where the chance that any true null falls is.

    The i-th smallest of m becomes max over j <= i of (m - j + 1) p_(j), at most 1.

    Source: S. Holm, "A simple sequentially rejective multiple test procedure", Scandinavian Journal of
        Statistics 6 (1979).
    """
    out = [1.0] * len(p_values)
    largest = 0.0
    for rank, index in enumerate(sorted(range(len(p_values)), key=lambda index: p_values[index])):
        largest = max(largest, min(1.0, (len(p_values) - rank) * p_values[index]))
        out[index] = largest
    return out


Interval = tuple[float, float, float]
"""(estimate, low, high)."""


def mean_of(intervals: Sequence[Interval]) -> Interval:
    """Mean of independent estimates with equal weights, and its interval by square-and-add: the distances from
    estimate to limit add up as squares. One interval is its own mean.

    Source: G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures",
        Statistics in Medicine 27 (2008).
    """
    count = len(intervals)
    mean = sum(estimate for estimate, _, _ in intervals) / count
    below = math.sqrt(sum((estimate - low) ** 2 for estimate, low, _ in intervals)) / count
    above = math.sqrt(sum((high - estimate) ** 2 for estimate, _, high in intervals)) / count
    return mean, mean - below, mean + above


def student_interval(values: npt.ArrayLike, confidence: float = 0.95) -> tuple[float, float]:
    """Student's interval (low, high) of the mean of a few runs.

        mean +- t sd / sqrt(n),    sd with n - 1, t the (1 + confidence) / 2 quantile with n - 1 degrees of freedom

    For runs, of which there are three where a bootstrap would want twenty. It assumes that runs scatter about
    normally; what it costs to have few is in t (4.30 for three runs, 2.26 for ten).

    Args:
        values: Float [n], n >= 2, finite: a number a run, or a paired difference a seed.

    Raises:
        ValueError: For fewer than two values, or ones that are not finite.

    Source: Student (W. S. Gosset), "The probable error of a mean", Biometrika 6 (1908).
    """
    array = _checked(values, "values")
    if len(array) < 2:
        raise ValueError(
            "values has one run; expected at least two, since one says nothing of how runs scatter"
        )
    check_confidence(confidence)
    half = student_quantile(0.5 + confidence / 2, len(array) - 1) * array.std(ddof=1) / math.sqrt(len(array))
    return float(array.mean() - half), float(array.mean() + half)


def student_quantile(p: float, degrees: int) -> float:
    """The p quantile, 0.5 <= p < 1, of Student's t with whole degrees of freedom, to 1e-9.

    P(|T| < t) is a finite sum in cos of theta = arctan(t / sqrt(degrees)), inverted by halving.

    Source: Abramowitz and Stegun, "Handbook of Mathematical Functions" (1964), 26.7.3 and 26.7.4.
    """
    low, high = 0.0, math.pi / 2
    for _ in range(60):
        theta = (low + high) / 2
        low, high = (theta, high) if _student_within(theta, degrees) < 2 * p - 1 else (low, theta)
    return math.sqrt(degrees) * math.tan((low + high) / 2)


def _student_within(theta: float, degrees: int) -> float:
    """P(|T| < sqrt(degrees) tan(theta))."""
    odd = degrees % 2
    power = math.cos(theta) if odd else 1.0
    term = total = power if degrees > 1 else 0.0
    for k in range(2 + odd, degrees, 2):
        term *= (k - 1) / k * math.cos(theta) ** 2
        total += term
    return (theta + math.sin(theta) * total) * 2 / math.pi if odd else math.sin(theta) * total


def pass_at_k(num_samples: int, num_correct: int, k: int) -> float:
    """Unbiased estimate of the chance that at least one of k samples is correct.

        1 - C(n - c, k) / C(n, k),    n = num_samples, c = num_correct

    This is the share of the k-subsets of the n samples that hold a correct one.

    Raises:
        ValueError: Unless 0 <= num_correct <= num_samples and 1 <= k <= num_samples.

    Source: Chen et al., arXiv:2107.03374, Eq. 1.
    """
    if not 0 <= num_correct <= num_samples:
        raise ValueError(f"num_correct is {num_correct}; expected 0 to num_samples = {num_samples}")
    if not 1 <= k <= num_samples:
        raise ValueError(f"k is {k}; expected 1 to num_samples = {num_samples}, so draw more samples")
    subsets = math.comb(int(num_samples), int(k))
    return (subsets - math.comb(int(num_samples) - int(num_correct), int(k))) / subsets


def rank_correlation(a: npt.ArrayLike, b: npt.ArrayLike) -> float:
    """Spearman's rho, in [-1, 1]: the correlation of ranks, equal values at their mean rank; 0 where one of the two
    does not vary.

    Raises:
        ValueError: If they are not of one length.
    """
    both = [_checked(a, "a"), _checked(b, "b")]
    if both[0].shape != both[1].shape:
        raise ValueError(f"{len(both[0])} values beside {len(both[1])}: a correlation needs pairs")
    ranks = []
    for values in both:
        _, place, count = np.unique(values, return_inverse=True, return_counts=True)
        ranks.append((np.cumsum(count) - (count - 1) / 2)[place])
    spread = [float(rank.std()) for rank in ranks]
    if min(spread) == 0:
        return 0.0
    return float(
        np.mean((ranks[0] - ranks[0].mean()) * (ranks[1] - ranks[1].mean())) / (spread[0] * spread[1])
    )


def f1(precision: float, recall: float) -> float:
    """Harmonic mean 2 p r / (p + r) of precision and recall, in [0, 1]; 0 where both are 0.

    Raises:
        ValueError: If either is outside [0, 1].

    Source: C. J. van Rijsbergen, "Information Retrieval" (1979), with equal weights.
    """
    for name, value in (("precision", precision), ("recall", recall)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}; expected a share in [0, 1]")
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


def _checked(values: npt.ArrayLike, name: str) -> Floats:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 1 or len(array) == 0:
        raise ValueError(
            f"{name} has shape {list(array.shape)}; expected a flat array of at least one number"
        )
    if not np.isfinite(array).all():
        raise ValueError(
            f"{name} holds {int((~np.isfinite(array)).sum())} values that are not finite; "
            f"expected finite numbers, so decide first what a missing outcome counts as"
        )
    return array


def check_confidence(confidence: float) -> None:
    """Raises ValueError unless it is between 0 and 1."""
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; expected between 0 and 1, such as 0.95")
