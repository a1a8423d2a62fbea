"""A learner that prefers: pairs of answers to one problem, DPO's loss on them, the likelihood of the chosen ones.

    loss = preference_weight (- log sigmoid(margin)) - sft_weight mean log p(token of chosen)

What a method adds is its pairs. The reference is the policy that training began with.

B pairs, N tokens.
"""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from videorlvr.models.language.policy import LanguagePolicy, padded
from videorlvr.models.language.sampling import log_probs_of
from videorlvr.training.finite import check_finite
from videorlvr.training.language.config import PreferenceConfig
from videorlvr.training.language.trials import TextTrials, Tried
from videorlvr.training.learner import Bench
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.state import Part
from videorlvr.training.track import Metrics


@dataclass(frozen=True)
class Pair:
    """Tokens of a prompt and of two answers to it."""

    prompt: list[int]
    chosen: list[int]
    rejected: list[int]


def preference_loss(
    chosen_B: Tensor, rejected_B: Tensor, start_chosen_B: Tensor, start_rejected_B: Tensor, beta: float
) -> tuple[Tensor, Tensor]:
    """(loss, margin), [B]: - log sigmoid(margin), margin = beta ((chosen - start_chosen) - (rejected - start_rejected))
    of log-probabilities summed over an answer.

    Source: arXiv:2305.18290, equation 7.
    """
    margin = beta * ((chosen_B - start_chosen_B) - (rejected_B - start_rejected_B))
    return -logsigmoid(margin), margin


class Trials(Protocol):
    """Where the answers of an iteration come from."""

    def collect(self, iteration: int) -> tuple[list[Tried], Metrics]: ...

    def close(self) -> None: ...


class PreferenceTrials(ABC):
    """One step is one iteration: answers, pairs, an update."""

    preference_weight = 1.0

    def __init__(self, config: PreferenceConfig, policy: LanguagePolicy, bench: Bench) -> None:
        self.config, self.policy, self.result = config, policy, policy
        self.trials = self.make_trials()
        self.optimizer = make_optimizer(
            policy.module, "adamw", lr=config.lr, weight_decay=config.weight_decay
        )
        self.parts = {"policy": Part(policy.module, self.optimizer)}
        self.reference = (
            policy.reference()
        )  # before a checkpoint is loaded: the policy that training began with
        self.network_evaluations, self.counts = 0, {"tokens": 0}

    def make_trials(self) -> Trials:
        """Where the answers of an iteration come from."""
        return TextTrials(self.config, self.policy)

    def pairs(self, tried: list[Tried]) -> list[Pair]:
        """The pairs of an iteration."""
        return [pair for part in tried for pair in self.pairs_of(part)]

    @abstractmethod
    def pairs_of(self, tried: Tried) -> list[Pair]:
        """The pairs among the answers of an iteration to problems of one world."""

    def step(self, index: int) -> Metrics:
        began = time.monotonic()
        tried, line = self.trials.collect(index)
        self.counts["tokens"] += sum(part.written.num_tokens for part in tried)
        self.network_evaluations += sum(len(part.problems) for part in tried)
        self.optimizer.set_lr(self.config.lr * min(1.0, (index + 1) / max(self.config.warmup, 1)))
        pairs = self.pairs(tried)
        return line | self._improve(pairs) | {"pairs": len(pairs), "seconds": time.monotonic() - began}

    def _improve(self, pairs: list[Pair]) -> Metrics:
        if not pairs:
            return {"loss": 0.0, "margin": 0.0, "preferred": 0.0, "grad_norm": 0.0}
        loss, margins = torch.zeros((), device=self.policy.device), list[Tensor]()
        for start in range(0, len(pairs), self.config.batch):
            part = pairs[start : start + self.config.batch]
            share, margin = self._loss(part)
            share = share * len(part) / len(pairs)
            share.backward()  # type: ignore[no-untyped-call]
            loss += share.detach()
            margins.append(margin.detach())
            self.network_evaluations += 8 * len(part)
        norm = torch.nn.utils.clip_grad_norm_(self.policy.module.parameters(), self.config.grad_clip)
        told = check_finite("an update", loss=loss, grad_norm=norm)
        self.optimizer.step()
        margin = torch.cat(margins)
        return {
            "loss": told[0],
            "grad_norm": told[1],
            "margin": float(margin.mean()),
            "preferred": float((margin > 0).float().mean()),
        }

    def _loss(self, pairs: list[Pair]) -> tuple[Tensor, Tensor]:
        """(mean loss, margin [B])."""
        answers = [(pair.prompt, pair.chosen) for pair in pairs] + [
            (pair.prompt, pair.rejected) for pair in pairs
        ]
        ids = padded([[*prompt, *answer] for prompt, answer in answers], self.policy.tokens.pad)
        learnt = torch.zeros(len(ids), ids.shape[1] - 1)
        for row, (prompt, answer) in enumerate(answers):
            learnt[row, len(prompt) - 1 : len(prompt) - 1 + len(answer)] = 1.0
        ids, learnt = ids.to(self.policy.device), learnt.to(self.policy.device)
        own = (log_probs_of(self.policy, ids) * learnt).sum(1)
        with self.reference as start, torch.no_grad():
            before = (log_probs_of(start, ids) * learnt).sum(1)
        half = len(pairs)
        loss, margin = preference_loss(own[:half], own[half:], before[:half], before[half:], self.config.beta)
        likelihood = own[:half].sum() / learnt[:half].sum()
        return self.preference_weight * loss.mean() - self.config.sft_weight * likelihood, margin

    def close(self) -> None:
        self.trials.close()
