"""Demonstrations imitated beside own videos: SFT's loss on a fixed number of solved problems.

They keep a policy from drifting where its own videos say little, and make a fair comparison with SFT continued on them.
"""

from __future__ import annotations

import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.base.processes import start_workers
from videorlvr.flow.at import At
from videorlvr.flow.matching import levels_in, point_on_path, velocity_error
from videorlvr.models.api import Policy
from videorlvr.models.chunks import frame_levels, frames_seen
from videorlvr.training.data import OracleVideos
from videorlvr.training.device import generator_on, workers_of
from videorlvr.training.matching_config import MatchingConfig
from videorlvr.training.ranks import ALONE, Ranks


class Demonstrations:
    """The first `config.demonstrations` problems of the SFT run with seed `config.demonstration_seed`, of each task."""

    def __init__(self, config: MatchingConfig, policy: Policy, ranks: Ranks = ALONE) -> None:
        self.config, self.policy, self.ranks = config, policy, ranks
        self.rows = ranks.rows(config.learning_batch, "videos in a backward pass")
        num_workers = workers_of(config)
        self.workers = start_workers(num_workers)
        self.pools = {
            task.world: OracleVideos(
                task,
                seed=config.demonstration_seed,
                start=config.demonstrations,
                grow=0,
                size=config.demonstrations,
                workers=self.workers,
                num_workers=num_workers,
                device=policy.device,
            )
            for task in config.tasks
        }

    def backward(self, step: int) -> tuple[Tensor, int]:
        """Add the gradient of a batch of each world at all noise levels; (mean loss, network evaluations)."""
        total = torch.zeros((), device=self.policy.device)
        for world, pool in self.pools.items():
            loss = self._loss(world, pool, step) / len(self.pools) / self.ranks.size
            (self.config.demonstration_weight * loss).backward()  # type: ignore[no-untyped-call]
            total += loss.detach() * self.ranks.size
        seen = sum(frames_seen(self.policy.chunks(pool.num_frames)) for pool in self.pools.values())
        return total, round(3 * self.config.learning_batch * seen / self.ranks.size)

    def _loss(self, world: str, pool: OracleVideos, step: int) -> Tensor:
        config, device, size = self.config, self.policy.device, self.config.learning_batch
        video = pool.batch(step, size)
        x0 = self.policy.encode(video)
        rows = self.rows
        condition = self.policy.condition(video[rows, 0], pool.prompts(step, size)[rows], video.shape[1])
        condition = self.policy.taught(condition, x0[rows])
        chunks = self.policy.chunks(x0.shape[2])
        generator = generator_on(device, seeding.seed_of("demonstrations", config.seed, world, step))
        steps = config.sampling.steps
        sigma = levels_in(
            range(steps),
            size * len(chunks),
            of=steps,
            shift=config.sampling.shift,
            generator=generator,
        )
        sigma = frame_levels(sigma.reshape(size, -1), chunks)
        noise = torch.randn(x0.shape, generator=generator, device=device)
        x0, sigma, noise = x0[rows], sigma[rows], noise[rows]
        point = point_on_path(x0, sigma, noise, free=condition.free, clean=condition.clean)
        velocity = self.policy.velocity(point.x, At(sigma), condition)
        return velocity_error(velocity, point.target, condition.free).mean()

    def close(self) -> None:
        if self.workers:
            self.workers.shutdown(cancel_futures=True)
