"""SFT: what its loss looks at, and which videos a step is made of."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from videorlvr.base.processes import start_workers
from videorlvr.models.pixels import condition_pixels, encode_pixels
from videorlvr.training.config import Task
from videorlvr.training.data import BLOCK, OracleVideos
from videorlvr.training.problems import first_of_pool
from videorlvr.training.supervised_math import learning_rate, regression_loss
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

SHIFT = 3.0


class Table(torch.nn.Module):
    """A policy whose velocity is a table: the same for every input. It remembers what it was shown."""

    def __init__(self, shape):
        super().__init__()
        self.velocities = torch.nn.Parameter(torch.randn(shape))

    def velocity(self, x, at):
        self.seen = (x, at.sigma)
        return self.velocities.expand(x.shape) + 0 * x


def videos(count=3):
    return torch.randint(0, 256, (count, 5, 8, 8, 3), dtype=torch.uint8)


def loss_of(policy, video, seed=0):
    condition = condition_pixels(video[:, 0], video.shape[1])
    return regression_loss(
        policy.velocity,
        encode_pixels(video),
        free=condition.free,
        clean=condition.clean,
        generator=torch.Generator().manual_seed(seed),
        shift=SHIFT,
    )


def test_the_given_frame_enters_clean_and_stays_outside_the_loss():
    video = videos()
    policy = Table((3, 3, 5, 8, 8))
    loss = loss_of(policy, video)
    x, _ = policy.seen
    assert torch.equal(x[:, :, 0], encode_pixels(video)[:, :, 0])
    assert not torch.isclose(x, encode_pixels(video))[:, :, 1:].all(dim=(1, 3, 4)).any(), "no noise at all"
    loss.backward()
    grad = policy.velocities.grad
    assert not grad[:, :, 0].any()
    assert (grad[:, :, 1:] != 0).all()
    with torch.no_grad():
        policy.velocities[:, :, 0] += 1000
    assert torch.equal(loss_of(policy, video), loss.detach())


def test_the_loss_is_the_mean_squared_velocity_error_of_what_the_network_saw():
    """x = (1 - sigma) x0 + sigma noise gives the noise back; the velocity to predict is noise - x0."""
    video, policy = videos(), Table((3, 3, 5, 8, 8))
    loss = loss_of(policy, video)
    x, sigma = policy.seen
    x0, level = encode_pixels(video).double(), sigma.double()[:, None, None, None, None]
    noise = (x.double() - (1 - level) * x0) / level
    error = (policy.velocities.double() - (noise - x0))[:, :, 1:] ** 2
    assert loss.item() == pytest.approx(error.mean().item(), rel=1e-4)
    free = noise[:, :, 1:]
    assert abs(free.mean()) < 5 / free.numel() ** 0.5
    assert free.var().item() == pytest.approx(1, abs=0.15)


def test_noise_levels_are_spread_like_the_samplers_grid():
    policy = Table((1, 3, 5, 8, 8))
    loss_of(policy, videos(1).expand(2000, -1, -1, -1, -1))
    sigma = policy.seen[1].double()
    uniform = (sigma / (SHIFT - (SHIFT - 1) * sigma)).sort().values  # the shift undone
    assert (uniform - torch.arange(1, 2001) / 2000).abs().max() < 1.95 / 2000**0.5
    assert sigma.median().item() == pytest.approx(0.75, abs=0.03)


def test_the_loss_is_a_function_of_its_generator():
    policy, video = Table((1, 3, 5, 8, 8)), videos()
    assert loss_of(policy, video) == loss_of(policy, video)
    assert loss_of(policy, video) != loss_of(policy, video, seed=1)


def pool(task="maze:micro", *, workers=None, num_workers=0, seed=0, **knobs):
    return OracleVideos(
        Task.model_validate(task),
        seed=seed,
        start=40,
        grow=60,
        size=3 * BLOCK,
        workers=workers,
        num_workers=num_workers,
        device=torch.device("cpu"),
        **knobs,
    )


def test_a_control_draws_anew_from_the_problems_of_another_run():
    own, others = pool(seed=0), pool(seed=1, first=first_of_pool(0))
    assert set(others.prompts(0, 64).indices) <= set(range(own.first, own.first + 40))
    assert others.prompts(0, 64).indices != own.prompts(0, 64).indices


def test_of_two_draws_the_longer_solution_is_taken_where_it_is_preferred():
    """The mean length is that of the larger of two draws; a share of a half lies half way; 0 changes nothing."""
    plain = pool()
    plain.batch(5, 1)
    world, known = world_of("maze"), plain.available(5)
    moves = np.array([len(make_problem(world, "micro", "train", i).solution) for i in range(known)])
    frames = -(-moves // 2)  # two moves a frame
    pairs = np.maximum.outer(frames, frames).mean()

    def mean(share):
        pool_ = pool(prefer_long=share)
        pool_.batch(5, 1)
        assert not share or np.array_equal(pool_.lengths[:known], frames)
        return frames[pool_._indices(5, 20_000)].mean()

    assert mean(1.0) == pytest.approx(pairs, abs=0.03)
    assert mean(0.5) == pytest.approx((pairs + frames.mean()) / 2, abs=0.03)
    assert pairs > frames.mean() + 0.2
    assert np.array_equal(pool(prefer_long=0.0)._indices(5, 50), plain._indices(5, 50))


def test_a_step_is_made_of_oracle_videos_it_knows():
    """Each is the oracle video of a train problem below `available(step)`; later steps know more."""
    world, videos_ = world_of("maze"), pool()
    made = [oracle_video(world, make_problem(world, "micro", "train", i)).tobytes() for i in range(220)]
    used = set()
    for step in (0, 1, 3):
        known = videos_.available(step)
        assert known == 40 + 60 * step
        for video in videos_.batch(step, 64).numpy():
            assert video.tobytes() in made[:known]
            used.add(made.index(video.tobytes()))
    assert max(used) > 160
    assert len(used) > 80
    assert videos_.available(1000) == 3 * BLOCK


def test_the_videos_of_a_step_depend_on_seed_and_step_alone():
    asked = {step: pool().batch(step, 8) for step in (0, 3, 5)}
    straight = pool()
    for step in range(6):
        batch = straight.batch(step, 8)
        if step in asked:
            assert torch.equal(batch, asked[step])
    assert not torch.equal(pool(seed=1).batch(0, 8), asked[0])
    assert not torch.equal(asked[0], asked[3])


def test_the_videos_of_a_step_do_not_depend_on_workers():
    workers = start_workers(1)
    try:
        helped, alone = pool(workers=workers, num_workers=1), pool()
        for step in (0, 2, 4):
            assert torch.equal(helped.batch(step, 8), alone.batch(step, 8))
    finally:
        workers.shutdown(cancel_futures=True)


def test_boards_of_unlike_size_are_gathered_on_one_canvas():
    world = world_of("maze")
    made = {
        oracle_video(world, make_problem(world, "paper", "train", index)).tobytes() for index in range(40)
    }
    assert all(video.tobytes() in made for video in pool("maze:paper").batch(0, 6).numpy())


def test_the_learning_rate_rises_and_falls():
    knobs = {"num_steps": 100, "warmup": 10, "peak": 1e-2, "final": 0.1}
    rates = np.array([learning_rate(step, **knobs) for step in range(100)])
    assert rates[0] == pytest.approx(1e-3, rel=0.01)
    assert rates.argmax() in (9, 10)
    assert (np.diff(rates[10:]) < 0).all()
    assert 1e-3 < rates[-1] < 1.1e-3
    assert rates.max() <= 1e-2
