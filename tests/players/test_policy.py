"""Videos of problems: noise by name, whatever the batch and the order."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from videorlvr.players.policy import PolicyPlayer, condition_of, named_noise
from videorlvr.players.sampling import Sampling
from videorlvr.worlds import world_of
from videorlvr.worlds.render import first_frame

MAZE = world_of("maze")
LIKE = torch.zeros(7, 3, 5, 24, 24)


def test_noise_is_named_by_address_and_sample_alone(problems):
    noise = named_noise(problems, 0, LIKE)
    order = [4, 1, 1, 6]
    assert torch.equal(named_noise([problems[i] for i in order], 0, LIKE), noise[order])
    torch.manual_seed(99)
    torch.randn(10)
    assert torch.equal(named_noise(problems[2:3], 0, LIKE)[0], noise[2])
    assert not torch.isclose(named_noise(problems, 1, LIKE), noise).flatten(1).float().mean(1).gt(0.01).any()
    assert len({row.numpy().tobytes() for row in noise}) == len(problems)


def test_noise_is_standard_normal_and_unrelated_between_problems(problems):
    """By Kolmogorov and Smirnov's distance; 1.95 / sqrt(n) is its 0.999 quantile."""
    noise = named_noise(problems, 3, LIKE).flatten(1).double()
    ordered = noise.flatten().sort().values
    rank = torch.arange(1, len(ordered) + 1) / len(ordered)
    assert (torch.special.ndtr(ordered) - rank).abs().max() < 1.95 / len(ordered) ** 0.5
    related = torch.corrcoef(noise) - torch.eye(len(noise), dtype=torch.double)
    assert related.abs().max() < 5 / noise.shape[1] ** 0.5


def test_the_condition_is_each_problems_first_frame(policy, problems):
    condition = condition_of(policy, problems)
    for item, problem in zip(policy.decode(condition.clean).numpy(), problems, strict=True):
        for frame in item:
            assert np.array_equal(frame, first_frame(MAZE, problem))


@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_videos_do_not_depend_on_batch_or_order(policy, problems, solver):
    """To a grey level: another batch shape may sum in another order. The given frame is exact."""
    sampling = Sampling(steps=3, solver=solver)
    videos = PolicyPlayer(policy, sampling, batch_size=7)(MAZE, problems, 0)
    assert videos.shape == (7, 5, 24, 24, 3)
    for batch_size in (1, 3, 10):
        other = PolicyPlayer(policy, sampling, batch_size=batch_size)(MAZE, problems, 0)
        assert np.abs(other.astype(int) - videos).max() <= 1
    order = [3, 0, 6, 1]
    shuffled = PolicyPlayer(policy, sampling, batch_size=4)(MAZE, [problems[i] for i in order], 0)
    assert np.abs(shuffled.astype(int) - videos[order]).max() <= 1
    for video, problem in zip(videos, problems, strict=True):
        assert np.array_equal(video[0], first_frame(MAZE, problem))
    assert np.array_equal(PolicyPlayer(policy, sampling, batch_size=7)(MAZE, problems, 0), videos)
    assert not np.array_equal(PolicyPlayer(policy, sampling, batch_size=7)(MAZE, problems, 1), videos)


def test_playing_leaves_no_graph_and_does_not_touch_the_global_generator(policy, problems):
    before = torch.get_rng_state()
    PolicyPlayer(policy, Sampling(steps=2), batch_size=2)(MAZE, problems[:2], 0)
    assert torch.equal(torch.get_rng_state(), before)
    assert all(parameter.grad is None for parameter in policy.module.parameters())


def test_the_grid_is_the_schedules():
    grid = Sampling(steps=4, shift=3.0).noise_levels()
    assert grid.tolist() == pytest.approx([1.0, 0.9, 0.75, 0.5, 0.0])


@pytest.mark.parametrize("steps", [0, 1001])
def test_a_sampler_that_cannot_be_or_would_never_end_is_refused(steps):
    with pytest.raises(ValueError, match="steps"):
        Sampling(steps=steps)


def test_a_sampler_of_before_is_read_and_two_names_for_one_thing_are_refused():
    assert Sampling.model_validate({"num_steps": 7, "shift": 2.0}) == Sampling(steps=7, shift=2.0)
    with pytest.raises(ValueError, match="steps=5 and num_steps=7; expected one of them"):
        Sampling.model_validate({"steps": 5, "num_steps": 7})
    with pytest.raises(ValueError, match="less than or equal to 1000"):
        Sampling.model_validate({"num_steps": 1001})
