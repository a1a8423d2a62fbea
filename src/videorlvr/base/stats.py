"""Intervals and tests for success rates and paired comparisons; pure functions on numbers.

The unit of evidence is the problem: two models are compared on the same problems, pair by pair.
Randomness is an argument, so the same generator state gives the same interval.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_DRAWS_PER_CHUNK = 2**21  # bounds a resampling chunk to about 32 MiB of indices and gathered values


def wilson(successes: int, total: int, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval (low, high) of a success probability; (0, 1) without any trial.

        centre = (p + z^2 / 2n) / (1 + z^2 / n)
        half   = z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n),    p = successes / n

    Unlike the textbook interval it stays inside [0, 1] and keeps its width at 0 or n successes.

    Raises:
        ValueError: Unless 0 <= successes <= total and 0 < confidence < 1.

    Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
        JASA 22 (1927); no continuity correction.
    """
    if not 0 <= successes <= total:
        raise ValueError(f"successes is {successes} of total {total}; expected 0 <= successes <= total")
    _check_confidence(confidence)
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


def mcnemar_exact(only_a: int, only_b: int) -> float:
    """Two-sided exact p-value that A and B succeed equally often, from paired outcomes.

    Problems on which both succeed or both fail say nothing; given n = only_a + only_b discordant
    ones, only_a is Binomial(n, 1/2) under the null:

        p = min(1, 2 sum_{i <= min(only_a, only_b)} C(n, i) / 2^n)

    Computed in whole numbers, so it is exact for any n (under 0.1 s at n = 20 000).

    Args:
        only_a: Number of problems that A alone solves, >= 0.
        only_b: Number of problems that B alone solves, >= 0.

    Raises:
        ValueError: If a count is negative.

    Source: Q. McNemar, "Note on the sampling error of the difference between correlated
        proportions", Psychometrika 12 (1947), in its exact binomial form.
    """
    if only_a < 0 or only_b < 0:
        raise ValueError(f"counts are ({only_a}, {only_b}); expected both >= 0, numbers of problems")
    n = int(only_a) + int(only_b)
    term = tail = 1
    for i in range(int(min(only_a, only_b))):
        term = term * (n - i) // (i + 1)
        tail += term
    doubled = 2 * tail
    return 1.0 if doubled >= 2**n else doubled / 2**n


def bootstrap_difference(
    a: npt.ArrayLike,
    b: npt.ArrayLike,
    rng: np.random.Generator,
    num_resamples: int = 10_000,
    confidence: float = 0.95,
    strata: npt.ArrayLike | None = None,
) -> tuple[float, float]:
    """Percentile interval (low, high) of mean(b) - mean(a) over paired outcomes.

    Resamples problems, keeping each pair together, so that how hard a problem is cancels. With
    `strata` (worlds) problems are resampled within their stratum and the estimate is the mean of
    the strata's mean differences, each stratum with equal weight whatever its size.

    Args:
        a, b: Outcomes on the same problems in the same order; float [n], n >= 1, finite.
        rng: Consumed; num_resamples * n draws.
        num_resamples: >= 1; memory does not grow with it times n.
        strata: Integer labels [n], or None for a single stratum.

    Raises:
        ValueError: If lengths differ, an array is empty or not finite, strata are not integers, or
            a knob is out of range.

    Source: Efron and Tibshirani, "An Introduction to the Bootstrap" (1993), chapter 13.
    Not handled: bias correction; with fewer than about 20 problems a stratum the interval is too
    narrow, and with one it has no width.
    """
    values_a, values_b = _checked(a, "a"), _checked(b, "b")
    if len(values_a) != len(values_b):
        raise ValueError(
            f"a has {len(values_a)} outcomes and b has {len(values_b)}; expected pairs, in the same order"
        )
    differences = values_b - values_a
    if strata is None:
        return _percentiles(_resampled_means(differences, rng, num_resamples), confidence)
    labels = np.asarray(strata)
    if labels.shape != differences.shape or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(
            f"strata has shape {list(labels.shape)} and type {labels.dtype}; expected "
            f"{len(differences)} integers, one for each pair"
        )
    groups = [differences[labels == label] for label in np.unique(labels)]
    means = [_resampled_means(group, rng, num_resamples) for group in groups]
    return _percentiles(np.mean(means, axis=0), confidence)


def mean_interval(
    values: npt.ArrayLike,
    rng: np.random.Generator,
    num_resamples: int = 10_000,
    confidence: float = 0.95,
) -> tuple[float, float]:
    """Percentile bootstrap interval (low, high) of a mean; for success rates prefer `wilson`.

    Args:
        values: Float [n], n >= 1, finite.

    Raises:
        ValueError: If `values` is empty or not finite, or a knob is out of range.

    Source: Efron and Tibshirani (1993), chapter 13.
    """
    return _percentiles(_resampled_means(_checked(values, "values"), rng, num_resamples), confidence)


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
    _check_confidence(confidence)
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


def _resampled_means(values: Floats, rng: np.random.Generator, num_resamples: int) -> Floats:
    """Means of `num_resamples` samples drawn from `values` with replacement; float [num_resamples]."""
    if num_resamples < 1:
        raise ValueError(f"num_resamples is {num_resamples}; expected >= 1, such as 10000")
    means = np.empty(num_resamples)
    rows = max(1, _DRAWS_PER_CHUNK // len(values))
    for start in range(0, num_resamples, rows):
        stop = min(start + rows, num_resamples)
        means[start:stop] = values[rng.integers(len(values), size=(stop - start, len(values)))].mean(axis=1)
    return means


def _percentiles(means: Floats, confidence: float) -> tuple[float, float]:
    _check_confidence(confidence)
    low, high = np.quantile(means, [(1 - confidence) / 2, (1 + confidence) / 2])
    return float(low), float(high)


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


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"confidence is {confidence}; expected between 0 and 1, such as 0.95")
