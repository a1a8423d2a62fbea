"""Statistics against numbers known from elsewhere: tables, brute force, simulation."""

import itertools
import math
from statistics import NormalDist

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.stats.contingency_tables import mcnemar as statsmodels_mcnemar
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from videorlvr.base.paired import mcnemar_exact, tango
from videorlvr.base.stats import f1, holm, mean_of, pass_at_k, wilson


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


@settings(deadline=None)
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


@pytest.mark.parametrize(
    ("only_a", "only_b", "total", "low", "high"),
    [
        (
            16,
            6,
            161,
            -0.1240,
            -0.0054,
        ),  # Fagerland, Lydersen, Laake, "Statistical Analysis of Contingency Tables"
        (7, 1, 21, -0.517, -0.026),  # (2017), chapter 8: Cavo et al., Bentur et al.
    ],
)
def test_tango_equals_published_intervals(only_a, only_b, total, low, high):
    assert tango(only_a, only_b, total) == pytest.approx((low, high), abs=6e-5 if total > 100 else 6e-4)
    assert tango(only_b, only_a, total) == pytest.approx((-high, -low), abs=6e-5 if total > 100 else 6e-4)


@settings(deadline=None)
@given(total=st.integers(1, 400), data=st.data())
def test_tango_agrees_with_mcnemars_score_test(total, data):
    only_a = data.draw(st.integers(0, total))
    only_b = data.draw(st.integers(0, total - only_a))
    low, high = tango(only_a, only_b, total)
    assert -1 <= low <= (only_b - only_a) / total <= high <= 1
    z_squared = NormalDist().inv_cdf(0.975) ** 2
    rejected = (only_b - only_a) ** 2 > z_squared * (only_a + only_b)
    assert (low > 0 or high < 0) == rejected


def test_tango_keeps_its_width_where_all_agree():
    """No pair is discordant: at the ends z^2 / (n + z^2), as a score interval of nothing in n has."""
    z_squared = NormalDist().inv_cdf(0.975) ** 2
    low, high = tango(0, 0, 1000)
    assert high == pytest.approx(z_squared / (1000 + z_squared))
    assert low == -high
    assert tango(0, 0, 0) == (-1, 1)
    assert tango(0, 5, 5)[1] == pytest.approx(1)


@pytest.mark.parametrize(("only_a", "only_b"), [(16, 6), (7, 1), (0, 0), (0, 9), (30, 31)])
def test_mcnemar_is_that_of_statsmodels(only_a, only_b):
    theirs = statsmodels_mcnemar([[5, only_b], [only_a, 3]], exact=True).pvalue
    assert mcnemar_exact(only_a, only_b) == pytest.approx(theirs)


def test_mcnemar_equals_a_published_p():
    assert mcnemar_exact(16, 6) == pytest.approx(0.052479, abs=5e-7)  # as above


@settings(deadline=None)
@given(st.integers(1, 500), st.data())
def test_wilson_is_that_of_statsmodels_at_real_counts_too(total, data):
    successes = data.draw(st.floats(0, total))
    theirs = proportion_confint(successes, total, method="wilson")
    assert wilson(successes, total) == pytest.approx(theirs, abs=1e-12)


@pytest.mark.parametrize(
    "p_values", [[0.01, 0.04, 0.03, 0.005], [0.5, 0.2], [0.02, 0.02, 0.9], [0.0, 1.0, 0.4], [0.3]]
)
def test_holm_is_that_of_statsmodels(p_values):
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]))


def test_the_mean_of_independent_estimates_by_hand():
    assert mean_of([(0.4, 0.3, 0.6)]) == pytest.approx((0.4, 0.3, 0.6))
    assert mean_of([(0.4, 0.1, 0.5), (0.8, 0.4, 1.0)]) == pytest.approx(
        (0.6, 0.6 - 0.25, 0.6 + math.hypot(0.1, 0.2) / 2)
    )


def test_other_refusals_name_the_value():
    with pytest.raises(ValueError, match="only_a is 3 and only_b 3 of total 5"):
        tango(3, 3, 5)
    with pytest.raises(ValueError, match="confidence is 0"):
        tango(1, 1, 5, confidence=0)
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
