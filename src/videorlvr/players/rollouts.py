"""Rollouts: groups of videos with what training needs to know of how they came about.

Law: window steps run through the very computation that training replays (same batch, same graph, grad
mode on), so that the first ratio is exactly 1, in bf16 and compiled too.

L window steps, B batch (whole groups), C channel, T frame, H W.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from videorlvr.flow.gaussian import Transition, kl_mean, log_prob_mean
from videorlvr.flow.sampler import StochasticSteps, denoise
from videorlvr.models.api import Policy
from videorlvr.players.policy import Sampling, condition
from videorlvr.worlds.api import Problem, Video


@dataclass(frozen=True, eq=False)
class Chunk:
    """Rollouts of some whole groups of one world, as one batch; training replays it as the same batch.

    problems: one per video, length B; the G videos of a group are neighbours.
    states, actions, means: [L][B, C, T, H, W], what each window step saw, did, and the mean it drew from.
    log_probs: float32 [L, B], mean-reduced, of the stored action.
    """

    problems: list[Problem]
    clean: Tensor
    steps: StochasticSteps
    states: list[Tensor]
    actions: list[Tensor]
    means: list[Tensor]
    log_probs: Tensor
    videos: Video


def collect(
    policy: Policy,
    problems: Sequence[Problem],
    *,
    group_size: int,
    sampling: Sampling,
    steps: StochasticSteps,
    generator: torch.Generator,
) -> Chunk:
    """Sample `group_size` videos of each problem, noise and trajectory kept in the window's steps only."""
    repeated = [problem for problem in problems for _ in range(group_size)]
    clean = condition(policy, problems).repeat_interleave(group_size, dim=0)
    mask = policy.free_mask(clean)

    def normal(_: int, shape: torch.Size) -> Tensor:
        return torch.randn(shape, generator=generator, device=clean.device)

    def velocity(x: Tensor, sigma: Tensor) -> Tensor:
        with torch.set_grad_enabled(float(sigma[0]) in window_sigmas):
            return policy.velocity(x, sigma, clean).detach()

    grid = sampling.grid()
    window_sigmas = {float(grid[index]) for index in steps.steps}
    states, actions, means, log_probs = [], [], [], []
    with torch.no_grad():
        x = normal(0, clean.shape)
        for step in denoise(
            velocity,
            x,
            sigmas=grid,
            stochastic=steps,
            solver=sampling.solver,
            free_mask=mask,
            clean=clean,
            noise_fn=normal,
        ):
            x = step.x_next
            if step.transition is not None:
                states.append(step.x.to(steps.storage_dtype))
                actions.append(step.x_next.to(steps.storage_dtype))
                means.append(step.transition.mean)  # not rounded: a replay's drift from it is exactly 0
                log_probs.append(log_prob_mean(step.transition, step.x_next, mask))
    videos = policy.decode(x).cpu().numpy()
    return Chunk(repeated, clean, steps, states, actions, means, torch.stack(log_probs), videos)


def drift_square(chunk: Chunk, index: int, new: Transition, mask: Tensor) -> Tensor:
    """Half the squared drift per free dimension since the rollout, in units of std: [B], no gradient."""
    old = Transition(chunk.means[index], new.std)
    return kl_mean(old, Transition(new.mean.detach(), new.std), mask)
