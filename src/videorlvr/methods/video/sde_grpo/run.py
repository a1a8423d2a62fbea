"""SDE-GRPO's learner: roll out, judge, replay the window with gradient."""

from __future__ import annotations

import time

import numpy as np
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.flow.gaussian import Transition, clip_from_drift, kl_mean, log_prob_mean
from videorlvr.flow.sampler import StochasticSteps
from videorlvr.flow.steps import window_steps
from videorlvr.methods.video.sde_grpo.config import GRPOConfig
from videorlvr.methods.video.sde_grpo.math import clipped_policy_loss
from videorlvr.models.api import Policy
from videorlvr.players.rollouts import Rollouts, drift_square, replay
from videorlvr.training.device import prepare
from videorlvr.training.experience import Judged, Trials
from videorlvr.training.learner import Bench
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.state import Part
from videorlvr.training.track import Metrics

MAX_RATIO_GAP = 1e-6
"""The first update's ratios must be 1; more than this means that training does not replay the rollout."""


class GRPO:
    """One step is one iteration over all tasks. The result is the policy itself.

    reference: the policy that RL began with, for the KL; None where `kl_weight` is 0.
    """

    def __init__(self, config: GRPOConfig, policy: Policy, bench: Bench) -> None:
        self.config, self.policy, self.result = config, policy, policy
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
        self.network_evaluations = 0
        self.trials = Trials(config, policy, bench.judge)
        self.grid = config.sampling.grid()

    def step(self, index: int) -> Metrics:
        began = time.monotonic()
        judged, line = self.trials.collect(index, self.steps(index))
        self.network_evaluations += sum(len(b.rollouts) * b.rollouts.num_forwards for b in judged)
        rolled = time.monotonic()
        self.optimizer.set_lr(self.config.lr * min(1.0, (index + 1) / max(self.config.warmup, 1)))
        self._optimise(judged, line)
        return line | {
            "rollout_s": rolled - began,
            "update_s": time.monotonic() - rolled,
            "seconds": time.monotonic() - began,
        }

    def steps(self, iteration: int) -> StochasticSteps:
        """The window of an iteration, which all its groups share."""
        config = self.config
        rng = seeding.rng("window", config.seed, iteration)
        steps = window_steps(config.window, config.num_trained, config.sampling.num_steps, rng)
        return StochasticSteps(steps, config.sde, config.noise_scale)

    def _optimise(self, judged: list[Judged], line: Metrics) -> None:
        """`updates` optimizer steps, each on every `updates`-th batch, `epochs` times over."""
        config, figures = self.config, []
        for epoch in range(config.epochs):
            for part in range(config.updates):
                chosen = [batch for batch in judged[part :: config.updates] if batch.live.any()]
                if not chosen:
                    continue
                gathered = [self._backward(b.rollouts, b.advantages, len(chosen)) for b in chosen]
                figure = {key: sum(g[key] for g in gathered) / len(gathered) for key in gathered[0]}
                figure["ratio_gap"] = max(g["ratio_gap"] for g in gathered)
                if epoch == part == 0:
                    line["ratio_gap"] = figure["ratio_gap"]
                    self._check_ratio(figure["ratio_gap"])
                figure["grad_norm"] = self._update()
                figures.append(figure)
        for key in ("policy_loss", "kl", "clip_fraction", "drift", "grad_norm"):
            line[key] = float(np.mean([figure[key] for figure in figures])) if figures else 0.0

    def _backward(self, batch: Rollouts, advantage_B: Tensor, num_batches: int) -> dict[str, float]:
        """Add a batch's gradient, one window step at a time; returns its figures."""
        config, condition, trajectory = self.config, batch.condition, batch.trajectory
        assert trajectory is not None
        free = condition.num_free
        clip = clip_from_drift(config.clip_drift, free)
        num_steps = len(trajectory.steps.steps)
        rows = []
        for position in range(num_steps):
            law = replay(self.policy, condition, trajectory, position, self.grid)
            log_prob = log_prob_mean(law, trajectory.actions[position].float(), condition.free)
            drift = drift_square(trajectory.means[position], law, condition.free)
            old = trajectory.log_probs[position]
            part = clipped_policy_loss(log_prob, old, drift, advantage_B, clip=clip)
            kl = self._kl(batch, position, law)
            # Scaled by D, so that weights and gradients are those of the summed log-probability: a policy
            # gradient whose size does not depend on resolution, and a KL weight in nats.
            loss = free * (part.loss + config.kl_weight * kl)
            (loss / (num_steps * num_batches)).backward()  # type: ignore[no-untyped-call]
            gap = (part.ratio_B - 1).abs().max()
            rows.append(torch.stack([part.loss.detach(), kl.detach(), part.clip_fraction, drift.mean(), gap]))
        self.network_evaluations += 3 * num_steps * len(batch)
        loss_, kl_, clipped, drifted, _ = torch.stack(rows).mean(0).tolist()
        return {
            "policy_loss": loss_,
            "kl": kl_,
            "clip_fraction": clipped,
            "drift": drifted,
            "ratio_gap": float(torch.stack(rows)[:, 4].max()),
        }

    def _kl(self, batch: Rollouts, position: int, law: Transition) -> Tensor:
        """KL_mean(policy || reference) of one step, a scalar; 0 where it has no weight."""
        if self.reference is None:
            return torch.zeros((), device=law.mean.device)
        assert batch.trajectory is not None
        with self.reference as reference, torch.no_grad():
            other = replay(reference, batch.condition, batch.trajectory, position, self.grid)
        self.network_evaluations += len(batch)
        return kl_mean(law, other, batch.condition.free).mean()

    def _check_ratio(self, gap: float) -> None:
        if not gap <= MAX_RATIO_GAP:  # a ratio that is no number is no 1 either
            raise RuntimeError(
                f"ratios of the first update differ from 1 by {gap:.2e}: training does not replay what the rollout "
                "did (another batch size, dtype or graph), so its gradient is wrong"
            )

    def _update(self) -> float:
        norm = torch.nn.utils.clip_grad_norm_(self.policy.module.parameters(), self.config.grad_clip)
        self.optimizer.step()
        return float(norm)

    def close(self) -> None:
        self.trials.close()
