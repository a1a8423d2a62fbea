"""Rollouts keep what training needs: what the window's steps saw, did, and how likely it was."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.distributions import Normal

from videorlvr.flow.at import At
from videorlvr.flow.gaussian import Transition, kl_mean
from videorlvr.flow.path import euler_step
from videorlvr.flow.sampler import StochasticSteps
from videorlvr.players.policy import condition_of, roll
from videorlvr.players.rollouts import begin, drift_square, replay
from videorlvr.players.sampling import Sampling
from videorlvr.worlds import world_of
from videorlvr.worlds.render import first_frame

SAMPLING = Sampling(steps=5)
GROUP = 3


def rolled(policy, problems, steps=(0, 2), *, seed=0, scale=0.7, name="ddim-eta", **knobs):
    return begin(
        policy,
        [problem for problem in problems[:2] for _ in range(GROUP)],
        group_ids=np.repeat([0, 1], GROUP),
        sampling=SAMPLING,
        steps=StochasticSteps(steps, name, scale, **knobs),
        generator=torch.Generator().manual_seed(seed),
    ).finish()


def ddim_std(index: int, eta: float) -> float:
    sigma, below = (float(s) for s in SAMPLING.noise_levels().double()[index : index + 2])
    r = (1 - sigma) * below / ((1 - below) * sigma)
    return eta * below * (1 - r * r) ** 0.5


def test_log_probs_are_those_of_torch_on_what_was_stored(policy, problems):
    batch = rolled(policy, problems)
    for position, index in enumerate(batch.trajectory.steps.steps):
        law = Normal(batch.trajectory.means[position].double(), ddim_std(index, 0.7))
        free = law.log_prob(batch.trajectory.actions[position].double())[:, :, 1:]
        torch.testing.assert_close(
            batch.trajectory.log_probs[position], free.flatten(1).mean(1).float(), atol=1e-5, rtol=1e-5
        )


def test_actions_are_spread_as_the_law_says(policy, problems):
    """(action - mean) / std is standard normal in the free frames: the stored law is the one drawn from."""
    batch = rolled(policy, problems)
    for position, index in enumerate(batch.trajectory.steps.steps):
        z = (batch.trajectory.actions[position] - batch.trajectory.means[position])[:, :, 1:] / ddim_std(
            index, 0.7
        )
        assert abs(z.mean()) < 5 / z.numel() ** 0.5
        assert z.var().item() == pytest.approx(1, abs=5 * (2 / z.numel()) ** 0.5)
        related = torch.corrcoef(z.flatten(1)) - torch.eye(len(z))
        assert related.abs().max() < 5 / z[0].numel() ** 0.5, "videos of a group share their exploration"


def test_the_given_frame_is_clean_everywhere(policy, problems):
    batch = rolled(policy, problems)
    for tensor in (*batch.trajectory.states, *batch.trajectory.actions):
        assert torch.equal(tensor[:, :, 0], batch.condition.clean[:, :, 0])
    for video, problem in zip(batch.videos, batch.problems, strict=True):
        assert np.array_equal(video[0], first_frame(world_of("maze"), problem))


def test_groups_are_neighbours_and_differ(policy, problems):
    batch = rolled(policy, problems)
    assert [p.address.index for p in batch.problems] == [0, 0, 0, 1, 1, 1]
    assert len({video.tobytes() for video in batch.videos}) == 2 * GROUP


def test_outside_the_window_the_path_is_the_ode(policy, problems):
    """From the action of one window step to the state of the next, and from the last to the video."""
    batch, grid = rolled(policy, problems), SAMPLING.noise_levels()

    @torch.no_grad()
    def walk(x, first, last):
        for k in range(first, last):
            sigma, below = grid[k].expand(len(x)), grid[k + 1].expand(len(x))
            velocity = policy.velocity(x, At(sigma), batch.condition)
            velocity[:, :, 0] = 0
            x = euler_step(x, velocity, sigma, below)
        return x

    assert torch.equal(walk(batch.trajectory.actions[0], 1, 2), batch.trajectory.states[1])
    assert np.array_equal(policy.decode(walk(batch.trajectory.actions[1], 3, 5)).numpy(), batch.videos)


def test_a_rollout_is_a_function_of_its_generator(policy, problems):
    first, again, other = (rolled(policy, problems, seed=seed) for seed in (0, 0, 1))
    assert np.array_equal(first.videos, again.videos)
    assert torch.equal(torch.stack(first.trajectory.log_probs), torch.stack(again.trajectory.log_probs))
    assert not np.array_equal(first.videos, other.videos)


@pytest.mark.parametrize("name", ["ddim-eta", "cps", "dance", "flow-sde"])
def test_with_little_noise_the_videos_approach_the_ode(policy, problems, name):
    noise = torch.randn((6, 3, 5, 24, 24), generator=torch.Generator().manual_seed(0))
    x = roll(policy, condition_of(policy, problems[:2]).repeat(GROUP), noise, SAMPLING)
    plain = policy.decode(x).numpy().astype(int)
    gap = [
        np.abs(rolled(policy, problems, (0, 1), scale=scale, name=name).videos - plain).mean()
        for scale in (1e-4, 0.3)
    ]
    assert gap[0] < 0.05
    assert gap[1] > 10 * gap[0]
    assert gap[1] > 1


@pytest.mark.parametrize("name", ["ddim-eta", "cps", "dance", "flow-sde"])
def test_replay_is_the_rollout_bitwise_and_without_drift(policy, problems, name):
    batch = rolled(policy, problems, name=name)
    mask, means = batch.condition.free, batch.trajectory.means
    for position in range(len(batch.trajectory.steps.steps)):
        law = replay(policy, batch.condition, batch.trajectory, position, SAMPLING.noise_levels())
        assert torch.equal(law.mean[:, :, 1:], batch.trajectory.means[position][:, :, 1:])
        assert law.mean.requires_grad
        assert not drift_square(means[position], law, mask).any()
        moved = Transition(law.mean + 0.1, law.std)
        torch.testing.assert_close(
            drift_square(means[position], moved, mask),
            kl_mean(Transition(batch.trajectory.means[position], law.std), moved, mask).detach(),
        )


def test_replay_has_no_drift_when_trajectories_are_stored_in_bf16(policy, problems):
    batch = rolled(policy, problems, storage_dtype=torch.bfloat16)
    law = replay(policy, batch.condition, batch.trajectory, 0, SAMPLING.noise_levels())
    assert not drift_square(batch.trajectory.means[0], law, batch.condition.free).any()


def test_a_rollout_keeps_no_graph(policy, problems):
    batch = rolled(policy, problems)
    held = batch.trajectory
    kept = (*held.states, *held.actions, *held.means, *held.log_probs, batch.condition.clean, batch.x0)
    assert not any(tensor.requires_grad for tensor in kept)
