"""SDE-GRPO's learner: roll out, judge, replay the window with gradient, and keep within the trust region.

B batch, N all videos of an update, those of groups without a signal included.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.flow.gaussian import Transition, clip_from_drift, kl_mean, log_prob_mean
from videorlvr.flow.sampler import StochasticSteps
from videorlvr.flow.steps import window_steps
from videorlvr.methods.video.sde_grpo.config import GRPOConfig
from videorlvr.methods.video.sde_grpo.figures import Figures
from videorlvr.methods.video.sde_grpo.math import clipped_policy_loss
from videorlvr.models.api import Policy
from videorlvr.models.shards import clip_gradients, is_spread
from videorlvr.players.rollouts import Trajectory, drift_square, replay
from videorlvr.training.batches import Batch, batches_of
from videorlvr.training.device import prepare
from videorlvr.training.experience import Judged, Trials
from videorlvr.training.finite import check_finite
from videorlvr.training.learner import Bench
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.state import Part
from videorlvr.training.track import Metrics
from videorlvr.training.trust import TrustRegion


@dataclass(frozen=True)
class Turn:
    """One update's share of an iteration. num_videos: N, the divisor of its gradient."""

    batches: list[Batch]
    num_videos: int


class GRPO:
    """One step is one iteration over all tasks. The result is the policy itself.

    reference: the policy that RL began with, for the KL; None where `kl_weight` is 0.

    On several ranks each learns from its share of the batches that one process would have; the first one says how far
    an update went.
    """

    on_ranks = True

    def __init__(self, config: GRPOConfig, policy: Policy, bench: Bench) -> None:
        self.config, self.policy, self.result, self.ranks = config, policy, policy, bench.ranks
        self.optimizer = make_optimizer(
            policy.module, config.optimizer, lr=config.lr, weight_decay=config.weight_decay
        )
        self.parts = {"policy": Part(policy.module, self.optimizer)}
        # Before a checkpoint is loaded: the reference is always the policy that RL began with.
        self.reference = policy.reference() if config.kl_weight > 0 else None
        prepare(config, policy)
        if self.reference is not None:
            with self.reference as reference:
                prepare(config, reference)
        self.trust = TrustRegion(policy.module, config.max_kl)
        self.network_evaluations = 0
        self.trials = Trials(config, policy, bench.judge, bench.ranks)
        self.sigmas = config.sampling.noise_levels()

    def step(self, index: int) -> Metrics:
        began = time.monotonic()
        judged, line = self.trials.collect(index, self.steps(index))
        self.network_evaluations += round(
            sum(len(part.rollouts) * part.rollouts.num_forwards for part in judged)
        )
        rolled = time.monotonic()
        self.optimizer.set_lr(self.config.lr * min(1.0, (index + 1) / max(self.config.warmup, 1)))
        before = self.network_evaluations
        line |= self.improve(self.turns(judged))
        own_share = self.network_evaluations - before
        self.network_evaluations = before + sum(self.ranks.everyones_values(own_share))
        return line | {
            "rollout_s": rolled - began,
            "update_s": time.monotonic() - rolled,
            "seconds": time.monotonic() - began,
        }

    def steps(self, iteration: int) -> StochasticSteps:
        """The window of an iteration, which all its groups share."""
        config = self.config
        rng = seeding.rng("window", config.seed, iteration)
        steps = window_steps(config.window, config.num_trained, config.sampling.steps, rng)
        return StochasticSteps(steps, config.sde, config.noise_scale)

    def turns(self, judged: Sequence[Judged]) -> list[Turn]:
        """The updates of an iteration, each on its own batches, `epochs` times over; those without a signal and
        without a KL are left out."""
        config = self.config
        turns = []
        for first in range(config.updates):
            own = judged[first :: config.updates]
            batches = batches_of(
                own, config.learning_batch, everything=config.kl_weight > 0, fill=config.compile
            )
            if batches:
                turns.append(Turn(batches, sum(len(part.rollouts) for part in own)))
        return turns * config.epochs

    def improve(self, turns: Sequence[Turn]) -> Metrics:
        """Take the updates in turn, until one is as long as the trust region allows."""
        figures, own = Figures(), turns[: len(turns) // self.config.epochs]
        self.trust.begin()
        for turn in own[1:]:  # the first one's laws are taken as they are replayed
            for batch, _ in self._own(turn):
                self._anchor(batch, figures)
        for number, turn in enumerate(turns):
            for batch, counts in self._own(turn):
                self._backward(batch, turn.num_videos, figures, on_policy=number == 0, counts=counts)
            self.ranks.add_up_gradients(self.policy.module)
            if number == 0:
                figures.check_replay()
            if not self._update(turns[0].batches[0], figures):
                break
        return figures.line(self.ranks)

    def _own(self, turn: Turn) -> list[tuple[Batch, bool]]:
        """This rank's batches of an update, each with whether it counts."""
        return self.ranks.dealt(turn.batches, evenly=is_spread(self.policy.module))

    def _backward(
        self, batch: Batch, num_videos: int, figures: Figures, *, on_policy: bool, counts: bool = True
    ) -> None:
        """Add a batch's gradient, one window step at a time; passes of nothing where it does not count."""
        evaluations = self.network_evaluations
        config, condition, trajectory = self.config, batch.rollouts.condition, _trajectory(batch)
        free = condition.num_free
        clip = clip_from_drift(config.clip_drift, free)
        num_trained = len(trajectory.steps.steps)
        for position in range(num_trained):
            law = replay(self.policy, condition, trajectory, position, self.sigmas)
            log_prob = log_prob_mean(law, trajectory.actions[position].float(), condition.free)
            if on_policy and not batch.as_rolled_out:
                self._take_as_old(batch, position, law, log_prob, figures)
            drift = drift_square(trajectory.means[position], law, condition.free)
            old = trajectory.log_probs[position]
            part = clipped_policy_loss(log_prob, old, drift, batch.advantages, clip=clip)
            kl = self._kl(batch, position, law)
            # Scaled by D, so that weights and gradients are those of the summed log-probability: a policy
            # gradient whose size does not depend on resolution, and a KL weight in nats.
            loss = (
                free
                * ((part.loss_B + config.kl_weight * kl) * batch.counts).sum()
                / (num_trained * num_videos)
            )
            if not counts:
                (0 * loss).backward()  # type: ignore[no-untyped-call]
                continue
            loss.backward()  # type: ignore[no-untyped-call]
            figures.add(part, free * kl.detach(), drift, batch, loss.detach())
        self.network_evaluations += 3 * num_trained * len(batch)
        if not counts:
            self.network_evaluations = evaluations

    def _take_as_old(
        self, batch: Batch, position: int, law: Transition, log_prob: Tensor, figures: Figures
    ) -> None:
        """In another batch than it was rolled out in, a video's law differs in the last bits: ratios are taken to
        the law as it is in this one, before any update."""
        trajectory = _trajectory(batch)
        figures.repacked(drift_square(trajectory.means[position], law, batch.rollouts.condition.free))
        trajectory.means[position] = law.mean.detach()
        trajectory.log_probs[position] = log_prob.detach()

    def _anchor(self, batch: Batch, figures: Figures) -> None:
        """`_take_as_old` for a batch whose turn comes after the first update."""
        if batch.as_rolled_out:
            return
        condition, trajectory = batch.rollouts.condition, _trajectory(batch)
        for position in range(len(trajectory.steps.steps)):
            law = replay(self.policy, condition, trajectory, position, self.sigmas)
            log_prob = log_prob_mean(law, trajectory.actions[position].float(), condition.free)
            self._take_as_old(batch, position, law, log_prob, figures)
        self.network_evaluations += len(trajectory.steps.steps) * len(batch)

    def _kl(self, batch: Batch, position: int, law: Transition) -> Tensor:
        """KL_mean(policy || reference) of one step, [B]; 0 where it has no weight."""
        if self.reference is None:
            return torch.zeros(len(batch), device=law.mean.device)
        condition = batch.rollouts.condition
        with self.reference as reference, torch.no_grad():
            other = replay(reference, condition, _trajectory(batch), position, self.sigmas)
        self.network_evaluations += len(batch)
        return kl_mean(law, other, condition.free)

    def _update(self, probe: Batch, figures: Figures) -> bool:
        """One optimizer step within the trust region, as measured on `probe`; whether there is room for another."""
        norm = clip_gradients(self.policy.module, self.config.grad_clip)
        lr = self.optimizer.param_groups[0]["lr"]
        _, grad_norm = check_finite(f"an update at lr {lr:g}", loss=figures.loss, grad_norm=norm)
        self.trust.remember()
        self.optimizer.step()
        fit = self.trust.fit(lambda: self._divergence(probe))
        figures.updated(grad_norm, self.config.grad_clip, fit)
        return fit.share == 1

    def _divergence(self, batch: Batch) -> float:
        """KL of the policy that rolled out to that of now, over the path of a video's window: mean, in nats."""
        condition, trajectory = batch.rollouts.condition, _trajectory(batch)
        total = torch.zeros(len(batch), device=self.policy.device)
        for position in range(len(trajectory.steps.steps)):
            # With grad mode on, as in the rollout: a compiled graph without gradient is another one.
            law = replay(self.policy, condition, trajectory, position, self.sigmas)
            total += drift_square(trajectory.means[position], law, condition.free)
        self.network_evaluations += len(trajectory.steps.steps) * len(batch) if self.ranks.leads else 0
        found = condition.num_free * float((total * batch.counts).sum() / batch.counts.sum())
        return float(self.ranks.everyones_values(found)[0])  # all must keep the same share of the step

    def close(self) -> None:
        self.trials.close()


def _trajectory(batch: Batch) -> Trajectory:
    assert batch.rollouts.trajectory is not None
    return batch.rollouts.trajectory
