"""The learner of methods that regress on oracle videos: a batch of each world, gradients added, one optimizer step.

A method that adds to this changes what is looked at (`field`) or what is minimised (`objective`), and no more.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.base.processes import start_workers
from videorlvr.flow.at import Field
from videorlvr.models.api import Condition, Policy
from videorlvr.models.chunks import frames_seen
from videorlvr.models.shards import clip_gradients
from videorlvr.training.config import Task
from videorlvr.training.data import OracleVideos
from videorlvr.training.device import generator_on, prepare, workers_of
from videorlvr.training.finite import Watched
from videorlvr.training.learner import Bench
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.pool_cache import PoolCache
from videorlvr.training.problems import first_of_pool
from videorlvr.training.state import Part
from videorlvr.training.supervised_config import SupervisedConfig
from videorlvr.training.supervised_math import AROUND, learning_rate, regression_loss
from videorlvr.training.track import Metrics


class Supervised:
    """One step over all tasks. The result is the running average of the weights."""

    on_ranks = True

    def __init__(self, config: SupervisedConfig, policy: Policy, bench: Bench) -> None:
        self.config, self.policy, self.ranks = config, policy, bench.ranks
        self.rows = self.ranks.rows(config.batch, "batch")
        optimizer = make_optimizer(
            policy.module, config.optimizer, lr=config.lr, weight_decay=config.weight_decay
        )
        part = Part(policy.module, optimizer, ema=config.ema)
        assert part.average is not None
        self.parts, self.optimizer = {"policy": part}, optimizer
        self.result = policy.with_module(part.average)
        prepare(config, policy)
        prepare(config, self.result)
        self.around = AROUND.compiled() if config.compile else AROUND
        self.network_evaluations = 0
        self.sums: dict[str, Tensor] = {}
        self.watched = Watched(late=policy.device.type == "cuda")
        self.untold, self.clock, self.waited_s = 0, time.monotonic(), 0.0
        self.next: dict[str, Tensor] = {}  # the next step's videos, if they are there already
        num_workers = workers_of(config)
        self.workers = start_workers(num_workers)
        self.pools = {
            task.world: OracleVideos(
                task,
                seed=config.seed,
                first=self._first,
                start=config.pool_start,
                grow=config.pool_grow,
                size=config.pool_size,
                prefer_long=config.prefer_long,
                workers=self.workers,
                num_workers=num_workers,
                device=policy.device,
                cache=self._cache(bench.pool, task),
            )
            for task in config.tasks
        }

    def _cache(self, folder: Path | None, task: Task) -> PoolCache | None:
        if folder is None:
            return None
        return PoolCache(folder, task, first=self._first, aside=True)

    @property
    def _first(self) -> int:
        seed = self.config.demonstration_seed
        return first_of_pool(self.config.seed if seed is None else seed)

    def step(self, index: int) -> Metrics:
        config = self.config
        videos, self.next, total = self.next, {}, torch.zeros((), device=self.policy.device)
        for world, pool in self.pools.items():
            video = videos.get(world)
            loss = self._loss(world, pool, index, pool.batch(index, config.batch) if video is None else video)
            share = self.objective(loss, index) / len(self.pools) / self.ranks.size
            share.backward()  # type: ignore[no-untyped-call]
            self._add(f"loss/{world}", loss.detach())
            total += loss.detach()
            seen = frames_seen(self.policy.chunks(pool.num_frames))
            self.network_evaluations += round(3 * config.batch * seen)
        self._update(index, total)
        self.untold += 1
        told = (index + 1) % config.log_every == 0 or index + 1 == config.num_steps
        return self._figures(index) if told else {}

    def _loss(self, world: str, pool: OracleVideos, index: int, video: Tensor) -> Tensor:
        rows = self.rows
        prompts = pool.prompts(index, self.config.batch)[rows]
        x0 = self.policy.encode(video)
        condition = self.policy.taught(self.condition(world, index, video[rows], prompts), x0[rows])
        return regression_loss(
            self.field(index, condition, video[rows], prompts),
            x0,
            free=condition.free,
            clean=condition.clean,
            generator=generator_on(
                self.policy.device, seeding.seed_of("sft", self.config.seed, world, index)
            ),
            shift=self.config.sampling.shift,
            around=self.around,
            chunks=self.policy.chunks(x0.shape[2]),
            rows=rows,
        )

    def condition(self, world: str, index: int, video: Tensor, prompts: Sequence[str]) -> Condition:
        """What is given of these videos [B, T, H, W, 3]."""
        return self.policy.condition(video[:, 0], prompts, video.shape[1])

    def field(self, index: int, condition: Condition, video: Tensor, prompts: Sequence[str]) -> Field:
        """The velocity of these videos [B, T, H, W, 3] under their condition."""
        return lambda x, at: self.policy.velocity(x, at, condition)

    def objective(self, loss: Tensor, index: int) -> Tensor:
        """What is minimised, given a world's loss."""
        return loss

    def _lr(self, index: int) -> float:
        config = self.config
        return learning_rate(
            index,
            peak=config.lr,
            num_steps=config.num_steps,
            warmup=config.warmup,
            final=config.final_lr,
        )

    def _update(self, index: int, loss: Tensor) -> None:
        lr = self._lr(index)
        self.optimizer.set_lr(lr)
        self.ranks.add_up_gradients(self.policy.module)
        norm = clip_gradients(self.policy.module, self.config.grad_clip)
        # The device works on while this process prepares the next step: it is waited for only then.
        if index + 1 < self.config.num_steps:
            self.next = {
                world: pool.batch(index + 1, self.config.batch) for world, pool in self.pools.items()
            }
        self.watched.look(f"step {index} at lr {lr:g}", loss=loss, grad_norm=norm)
        if index + 1 == self.config.num_steps:
            self.watched.settle()
        self._add("grad_norm", norm)
        self._add("clipped_updates", (norm > self.config.grad_clip).float())
        self.optimizer.step()

    def _add(self, name: str, value: Tensor) -> None:
        self.sums[name] = self.sums.get(name, torch.zeros((), device=self.policy.device)) + value

    def _figures(self, index: int) -> Metrics:
        """Means since the last line."""
        steps = self.untold
        for name in (
            name for name in self.sums if name.startswith("loss/")
        ):  # the rest is of summed gradients
            self.ranks.add_up([self.sums[name]])
            self.sums[name] /= self.ranks.size
        line: Metrics = {
            name: value / steps
            for name, value in zip(self.sums, torch.stack(list(self.sums.values())).tolist(), strict=True)
        }
        loss = sum(line[f"loss/{world}"] for world in self.pools) / len(self.pools)
        now = time.monotonic()
        rate = steps * self.config.batch * len(self.pools) / (now - self.clock)
        waited = sum(pool.waited_s for pool in self.pools.values())
        line |= {"lr": self._lr(index), "samples_per_s": rate, "waited_s": waited - self.waited_s}
        self.sums, self.untold, self.clock, self.waited_s = {}, 0, now, waited
        return {"loss": loss, **line}

    def close(self) -> None:
        if self.workers:
            self.workers.shutdown(cancel_futures=True)
        for pool in self.pools.values():
            pool.keep()
            if pool.cache is not None:
                pool.cache.settle()
