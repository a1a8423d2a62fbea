"""Two players on the same problems: is one better, and by how much? Pure functions on counts of pairs.

Pairs in which both succeed or both fail say how sure a difference is, and nothing about which side is better.
"""

from __future__ import annotations

import math
from statistics import NormalDist

from videorlvr.base.stats import check_confidence


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


def tango(only_a: float, only_b: float, total: float, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval (low, high) of the difference of success B - A over paired outcomes; (-1, 1) without any.

    The differences d that the score test does not reject,

        |only_b - only_a - n d| <= z sqrt(n (2 q + d (1 - d))),    n = total,

    where q is the likeliest share of pairs that A alone solves if the difference were d. At d = 0 this is McNemar's
    test (without correction), so the interval leaves out 0 if and only if (only_b - only_a)^2 > z^2 (only_a + only_b).
    It keeps its width where no pair is discordant.

    Args:
        only_a, only_b: Pairs that one side alone solves, >= 0, together at most `total`. Need not be whole.

    Raises:
        ValueError: If the counts contradict one another, or confidence is not between 0 and 1.

    Source: T. Tango, "Equivalence test and confidence interval for the difference in proportions for the
        paired-sample design", Statistics in Medicine 17 (1998), Eq. 14 to 16.
    """
    if not (only_a >= 0 and only_b >= 0 and only_a + only_b <= total * (1 + 1e-9)):
        raise ValueError(
            f"only_a is {only_a} and only_b {only_b} of total {total}; expected both >= 0, and no more together"
        )
    check_confidence(confidence)
    if total == 0:
        return -1.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    return -_tango_end(only_b, only_a, total, z), _tango_end(only_a, only_b, total, z)


def _tango_end(only_a: float, only_b: float, total: float, z: float) -> float:
    """The largest difference that is not rejected, by bisection: the statistic falls as d rises."""
    estimate = (only_b - only_a) / total

    def statistic(d: float) -> float:
        half = only_a + only_b - (2 * total + only_a - only_b) * d  # q solves 2 n q^2 - half q - c = 0
        root = math.sqrt(max(half * half + 8 * total * only_a * d * (1 - d), 0.0))
        q = (half + root) / (4 * total)
        variance = total * (2 * q + d * (1 - d))
        gap = only_b - only_a - total * d
        return gap / math.sqrt(variance) if variance > 0 else (-math.inf if gap < 0 else 0.0)

    low, high = estimate, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if statistic(middle) >= -z else (low, middle)
    return high
