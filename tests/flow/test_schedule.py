"""Schedules of noise levels, and windows of steps."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from videorlvr.flow.schedule import sigma_schedule
from videorlvr.flow.steps import window_steps


@settings(deadline=None, max_examples=60)
@given(total=st.integers(1, 200), shift=st.floats(0.05, 20))
def test_schedule_falls_strictly_from_one_to_zero(total, shift):
    sigma_S = sigma_schedule(total, shift)
    assert sigma_S.shape == (total + 1,)
    assert sigma_S.dtype == torch.float32
    assert sigma_S[0] == 1
    assert sigma_S[-1] == 0
    assert (sigma_S.diff() < 0).all()


def test_shift_one_is_uniform_and_five_is_the_formula():
    torch.testing.assert_close(sigma_schedule(4, 1.0), torch.tensor([1, 0.75, 0.5, 0.25, 0]))
    torch.testing.assert_close(sigma_schedule(4, 5.0), torch.tensor([1, 3.75 / 4, 2.5 / 3, 1.25 / 2, 0]))


@pytest.mark.parametrize(("total", "shift"), [(0, 1.0), (4, 0.0), (4, -1.0), (4, float("nan")), (4, 1e9)])
def test_unfit_schedule_is_refused(total, shift):
    with pytest.raises(ValueError, match="expected"):
        sigma_schedule(total, shift)


@settings(deadline=None, max_examples=100)
@given(window=st.sampled_from(["early", "late", "random", "all"]), total=st.integers(2, 40), data=st.data())
def test_window_is_sorted_distinct_and_without_the_last_step(window, total, data):
    length = None if window == "all" else data.draw(st.integers(1, total - 1))
    steps = window_steps(window, length, total, np.random.default_rng(data.draw(st.integers(0, 99))))
    assert list(steps) == sorted(set(steps))
    assert len(steps) == (total - 1 if length is None else length)
    assert all(type(k) is int and 0 <= k < total - 1 for k in steps)


def test_windows_by_hand():
    assert window_steps("early", 3, 10) == (0, 1, 2)
    assert window_steps("late", 3, 10) == (6, 7, 8)
    assert window_steps("all", None, 4) == window_steps("all", 3, 4) == (0, 1, 2)


def test_random_window_depends_on_the_generator_only_and_covers_all_steps():
    draws = [window_steps("random", 3, 10, np.random.default_rng(seed)) for seed in range(50)]
    assert draws == [window_steps("random", 3, 10, np.random.default_rng(seed)) for seed in range(50)]
    assert {k for steps in draws for k in steps} == set(range(9))


@pytest.mark.parametrize(
    ("window", "num_trained", "total"),
    [
        ("early", 10, 10),
        ("early", 0, 10),
        ("late", -1, 10),
        ("early", None, 10),
        ("all", 4, 10),
        ("early", 1, 1),
        ("random", 2, 10),  # no generator
        ("middle", 2, 10),
    ],
)
def test_unfit_window_is_refused(window, num_trained, total):
    with pytest.raises(ValueError, match="expected"):
        window_steps(window, num_trained, total)
