"""Advantages within groups: exactly zero without a signal, blind to shift, scale and order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from videorlvr.training.advantages import group_advantages

REWARDS = st.lists(st.integers(-1000, 1000), min_size=2, max_size=12).map(lambda r: np.array([r]) / 100)


def advantages(rewards, *, min_spread=1e-4, max_advantage=100.0):
    """Of a table with a group a row, handed over as one batch."""
    table = np.asarray(rewards, float)
    ids = np.repeat(np.arange(len(table)), table.shape[1])
    result, live = group_advantages(
        table.reshape(-1), ids, min_spread=min_spread, max_advantage=max_advantage
    )
    return result.reshape(table.shape), live.reshape(table.shape).all(1)


@pytest.mark.parametrize("min_spread", [0.0, 1e-4])
def test_equal_rewards_give_exactly_zero(min_spread):
    """3,996 constant groups; a mean that is not quite the value has blown up in other trainers."""
    cases = 0
    for size in range(2, 14):
        for value in np.linspace(-1, 1, 333):
            result, live = advantages(np.full((1, size), value), min_spread=min_spread)
            assert not result.any()
            assert not live.any()
            cases += 1
    assert cases == 3996


@settings(max_examples=100, deadline=None, derandomize=True)
@given(REWARDS)
def test_a_group_is_centred_with_unit_spread_or_silent(rewards):
    result, live = advantages(rewards)
    assert live[0] == (len(np.unique(rewards)) > 1)
    if live[0]:
        assert result.mean() == pytest.approx(0, abs=1e-9)
        assert (result**2).mean() == pytest.approx(1)
        assert (np.argsort(result, kind="stable") == np.argsort(rewards, kind="stable")).all()
    else:
        assert not result.any()


@settings(max_examples=100, deadline=None, derandomize=True)
@given(REWARDS, st.integers(-50, 50), st.floats(0.1, 10), st.randoms(use_true_random=False))
def test_shift_scale_and_order_change_nothing(rewards, shift, scale, random):
    result, _ = advantages(rewards)
    np.testing.assert_allclose(advantages(rewards * scale + shift)[0], result, atol=1e-9)
    order = list(range(rewards.shape[1]))
    random.shuffle(order)
    np.testing.assert_allclose(advantages(rewards[:, order])[0], result[:, order], atol=1e-9)


def test_groups_do_not_see_each_other():
    rewards = np.random.default_rng(0).random((6, 4))
    rewards[2] = 0.3
    result, live = advantages(rewards)
    assert live.tolist() == [True, True, False, True, True, True]
    for row in range(6):
        np.testing.assert_array_equal(result[row : row + 1], advantages(rewards[row : row + 1])[0])


def test_a_spread_below_the_rewards_resolution_is_none():
    rewards = np.array([[0.5, 0.5 + 9e-5, 0.5, 0.5], [0.5, 0.5 + 2e-4, 0.5, 0.5]])
    result, live = advantages(rewards)
    assert live.tolist() == [False, True]
    assert not result[0].any()
    assert result[1].max() > 1


def test_advantages_are_bounded_on_both_sides():
    lone = np.array([[1.0] + [0.0] * 15, [0.0] + [1.0] * 15])
    free, _ = advantages(lone)
    assert free.max() == pytest.approx(15**0.5)
    bounded, _ = advantages(lone, max_advantage=2.0)
    assert (bounded.max(), bounded.min()) == (2.0, -2.0)
    np.testing.assert_array_equal(bounded, np.clip(free, -2, 2))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_reward_that_is_no_number_is_refused(bad):
    with pytest.raises(ValueError, match="1 rewards are not finite"):
        advantages([[0.1, bad], [0.1, 0.2]])


def test_a_group_is_where_its_ids_are():
    rewards, ids = np.random.default_rng(0).random(9), np.array([7, 3, 7, 3, 5, 5, 7, 3, 5])
    knobs = {"min_spread": 1e-4, "max_advantage": 100.0}
    mixed, _ = group_advantages(rewards, ids, **knobs)
    order = np.argsort(ids, kind="stable")
    np.testing.assert_array_equal(mixed[order], group_advantages(rewards[order], ids[order], **knobs)[0])


def test_groups_of_one_and_other_shapes_are_refused():
    with pytest.raises(ValueError, match="group 1 has one video"):
        group_advantages([0.1, 0.2, 0.3], [0, 0, 1], min_spread=0.0, max_advantage=1.0)
    with pytest.raises(ValueError, match=r"expected \[B\] twice"):
        group_advantages([[0.1, 0.2]], [[0, 0]], min_spread=0.0, max_advantage=1.0)
