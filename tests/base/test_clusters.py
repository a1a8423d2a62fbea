"""Outcomes that depend on one another count as fewer; those that do not, exactly as before."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import permutation_test

from videorlvr.base.clusters import effective_number, sign_flip
from videorlvr.base.paired import mcnemar_exact, tango
from videorlvr.base.stats import wilson


@settings(deadline=None)
@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=1, max_size=60))
def test_one_outcome_a_puzzle_is_as_without_puzzles(values):
    labels = [f"p{index}" for index in range(len(values))]
    assert effective_number(values, labels) == len(values)
    assert sign_flip(values, labels) == mcnemar_exact(values.count(-1), values.count(1))


def test_outcomes_that_are_all_alike_count_once():
    values, labels = np.repeat([1, 0, 0, 1, 1], 4), np.repeat(np.arange(5), 4)
    assert effective_number(values, labels) == pytest.approx(5)
    assert effective_number([1] * 20, labels) == pytest.approx(5), "nothing seen of images that differ"
    assert effective_number([1] * 12, np.repeat([0, 1, 2, 3], [8, 2, 1, 1])) == pytest.approx(144 / 70)


def test_outcomes_that_are_independent_count_nearly_each():
    """The measured correlation by the formula of the docstring, in Python."""
    rng = np.random.default_rng(0)
    values, labels = rng.integers(0, 2, 400), np.repeat(np.arange(100), 4)
    x = values - values.mean()
    ratio = 100 / 99 * sum(x[labels == c].sum() ** 2 for c in range(100)) / sum(x**2)
    icc = max(0.0, (ratio - 1) / 3)
    minority = min(values.sum(), 400 - values.sum())
    drawn = (1 + minority * icc) / (1 + minority)
    assert effective_number(values, labels) == pytest.approx(400 / (1 + 3 * drawn))
    assert effective_number(values, labels) > 330


def test_more_failures_never_make_a_nearly_perfect_rate_more_certain():
    """0, 1 and 2 of 400 samples solved: the interval used to shrink at the first success."""
    highs = []
    for solved in (0, 1, 2, 4):
        number = effective_number([1] * solved + [0] * (400 - solved), np.r_[np.arange(200), np.arange(200)])
        highs.append(wilson(solved / 400 * number, number)[1])
    assert highs[1:] == sorted(highs[1:])
    assert highs[0] == wilson(0, 200)[1]
    assert highs[1] > 0.8 * highs[0]


@pytest.mark.parametrize(
    "sums", [[1, 1, -2, 3], [4, 4, 0, -1, 2], [2, 2, 2], [0, 0], [5, -3, 3, 1, 1, -1, 2]]
)
def test_signs_of_whole_puzzles_equal_enumeration_and_scipy(sums):
    d = np.array([np.sign(s) for s in sums for _ in range(abs(s))] + [0.0])
    labels = np.array([i for i, s in enumerate(sums) for _ in range(abs(s))] + [99])
    flips = [abs(np.dot(signs, sums)) for signs in itertools.product((-1, 1), repeat=len(sums))]
    expected = np.mean([flip >= abs(sum(sums)) - 1e-9 for flip in flips])
    assert sign_flip(d, labels) == pytest.approx(expected)
    if len(sums) > 2:
        theirs = permutation_test(
            (np.array(sums, float),), np.sum, permutation_type="samples", n_resamples=np.inf
        )
        assert sign_flip(d, labels) == pytest.approx(theirs.pvalue)


def test_signs_are_drawn_where_sums_are_no_whole_numbers():
    rng = np.random.default_rng(3)
    d = rng.normal(0.25, 1, 40)
    exact = permutation_test((d,), np.sum, permutation_type="samples", n_resamples=20_000, rng=1).pvalue
    p = sign_flip(d, np.arange(40))
    assert p == pytest.approx(exact, abs=0.01)
    assert p == sign_flip(d, np.arange(40)), "the same numbers, the same p"


def test_intervals_hold_the_truth_as_often_as_they_say():
    """50 puzzles in four images, correlated by .5: `benchmarks/coverage.py` in small."""
    rng = np.random.default_rng(11)
    labels = np.repeat(np.arange(50), 4)
    hits = np.zeros(2)
    for _ in range(300):
        chance = rng.beta(0.3, 0.7, 50)[labels]
        x = (rng.random(200) < chance).astype(float)
        number = effective_number(x, labels)
        low, high = wilson(x.mean() * number, number)
        hits[0] += low <= 0.3 <= high
        d = (rng.random(200) < chance) - x
        number = effective_number(d, labels)
        low, high = tango((d < 0).mean() * number, (d > 0).mean() * number, number)
        hits[1] += low <= 0 <= high
    assert (hits / 300 > 0.91).all()
    assert hits[0] / 300 < 0.985


def test_labels_are_one_an_outcome():
    with pytest.raises(ValueError, match="2 labels for 3 outcomes"):
        effective_number([1, 0, 1], ["a", "b"])
    with pytest.raises(ValueError, match="0 labels for 0"):
        sign_flip([], [])
