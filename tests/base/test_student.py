"""Student's interval: the quantiles of the tables, and a share of intervals that hold the truth."""

import numpy as np
import pytest

from videorlvr.base import seeding
from videorlvr.base.stats import student_interval, student_quantile

TABLE = {1: 12.7062, 2: 4.30265, 3: 3.18245, 4: 2.77645, 9: 2.26216, 10: 2.22814, 29: 2.04523, 120: 1.97993}


@pytest.mark.parametrize(("degrees", "quantile"), TABLE.items())
def test_quantiles_are_those_of_the_tables(degrees, quantile):
    assert student_quantile(0.975, degrees) == pytest.approx(quantile, abs=1e-5)


def test_other_levels_too():
    assert student_quantile(0.95, 2) == pytest.approx(2.91999, abs=1e-5)
    assert student_quantile(0.995, 7) == pytest.approx(3.49948, abs=1e-5)


@pytest.mark.parametrize("num_runs", [3, 5])
def test_as_many_intervals_hold_the_truth_as_they_say(num_runs):
    draws = seeding.rng("student", num_runs).normal(0.3, 2.0, size=(3000, num_runs))
    limits = np.array([student_interval(row, 0.9) for row in draws])
    held = float(((limits[:, 0] < 0.3) & (limits[:, 1] > 0.3)).mean())
    assert held == pytest.approx(0.9, abs=0.02)


@pytest.mark.parametrize("values", [[0.5], [], [0.1, float("nan")]])
def test_what_says_nothing_of_scatter_is_refused(values):
    with pytest.raises(ValueError, match="expected"):
        student_interval(values)
