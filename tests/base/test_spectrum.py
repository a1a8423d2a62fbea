"""The shape of a cloud: known clouds have known ranks and slopes, and nothing but shape counts."""

from __future__ import annotations

import numpy as np
import pytest

from videorlvr.base.spectrum import bootstrap, decay, effective_rank, shape_of, variances


def cloud(scales, n=4000, seed=0):
    """Samples whose covariance is exactly diag(scales^2), turned by a random rotation."""
    rng = np.random.default_rng(seed)
    white = rng.normal(size=(n, len(scales)))
    white -= white.mean(axis=0)
    white = white @ np.linalg.inv(np.linalg.cholesky(np.cov(white, rowvar=False, bias=True))).T
    rotation = np.linalg.qr(rng.normal(size=(len(scales),) * 2))[0]
    return (white * scales) @ rotation


@pytest.mark.parametrize("k", [1, 3, 16])
def test_k_equal_directions_among_others_that_do_not_vary_have_rank_k(k):
    shape = shape_of(variances(cloud(np.ones(16))[:, :16] @ np.diag([1.0] * k + [0.0] * (16 - k))))
    if k == 16:
        assert (shape.rank, shape.rank_singular) == (pytest.approx(16), pytest.approx(16))
    assert effective_rank(np.array([2.0] * k + [0.0] * (16 - k))) == pytest.approx(k)


def test_the_two_conventions_by_hand():
    """Variances 4 and 1: shares 0.8, 0.2; deviations 2 and 1: shares 2/3, 1/3."""
    shape = shape_of(variances(cloud(np.array([2.0, 1.0]))))
    assert shape.rank == pytest.approx(np.exp(-0.8 * np.log(0.8) - 0.2 * np.log(0.2)))
    assert shape.rank_singular == pytest.approx(np.exp(-2 / 3 * np.log(2 / 3) - 1 / 3 * np.log(1 / 3)))
    assert shape.rank < shape.rank_singular


def test_a_power_law_has_its_exponent_and_a_perfect_fit():
    places = np.arange(1, 121.0)
    alpha, fit = decay(7.0 * places**-1.3)
    assert (alpha, fit) == (pytest.approx(1.3), pytest.approx(1.0))
    bent = 7.0 * places**-1.3
    bent[:10] *= 100  # outliers before the range do not count
    assert decay(bent)[0] == pytest.approx(1.3)
    assert decay(bent, first=1)[0] != pytest.approx(1.3, abs=0.05)


def test_scale_rotation_shift_and_order_change_nothing():
    features = cloud(np.linspace(3, 0.1, 24))
    plain = shape_of(variances(features))
    other = cloud(np.linspace(3, 0.1, 24), seed=1)  # another rotation
    for changed in (features * 1e3, features + 5.0, features[::-1], other):
        shape = shape_of(variances(changed))
        assert shape.rank == pytest.approx(plain.rank)
        assert shape.alpha == pytest.approx(plain.alpha)


def test_bootstrap_errs_as_the_estimate_does():
    """Its spread is that of the rank over fresh clouds; groups of copies are no more evidence than one of them."""
    scales = np.linspace(2, 0.2, 8)
    rng = np.random.default_rng(2)

    def fresh():
        return rng.normal(size=(60, 1, 8)) * scales

    truth = np.std([shape_of(variances(fresh()[:, 0])).rank for _ in range(200)])
    one = fresh()
    told = np.std([shape.rank for shape in bootstrap(one, rng)])
    assert 0.6 < told / truth < 1.6
    same, shifted = (bootstrap(cloud, np.random.default_rng(3), draws=5) for cloud in (one, one + 5.0))
    assert [shape.rank for shape in shifted] == pytest.approx([shape.rank for shape in same])
    copies = np.std([shape.rank for shape in bootstrap(np.repeat(one, 10, axis=1), rng)])
    assert 0.6 < copies / truth < 1.6


def test_a_point_and_few_directions_have_a_shape():
    assert shape_of(np.zeros(5)).rank == 1.0
    assert np.isnan(shape_of(np.array([2.0, 1.0])).alpha)


@pytest.mark.parametrize("features", [np.zeros((1, 3)), np.full((4, 3), np.nan), np.zeros(3)])
def test_what_is_no_cloud_is_refused(features):
    with pytest.raises(ValueError, match="expected"):
        variances(features)
