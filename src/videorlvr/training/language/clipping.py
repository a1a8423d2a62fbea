"""A learner that tries, in words: groups of judged answers, and the clipped objective on their tokens.

    loss = - mean over written tokens of min(ratio A, clip(ratio, 1 - low, 1 + high) A) + kl_weight KL(policy || start)

What a method adds is where its advantages come from (`TextTrials`). Law: the first ratio of an iteration is exactly 1,
since old log-probabilities are replayed in the batches that are learnt from.

B batch, N tokens.
"""

from __future__ import annotations

import dataclasses
import time

import numpy as np
import torch
from torch import Tensor

from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.language.sampling import log_probs_of
from videorlvr.training.finite import check_finite
from videorlvr.training.language.config import ClippedConfig
from videorlvr.training.language.trials import Rows, TextTrials, Tried, parts_of, rows_of
from videorlvr.training.learner import Bench
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.state import Part
from videorlvr.training.track import Metrics


def clipped_loss(
    log_probs_BN: Tensor, old_BN: Tensor, advantages_BN: Tensor, *, low: float, high: float
) -> tuple[Tensor, Tensor]:
    """(loss, bool: was the ratio clipped), [B, N]: - min(ratio A, clip(ratio, 1 - low, 1 + high) A).

    Source: PPO, arXiv:1707.06347, equation 7; two bounds, arXiv:2503.14476, equation 5.
    """
    ratio = (log_probs_BN - old_BN).exp()
    bounded = ratio.clamp(1 - low, 1 + high)
    loss = -torch.minimum(ratio * advantages_BN, bounded * advantages_BN)
    return loss, (ratio != bounded) & (bounded * advantages_BN < ratio * advantages_BN)


def kl_estimate(log_probs_BN: Tensor, reference_BN: Tensor) -> Tensor:
    """exp(d) - d - 1 with d = log p_reference - log p, [B, N]: not below 0, and its mean over the policy's own tokens
    is KL(policy || reference).

    Source: arXiv:2402.03300, equation 4.
    """
    gap = reference_BN - log_probs_BN
    return gap.exp() - gap - 1


class ClippedTrials:
    """One step is one iteration over all tasks. The result is the policy itself."""

    def __init__(self, config: ClippedConfig, policy: LanguagePolicy, bench: Bench) -> None:
        self.config, self.policy, self.result = config, policy, policy
        self.trials = self.make_trials()
        self.optimizer = make_optimizer(
            policy.module, "adamw", lr=config.lr, weight_decay=config.weight_decay
        )
        self.parts = {"policy": Part(policy.module, self.optimizer)}
        # Before a checkpoint is loaded: the reference is always the policy that RL began with.
        self.reference = policy.reference() if config.kl_weight > 0 else None
        self.network_evaluations, self.counts = 0, {"tokens": 0}

    def make_trials(self) -> TextTrials:
        """Where its iterations come from."""
        return TextTrials(self.config, self.policy)

    def step(self, index: int) -> Metrics:
        began = time.monotonic()
        tried, line = self.trials.collect(index)
        self.counts["tokens"] += sum(part.written.num_tokens for part in tried)
        self.network_evaluations += sum(len(part.problems) for part in tried)
        self.optimizer.set_lr(self.config.lr * min(1.0, (index + 1) / max(self.config.warmup, 1)))
        turns = [self._rows(tried, turn) for turn in range(self.config.updates)]
        line |= self._improve([turn for turn in turns if turn])
        return line | {"seconds": time.monotonic() - began}

    def _rows(self, tried: list[Tried], turn: int) -> list[Rows]:
        """The batches of one update: its groups, those without a signal left out unless a KL has something to say."""
        out = []
        for part in tried:
            own = part.group_ids % self.config.updates == turn
            keep = own if self.config.kl_weight > 0 else own & part.live
            places = np.flatnonzero(keep)
            out += [rows_of(self.policy, part, some) for some in parts_of(places, self.config.batch)]
        return out

    def _improve(self, turns: list[list[Rows]]) -> Metrics:
        sums = {"policy_loss": 0.0, "kl": 0.0, "clip_fraction": 0.0, "grad_norm": 0.0}
        gap, done = 0.0, 0
        anchored = [[self._anchored(rows) for rows in turn] for turn in turns]
        for turn in anchored * self.config.epochs:
            tokens = sum(int(rows.learnt.sum()) for rows in turn)
            figures = [self._backward(rows, tokens) for rows in turn]
            if done == 0:
                gap = max(float(each["gap"]) for each in figures)
            norm = torch.nn.utils.clip_grad_norm_(self.policy.module.parameters(), self.config.grad_clip)
            loss = torch.stack([each["loss"] for each in figures]).sum()
            told = check_finite("an update", loss=loss, grad_norm=norm)
            self.optimizer.step()
            sums["policy_loss"] += told[0]
            sums["grad_norm"] += told[1]
            sums["kl"] += sum(float(each["kl"]) for each in figures)
            sums["clip_fraction"] += sum(float(each["clipped"]) for each in figures)
            done += 1
        return {**{name: value / max(done, 1) for name, value in sums.items()}, "ratio_gap": gap}

    @torch.no_grad()
    def _anchored(self, rows: Rows) -> Rows:
        """With the law that these tokens were drawn from, as it is in this batch."""
        self.network_evaluations += len(rows.ids)
        return dataclasses.replace(
            rows, old=log_probs_of(self.policy, rows.ids, self.config.writing.temperature)
        )

    def _backward(self, rows: Rows, tokens: int) -> dict[str, Tensor]:
        """Add a batch's gradient; its share of the update's means over `tokens`."""
        config = self.config
        assert rows.old is not None
        log_probs = log_probs_of(self.policy, rows.ids, config.writing.temperature)
        loss, clipped = clipped_loss(
            log_probs, rows.old, rows.advantages, low=config.clip_low, high=config.clip_high
        )
        kl = torch.zeros_like(log_probs)
        if self.reference is not None:
            with self.reference as start, torch.no_grad():
                reference = log_probs_of(start, rows.ids, config.writing.temperature)
            kl = kl_estimate(log_probs, reference)
            self.network_evaluations += len(rows.ids)
        total = ((loss + config.kl_weight * kl) * rows.learnt).sum() / tokens
        total.backward()  # type: ignore[no-untyped-call]
        self.network_evaluations += 3 * len(rows.ids)
        gap = ((log_probs.detach() - rows.old).exp() - 1).abs() * rows.learnt
        return {
            "loss": (loss * rows.learnt).sum().detach() / tokens,
            "kl": (kl * rows.learnt).sum().detach() / tokens,
            "clipped": (clipped & rows.learnt).sum() / tokens,
            "gap": gap.max(),
        }

    def close(self) -> None:
        self.trials.close()
