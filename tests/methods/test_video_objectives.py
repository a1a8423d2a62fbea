"""Each objective with its special part off is a known thing, and its gradient is the one derived on paper."""

import numpy as np
import pytest
import torch

from videorlvr.flow.matching import velocity_error
from videorlvr.methods.video.awm.math import clipped_matching_loss, matching_loss
from videorlvr.methods.video.nft.math import nft_loss, optimality
from videorlvr.methods.video.preference.math import best_and_worst, preference_loss
from videorlvr.methods.video.rejection_sft.math import kept

SHAPE = (3, 2, 4, 3, 3)
FREE = torch.ones(1, 1, 4, 1, 1, dtype=torch.bool)
FREE[:, :, 0] = False


def velocities(seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [torch.randn(SHAPE, generator=generator, dtype=torch.float64) for _ in range(3)]


def gradient(loss_of, velocity):
    leaf = velocity.clone().requires_grad_(True)
    loss_of(leaf).sum().backward()
    return leaf.grad


def error(velocity, target):
    return velocity_error(velocity, target, FREE)


# -- advantage-weighted matching


def test_awm_with_equal_advantages_is_sft_on_own_videos():
    velocity, _, target = velocities()
    ones = torch.ones(3, dtype=torch.float64)
    assert torch.equal(matching_loss(error(velocity, target), ones), error(velocity, target))


def test_awm_ratio_of_one_has_the_gradient_of_the_plain_loss():
    velocity, _, target = velocities()
    advantage = torch.tensor([1.5, -0.7, 0.0], dtype=torch.float64)
    old = error(velocity, target)
    clipped = gradient(lambda v: clipped_matching_loss(error(v, target), old, advantage, 0.1), velocity)
    plain = gradient(lambda v: matching_loss(error(v, target), advantage), velocity)
    torch.testing.assert_close(clipped, plain)
    assert not clipped[2].any()


@pytest.mark.parametrize(("advantage", "moved"), [(1.0, -0.5), (-1.0, 0.5)])
def test_awm_clip_stops_what_has_gone_far_and_lets_back_what_went_wrong(advantage, moved):
    old = torch.tensor([1.0])
    weight = torch.tensor([advantage])
    gone = gradient(lambda e: clipped_matching_loss(e, old, weight, 0.1), old + moved)
    assert not gone.any()
    wrong = gradient(lambda e: clipped_matching_loss(e, old, weight, 0.1), old - moved)
    assert wrong.all()


# -- DiffusionNFT


def test_nft_of_a_best_video_with_beta_one_is_sft():
    velocity, old, target = velocities()
    ones = torch.ones(3, dtype=torch.float64)
    torch.testing.assert_close(nft_loss(velocity, old, target, FREE, ones, 1.0), error(velocity, target))


@pytest.mark.parametrize("beta", [0.1, 1.0, 2.0])
def test_nft_at_the_old_velocity_is_advantage_weighted_matching(beta):
    _, old, target = velocities()
    r = optimality(torch.tensor([4.0, -1.0, 0.0], dtype=torch.float64), 2.0)
    assert r.tolist() == [1.0, 0.25, 0.5]
    found = gradient(lambda v: nft_loss(v, old, target, FREE, r, beta), old)
    torch.testing.assert_close(found, gradient(lambda v: (2 * r - 1) * error(v, target), old))


def test_nft_equals_its_formula_in_numpy():
    velocity, old, target = velocities()
    r, beta = torch.tensor([0.2, 0.5, 0.9], dtype=torch.float64), 0.7
    v, o, u = (x.numpy()[:, :, 1:] for x in (velocity, old, target))
    plus = (((1 - beta) * o + beta * v - u) ** 2).mean(axis=(1, 2, 3, 4))
    minus = (((1 + beta) * o - beta * v - u) ** 2).mean(axis=(1, 2, 3, 4))
    wanted = (r.numpy() * plus + (1 - r.numpy()) * minus) / beta
    np.testing.assert_allclose(nft_loss(velocity, old, target, FREE, r, beta).numpy(), wanted)


# -- preference


def test_a_pair_of_one_video_has_no_gradient():
    velocity, start, target = velocities()
    e_start = error(start, target)
    found = gradient(
        lambda v: preference_loss(error(v, target), error(v, target), e_start, e_start, 500.0), velocity
    )
    assert found.abs().max() < 1e-12


def test_preference_at_the_start_is_matching_with_plus_and_minus_a_quarter_of_beta():
    winner, loser, target = velocities()
    at = [error(winner, target), error(loser, target)]

    def of(w, worse):
        return preference_loss(error(w, target), error(worse, target), *at, 8.0)

    torch.testing.assert_close(
        gradient(lambda v: of(v, loser), winner), gradient(lambda v: 2 * error(v, target), winner)
    )
    torch.testing.assert_close(
        gradient(lambda v: of(winner, v), loser), gradient(lambda v: -2 * error(v, target), loser)
    )


def test_preference_fades_where_the_pair_is_told_apart():
    winner = torch.tensor([0.1, 1.0], requires_grad=True)
    one = torch.ones(2)
    preference_loss(winner, one, one, one, 20.0).sum().backward()
    assert winner.grad[0] < 0.01 * winner.grad[1]


def test_pairs_are_of_one_group_best_with_worst_and_unlike():
    rewards = np.array([0.0, 1.0, 0.5, 0.2] + [1.0] * 4 + [0.0, 0.0, 0.0, 1.0])
    ids = np.repeat([7, 3, 9], 4)

    def pairs(most):
        return sorted(best_and_worst(rewards, ids, min_spread=1e-4, most=most).tolist())

    assert pairs(1) == [[1, 0], [11, 10]]
    assert pairs(9) == [[1, 0], [2, 3], [11, 10]]
    assert best_and_worst(np.ones(4), np.zeros(4), min_spread=1e-4, most=2).shape == (0, 2)


# -- rejection SFT


def test_successes_alone_are_kept_and_no_more_than_asked_of_a_problem():
    success = np.array([True, False, True, True] + [False] * 4 + [False, True, False, False])
    ids = np.repeat([0, 1, 2], 4)
    assert kept(success, ids, None).tolist() == [0, 2, 3, 9]
    assert kept(success, ids, 2).tolist() == [0, 2, 9]
