"""Outcomes that are no evidence of their own: samples of one problem, and mirror images of one puzzle.

Law: a cluster (a puzzle up to symmetry) is one piece of evidence as far as its outcomes agree, and as many as it has
where they do not. With one outcome a cluster everything here is what it is without clusters, to the last digit.

C clusters, N outcomes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from videorlvr.base.paired import mcnemar_exact

Labels = Sequence[str] | npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

PRIOR = 1.0
"""Weight of the belief that images of a puzzle are solved alike, in outcomes that are not of the most frequent kind: a
few of these cannot tell, and being wrong in the other direction makes intervals too narrow."""

MAX_CELLS = 2**22
NUM_FLIPS = 100_000


def effective_number(values: npt.ArrayLike, clusters: Labels) -> float:
    """How many independent outcomes say as much about their mean as these; at most N, at least about C.

        N / deff,    deff = 1 + icc (N / n_tied - 1),    n_tied = N^2 / sum_c N_c^2

    n_tied is their number if outcomes of a cluster were all alike (Kish). icc, 0 for independent outcomes and 1 for
    tied ones, is what makes deff the ratio of the variance of the mean by clusters,
    sum_c (sum_{i in c} (x_i - mean))^2 / N^2, to that of independent outcomes, var(x) / N; kept within [0, 1] and
    drawn to 1 with the weight `PRIOR`, against all outcomes that are not of the most frequent kind.

    Args:
        values: Outcomes in {0, 1}, or differences in {-1, 0, 1}; [N], N >= 1.
        clusters: A label for each.

    Source: L. Kish, "Survey Sampling" (1965), sections 5.4 and 8.2, for the two design effects; E. L. Korn and
        B. I. Graubard, Survey Methodology 24 (1998), for score intervals at an effective number.
    """
    x = np.asarray(values, dtype=np.float64)
    index, num_clusters = _numbered(clusters, len(x))
    if num_clusters == len(x):
        return float(len(x))
    sizes = np.bincount(index)
    tied = len(x) ** 2 / float((sizes**2).sum())
    centred = x - x.mean()
    independent = float((centred**2).sum())
    informative = len(x) - int(np.unique(x, return_counts=True)[1].max())
    icc = 1.0
    if independent:
        by_cluster = float((np.bincount(index, weights=centred) ** 2).sum())
        correction = num_clusters / (num_clusters - 1) if num_clusters > 1 else 1.0
        measured = (correction * by_cluster / independent - 1) / (len(x) / tied - 1)
        icc = (PRIOR + informative * min(max(measured, 0.0), 1.0)) / (PRIOR + informative)
    return len(x) / (1 + icc * (len(x) / tied - 1))


def sign_flip(
    differences: npt.ArrayLike, clusters: Labels, *, rng: np.random.Generator | None = None
) -> float:
    """Two-sided exact p that neither side is better, from differences of paired outcomes.

    If neither is, a cluster's difference S_c = sum of its differences could as well have had the other sign:

        p = P(|sum_c e_c S_c| >= |sum_c S_c|),    e_c = +1 or -1 with probability 1/2 each.

    With one pair a cluster this is McNemar's exact test. The distribution of the sum is built up cluster by cluster;
    where the sums are no small whole numbers, signs are drawn `NUM_FLIPS` times.

    Args:
        differences: B - A, [N].
        rng: For the draws; a fixed one where it is None.

    Source: R. A. Fisher, "The Design of Experiments" (1935), section 21.
    """
    d = np.asarray(differences, dtype=np.float64)
    index, _ = _numbered(clusters, len(d))
    sums = np.abs(by_cluster := np.bincount(index, weights=d))
    whole = np.rint(sums).astype(np.int64)
    observed = abs(by_cluster.sum())
    if np.allclose(sums, whole, atol=1e-9):
        if whole.max(initial=0) <= 1:
            return mcnemar_exact(int((by_cluster < -0.5).sum()), int((by_cluster > 0.5).sum()))
        if int(whole.sum()) * int(np.count_nonzero(whole)) <= MAX_CELLS:
            return _exact(whole, round(observed))
    rng = rng or np.random.default_rng(0)
    reached = 0
    for _ in range(NUM_FLIPS // 1000):
        signs = 2.0 * rng.integers(0, 2, (1000, len(sums)), dtype=np.int8) - 1
        reached += int(np.count_nonzero(np.abs(signs @ sums) >= observed - 1e-9))
    return (1 + reached) / (1 + NUM_FLIPS)


def _exact(sums: npt.NDArray[np.int64], observed: int) -> float:
    """P(|signed sum| >= observed), from the distribution of the sum of those with sign +, in [0, total]."""
    total = int(sums.sum())
    chance: Floats = np.zeros(total + 1)
    chance[0] = 1.0
    for size in sums[sums > 0]:
        chance /= 2
        chance[size:] += chance[:-size].copy()
    plus = np.arange(total + 1)
    return float(min(1.0, chance[np.abs(2 * plus - total) >= observed].sum()))


def _numbered(clusters: Labels, count: int) -> tuple[npt.NDArray[np.int64], int]:
    if len(clusters) != count or count == 0:
        raise ValueError(f"{len(clusters)} labels for {count} outcomes; expected one each, and at least one")
    names, index = np.unique(np.asarray(clusters), return_inverse=True)
    return index.astype(np.int64), len(names)
