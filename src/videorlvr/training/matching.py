"""Learning from own videos on the forward process: what AWM, DiffusionNFT, rejection SFT and preference share.

An iteration rolls out groups of videos by the ODE, has them judged, and takes `updates` optimizer steps. A method says
which videos it learns from and with what weights (`units`), and what is lost at a point of the path (`loss`); the rest
is here once: noise levels (Early-Step Focus), draws, the averaged policy that rolls out and is released, the pull
to the start, moments warmed up before the first step, and the stop of a run that falls below its start.

Laws: the gradient is the mean over an update's units, whatever the batch; groups without a signal cost nothing; all
chance is named by (seed, iteration, update).

U units, M videos a unit, B = U * M, as in `units`.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.flow.at import At
from videorlvr.flow.matching import levels_in, point_on_path, velocity_error
from videorlvr.flow.steps import window_steps
from videorlvr.models.api import Policy
from videorlvr.models.chunks import frame_levels, frames_seen
from videorlvr.models.shards import clip_gradients, is_spread
from videorlvr.training.demonstrations import Demonstrations
from videorlvr.training.device import generator_on, prepare
from videorlvr.training.drawn import Drawn, Sums
from videorlvr.training.experience import Trials
from videorlvr.training.finite import check_finite
from videorlvr.training.learner import Bench
from videorlvr.training.matching_config import MatchingConfig
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.signal import HalfGradients, clipped_share, signal_figures
from videorlvr.training.state import Part
from videorlvr.training.track import Metrics
from videorlvr.training.units import MicroBatch, Own, Units, micro_batches
from videorlvr.training.watch import BelowStartError, Watch


class MatchingLearner(ABC):
    """One step is one iteration over all tasks. The result is the averaged policy, which rolls out.

    needs_old, needs_start: whether `loss` asks for the velocities of the policy that rolled out, and of `init`'s.
    """

    on_ranks = True
    needs_old = False
    needs_start = False

    def __init__(self, config: Any, policy: Policy, bench: Bench) -> None:
        assert isinstance(config, MatchingConfig)
        self.config, self.policy, self.ranks = config, policy, bench.ranks
        self.optimizer = make_optimizer(
            policy.module, config.optimizer, lr=config.lr, weight_decay=config.weight_decay
        )
        part = Part(policy.module, self.optimizer, ema=config.ema)
        assert part.average is not None
        self.result = policy.with_module(part.average)
        self.watch = Watch(config.stop_below)
        self.parts = {"policy": part, "watch": Part(self.watch)}
        # Before a checkpoint is loaded: the start is always the policy that RL began with.
        wants_start = self.needs_start or config.kl_weight > 0
        self.start: AbstractContextManager[Policy] | None = policy.reference() if wants_start else None
        for one in (policy, self.result):
            prepare(config, one)
        if self.start is not None:
            with self.start as start:
                prepare(config, start)
        self.network_evaluations = 0
        self.trials = Trials(config, self.result, bench.judge, bench.ranks)
        self.demonstrations = Demonstrations(config, policy, bench.ranks) if config.demonstrations else None

    @abstractmethod
    def units(self, own: Own) -> Units:
        """What to learn from, of one world."""

    @abstractmethod
    def loss(self, velocity: Tensor, drawn: Drawn) -> Tensor:
        """[U], with gradient; its mean over an update's units is minimised."""

    def step(self, index: int) -> Metrics:
        began = time.monotonic()
        judged, line = self.trials.collect(index, None)
        self.network_evaluations += round(
            sum(len(part.rollouts) * part.rollouts.num_forwards for part in judged)
        )
        worlds = dict.fromkeys(part.world for part in judged)
        own = {world: Own.of([part for part in judged if part.world == world]) for world in worlds}
        for world, videos in own.items():
            line |= signal_figures(world, videos.rollouts, videos.verdicts)
        rolled = time.monotonic()
        units = {world: self.units(videos) for world, videos in own.items()}
        line["units"] = sum(len(part) for part in units.values())
        before = self.network_evaluations
        line |= self.improve({world: part for world, part in units.items() if len(part)}, index)
        own_share = self.network_evaluations - before
        self.network_evaluations = before + sum(self.ranks.everyones_values(own_share))
        self._look_out(line)
        now = time.monotonic()
        return line | {"rollout_s": rolled - began, "update_s": now - rolled, "seconds": now - began}

    def _look_out(self, line: Metrics) -> None:
        self.watch.saw(line["success"])
        complaint = self.watch.complaint()
        if complaint:
            raise BelowStartError(complaint)

    def improve(self, live: dict[str, Units], iteration: int) -> Metrics:
        """The iteration's updates. Without units and demonstrations there is none."""
        config, sums, norms = self.config, Sums(), []
        if not live and self.demonstrations is None:
            return {"grad_norm": 0.0, "clipped": 0.0}
        for update in range(config.updates):
            halves = HalfGradients(self.policy.module) if update == 0 else None
            self._learn(live, iteration, update, sums, halves)
            if self.demonstrations is not None:
                self.ranks.keep_once(self.policy.module)
                loss, evaluations = self.demonstrations.backward(iteration * config.updates + update)
                sums.add(demonstration_loss=loss)
                self.ranks.add_up_gradients(self.policy.module)
                self.network_evaluations += evaluations
            norms.append(self._update(iteration, update))
        line: Metrics = {
            "grad_norm": float(np.mean(norms)),
            "clipped": float(np.mean([clipped_share(norm, config.grad_clip) for norm in norms])),
        }
        return line | sums.means(self.ranks)

    def _learn(
        self, live: dict[str, Units], iteration: int, update: int, sums: Sums, halves: HalfGradients | None
    ) -> None:
        """Add the gradient of one update's units, one half of them after the other."""
        config = self.config
        first, second = micro_batches(
            live,
            update,
            updates=config.updates,
            draws=config.draws,
            size=config.learning_batch,
            rngs={world: seeding.rng("units", config.seed, world, iteration, update) for world in live},
        )
        evenly = is_spread(self.policy.module)
        for batch, counts in self.ranks.dealt(first, evenly=evenly):
            self._backward(batch, sums, counts=counts)
        if halves is not None and first and second:
            halves.halfway()
        for batch, counts in self.ranks.dealt(second, evenly=evenly):
            self._backward(batch, sums, counts=counts)
        self.ranks.add_up_gradients(self.policy.module)
        if halves is not None:
            halves.add_up(self.ranks)
        if halves is not None and (cosine := halves.cosine()) is not None:
            sums.add(signal=cosine)

    def _backward(self, batch: MicroBatch, sums: Sums, *, counts: bool = True) -> None:
        """Add a micro-batch's gradient; a pass of nothing where it does not count."""
        evaluations = self.network_evaluations
        drawn = self.draw(batch)
        velocity = self.policy.velocity(drawn.point.x, At(drawn.point.sigma), drawn.condition)
        lost = self.loss(velocity, drawn)
        count = batch.count_U.to(lost)
        total = (count * lost).sum()
        if not counts:
            (0 * total).backward()  # type: ignore[no-untyped-call]
            self.network_evaluations = evaluations
            return
        if drawn.start is not None:
            change = velocity_error(velocity, drawn.start, drawn.free).reshape(len(lost), -1).mean(1)
            total = total + self.config.kl_weight * (count * change).sum()
            sums.add(change=(count * change).sum() / count.sum())
        total.backward()  # type: ignore[no-untyped-call]
        sums.add(loss=(count * lost).sum() / count.sum())
        self.network_evaluations += round(
            3 * len(velocity) * frames_seen(self.policy.chunks(velocity.shape[2]))
        )

    def draw(self, batch: MicroBatch) -> Drawn:
        """Units at points of the path; the videos of a unit share level and noise."""
        config, device, units = self.config, self.policy.device, batch.units
        per_unit, num_units = units.index_UM.shape[1], len(batch.number_U)
        index = units.index_UM[batch.number_U].flatten().to(device)
        x0 = units.rollouts.x0[index]
        condition = self.policy.taught(units.rollouts.condition.pick(index), x0)
        chunks = self.policy.chunks(x0.shape[2])
        generator = generator_on(device, batch.seed)
        sigma = levels_in(
            self.steps(batch.seed),
            num_units * len(chunks),
            of=config.sampling.steps,
            shift=config.sampling.shift,
            generator=generator,
        )
        sigma = frame_levels(sigma.reshape(num_units, -1).repeat_interleave(per_unit, dim=0), chunks)
        noise = torch.randn((num_units, *x0.shape[1:]), generator=generator, device=device)
        noise = noise.repeat_interleave(per_unit, dim=0)
        point = point_on_path(x0, sigma, noise, free=condition.free, clean=condition.clean)
        weight = units.weight_U[batch.number_U.to(units.weight_U.device)]
        drawn = Drawn(point, condition, weight)
        if self.needs_old:
            drawn.old = self._others(self.result, drawn)
        if self.start is not None:
            with self.start as start:
                drawn.start = self._others(start, drawn)
        return drawn

    def _others(self, policy: Policy, drawn: Drawn) -> Tensor:
        """Another policy's velocity at the same points."""
        seen = frames_seen(policy.chunks(drawn.point.x.shape[2]))
        self.network_evaluations += round(len(drawn.point.x) * seen)
        with torch.no_grad():
            return policy.velocity(drawn.point.x, At(drawn.point.sigma), drawn.condition)

    def steps(self, seed: int) -> tuple[int, ...]:
        """Steps of the sampler whose noise levels are trained. The last one counts here: nothing is put into it."""
        config = self.config
        if config.window == "all":
            return tuple(range(config.sampling.steps))
        rng = np.random.default_rng(seed)
        return window_steps(config.window, config.num_trained, config.sampling.steps, rng)

    def progress(self, iteration: int) -> float:
        """Share of the run that has passed, for the learning rate."""
        return iteration / self.config.num_steps

    def _update(self, iteration: int, update: int) -> float:
        config, number = self.config, iteration * self.config.updates + update
        # With a rate of 0 an optimizer's moments are filled and no weight moves: its first step is an ordinary one.
        rise = min(1.0, max(0, number + 1 - config.warm_moments) / max(config.warmup, 1))
        fall = 0.5 * (1 + math.cos(math.pi * min(1.0, self.progress(iteration))))
        lr = config.lr * rise * (config.final_lr + (1 - config.final_lr) * fall)
        self.optimizer.set_lr(lr)
        norm = clip_gradients(self.policy.module, config.grad_clip)
        [found] = check_finite(f"an update at lr {lr:g}", grad_norm=norm)
        self.optimizer.step()
        return found

    def close(self) -> None:
        self.trials.close()
        if self.demonstrations is not None:
            self.demonstrations.close()
