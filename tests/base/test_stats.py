"""Statistics against numbers known from elsewhere: tables, brute force, simulation."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from videorlvr.base.stats import bootstrap_difference, f1, mcnemar_exact, mean_interval, pass_at_k, wilson


@pytest.mark.parametrize(
    ("successes", "total", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (5, 10, 0.2366, 0.7634),
        (10, 10, 0.7225, 1.0),
        (81, 263, 0.2553, 0.3662),  # Newcombe, Statistics in Medicine 17 (1998), Table I
        (15, 148, 0.0624, 0.1605),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_equals_published_intervals(successes, total, low, high):
    assert wilson(successes, total) == pytest.approx((low, high), abs=5e-5)


def test_wilson_without_trials_says_nothing_and_ends_are_exact():
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 7)[0] == 0.0
    assert wilson(7, 7)[1] == 1.0
    assert wilson(5, 10, confidence=0.99)[0] < wilson(5, 10)[0] < wilson(5, 10, confidence=0.5)[0]


@given(total=st.integers(1, 3000), data=st.data())
def test_wilson_ends_solve_the_score_equation(total, data):
    """The definition: the ends are the p with |successes / n - p| = z sqrt(p (1 - p) / n)."""
    successes = data.draw(st.integers(0, total))
    for p in wilson(successes, total):
        assert 0 <= p <= 1
        distance = abs(successes / total - p)
        if not (p == 0 and successes == 0) and not (p == 1 and successes == total):
            assert distance == pytest.approx(1.959964 * math.sqrt(p * (1 - p) / total), rel=1e-5)


@pytest.mark.parametrize(
    ("only_a", "only_b", "p"),
    [(0, 0, 1.0), (10, 10, 1.0), (0, 5, 0.0625), (1, 9, 0.021484375), (12, 3, 0.03515625), (1, 0, 1.0)],
)
def test_mcnemar_equals_hand_counts(only_a, only_b, p):
    assert mcnemar_exact(only_a, only_b) == p
    assert mcnemar_exact(only_b, only_a) == p


@pytest.mark.parametrize("n", range(9))
def test_mcnemar_equals_enumeration_of_all_coin_tosses(n):
    for only_a in range(n + 1):
        tosses = [sum(toss) for toss in itertools.product((0, 1), repeat=n)]
        as_extreme = sum(abs(heads - n / 2) >= abs(only_a - n / 2) for heads in tosses)
        assert mcnemar_exact(only_a, n - only_a) == as_extreme / 2**n


def test_mcnemar_with_thousands_of_pairs_follows_the_normal_limit():
    only_a, only_b = 3900, 4100
    z = (abs(only_a - only_b) - 1) / math.sqrt(only_a + only_b)  # with continuity correction
    assert mcnemar_exact(only_a, only_b) == pytest.approx(math.erfc(z / math.sqrt(2)), rel=2e-3)
    assert 0 <= mcnemar_exact(0, 5000) < 1e-300


def test_bootstrap_pairs_cancel_what_problems_share():
    rng = np.random.default_rng(0)
    hardness = rng.normal(0, 100, 50)
    low, high = bootstrap_difference(hardness, hardness + 0.25, rng, num_resamples=200)
    assert (low, high) == pytest.approx((0.25, 0.25))


def test_bootstrap_strata_weigh_equally_and_keep_their_sizes():
    a = np.zeros(110)
    b = np.r_[np.ones(100), np.zeros(10)]
    strata = np.r_[np.full(100, 3), np.full(10, 7)]
    order = np.random.default_rng(0).permutation(110)
    rng = np.random.default_rng(1)
    interval = bootstrap_difference(a[order], b[order], rng, num_resamples=300, strata=strata[order])
    assert interval == (0.5, 0.5)
    low, high = bootstrap_difference(a, b, rng, num_resamples=300)
    assert 0.8 < low < 10 / 11 < high < 1


def test_bootstrap_sign_and_determinism():
    a, b = np.random.default_rng(0).normal([[0.0], [1.0]], 1.0, size=(2, 80))
    first = bootstrap_difference(a, b, np.random.default_rng(5), num_resamples=500)
    assert first == bootstrap_difference(a, b, np.random.default_rng(5), num_resamples=500)
    assert first[0] > 0
    mirrored = bootstrap_difference(b, a, np.random.default_rng(5), num_resamples=500)
    assert mirrored == pytest.approx((-first[1], -first[0]))


@pytest.mark.parametrize("with_strata", [False, True])
def test_bootstrap_difference_covers_the_truth_as_often_as_it_says(with_strata):
    rng = np.random.default_rng(7)
    strata = np.repeat([0, 1], [60, 30]) if with_strata else None
    truth = 0.25 if with_strata else 0.2  # true differences 0.2 in stratum 0, 0.3 in stratum 1
    shift = 0.2 + 0.1 * (strata if strata is not None else np.zeros(90))
    hits = 0
    for _ in range(300):
        a = rng.normal(size=90)
        b = a + shift + rng.normal(0, 0.7, 90)
        low, high = bootstrap_difference(a, b, rng, num_resamples=400, confidence=0.9, strata=strata)
        hits += low <= truth <= high
    assert 0.84 < hits / 300 < 0.95


def test_mean_interval_matches_the_normal_limit_and_covers():
    rng = np.random.default_rng(3)
    values = rng.normal(5, 2, 400)
    low, high = mean_interval(values, rng, num_resamples=4000)
    half = 1.96 * values.std() / 20
    assert (low, high) == pytest.approx((values.mean() - half, values.mean() + half), abs=0.03)


def test_bootstrap_memory_is_bounded_and_chunks_are_all_filled():
    """More draws than one chunk holds: a forgotten chunk would leave means of nothing."""
    rng = np.random.default_rng(0)
    low, high = mean_interval(np.full(30_000, 2.5), rng, num_resamples=150, confidence=0.999)
    assert (low, high) == (2.5, 2.5)


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (([1.0], [1.0, 2.0]), "pairs, in the same order"),
        (([], []), "at least one"),
        (([1.0, math.nan], [1.0, 2.0]), "a holds 1 values that are not finite"),
        (([[1.0]], [[1.0]]), "flat array"),
    ],
)
def test_bootstrap_refuses(arguments, match):
    with pytest.raises(ValueError, match=match):
        bootstrap_difference(*arguments, np.random.default_rng(0))


def test_other_refusals_name_the_value():
    rng = np.random.default_rng(0)
    with pytest.raises(ValueError, match="strata has shape"):
        bootstrap_difference([1.0, 2.0], [1.0, 2.0], rng, strata=[0.0, 1.0])
    with pytest.raises(ValueError, match="num_resamples is 0"):
        mean_interval([1.0], rng, num_resamples=0)
    with pytest.raises(ValueError, match="confidence is 95"):
        wilson(1, 2, confidence=95)
    with pytest.raises(ValueError, match="successes is 3 of total 2"):
        wilson(3, 2)
    with pytest.raises(ValueError, match=r"\(-1, 2\)"):
        mcnemar_exact(-1, 2)
    with pytest.raises(ValueError, match="k is 5"):
        pass_at_k(4, 1, 5)
    with pytest.raises(ValueError, match="num_correct is 9"):
        pass_at_k(4, 9, 1)
    with pytest.raises(ValueError, match=r"recall is 1\.5"):
        f1(0.5, 1.5)


@pytest.mark.parametrize("num_samples", [1, 4, 7])
def test_pass_at_k_equals_counting_all_subsets(num_samples):
    for num_correct, k in itertools.product(range(num_samples + 1), range(1, num_samples + 1)):
        correct = [True] * num_correct + [False] * (num_samples - num_correct)
        subsets = list(itertools.combinations(correct, k))
        share = sum(map(any, subsets)) / len(subsets)
        assert pass_at_k(num_samples, num_correct, k) == pytest.approx(share, abs=1e-15)


def test_f1_is_the_harmonic_mean():
    assert f1(0.5, 1.0) == pytest.approx(2 / 3)
    assert f1(0.3, 0.3) == pytest.approx(0.3)
    assert f1(0.0, 0.0) == 0.0
    assert f1(1.0, 0.0) == 0.0
