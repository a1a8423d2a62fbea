"""A learner that imitates solved problems: batches, one optimizer step, figures. What a method adds is its loss.

B batch, N tokens.
"""

from __future__ import annotations

import math
import time
from abc import ABC, abstractmethod
from functools import partial

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from videorlvr.base.processes import start_workers
from videorlvr.models.language.flops import forward_flops
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.training.device import prepare, workers_of
from videorlvr.training.finite import check_finite
from videorlvr.training.language.config import ImitationConfig
from videorlvr.training.language.examples import Batch, Examples, Tell, tell
from videorlvr.training.learner import Bench
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.state import Part
from videorlvr.training.track import Metrics


class Imitation(ABC):
    """One step over all tasks. The result is the running average of the weights."""

    def __init__(self, config: ImitationConfig, policy: LanguagePolicy, bench: Bench) -> None:
        self.config, self.policy = config, policy
        optimizer = make_optimizer(policy.module, "adamw", lr=config.lr, weight_decay=config.weight_decay)
        part = Part(policy.module, optimizer, ema=config.ema)
        assert part.average is not None
        self.parts, self.optimizer = {"policy": part}, optimizer
        self.result = policy.with_module(part.average)
        prepare(config, policy)
        self.network_evaluations = 0
        self.counts = {"tokens": 0, "samples": 0, "flops": 0}
        self.sums: dict[str, Tensor] = {}
        self.untold, self.clock = 0, time.monotonic()
        num_workers = workers_of(config)
        self.workers = start_workers(num_workers)
        self.pools = {
            task.world: Examples(
                task,
                policy,
                self.tell_one(),
                seed=config.seed,
                start=config.pool_start,
                grow=config.pool_grow,
                size=config.pool_size,
                workers=self.workers,
                num_workers=num_workers,
                compiled=config.compile,
                tokens=config.tokens,
            )
            for task in config.tasks
        }

    def tell_one(self) -> Tell:
        """How a problem becomes a passage."""
        return partial(tell, form=self.policy.form.board, trace=self.config.trace, times=self.config.times)

    @abstractmethod
    def loss(self, world: str, batch: Batch, index: int) -> Tensor:
        """Mean loss of a batch, with gradient."""

    def step(self, index: int) -> Metrics:
        config, total = self.config, torch.zeros((), device=self.policy.device)
        for world, pool in self.pools.items():
            batch = pool.batch(index, config.batch)
            loss = self.loss(world, batch, index)
            (loss / len(self.pools)).backward()  # type: ignore[no-untyped-call]
            self._add(f"loss/{world}", loss.detach())
            total += loss.detach()
            self._count(batch)
        self._update(index, total)
        self.untold += 1
        told = (index + 1) % config.log_every == 0 or index + 1 == config.num_steps
        return self._figures() if told else {}

    def _count(self, batch: Batch) -> None:
        form, mean = self.policy.form, batch.num_tokens / len(batch.lengths)
        span = mean if self.policy.is_masked else mean / 2
        forward = forward_flops(
            self.policy.module, batch.num_tokens, span, width=form.width, depth=form.depth
        )
        self.network_evaluations += 3 * len(batch.lengths)
        self.counts["tokens"] += batch.num_tokens
        self.counts["samples"] += len(batch.lengths)
        self.counts["flops"] += 3 * forward

    def _update(self, index: int, loss: Tensor) -> None:
        config = self.config
        lr = learning_rate(
            index, peak=config.lr, num_steps=config.num_steps, warmup=config.warmup, final=config.final_lr
        )
        self.optimizer.set_lr(lr)
        norm = torch.nn.utils.clip_grad_norm_(self.policy.module.parameters(), config.grad_clip)
        if (
            index + 1
        ) % config.log_every == 0 or index + 1 == config.num_steps:  # the device is waited for only then
            check_finite(f"step {index} at lr {lr:g}", loss=loss, grad_norm=norm)
        self._add("grad_norm", norm)
        self.lr = lr
        self.optimizer.step()

    def _add(self, name: str, value: Tensor) -> None:
        self.sums[name] = self.sums.get(name, torch.zeros((), device=self.policy.device)) + value

    def _figures(self) -> Metrics:
        """Means since the last line."""
        told = torch.stack(list(self.sums.values())).tolist()
        line: Metrics = {name: value / self.untold for name, value in zip(self.sums, told, strict=True)}
        loss = sum(line[f"loss/{world}"] for world in self.pools) / len(self.pools)
        now = time.monotonic()
        rate = self.untold * self.config.batch * len(self.pools) / (now - self.clock)
        self.sums, self.untold, self.clock = {}, 0, now
        return {"loss": loss, **line, "lr": self.lr, "passages_per_s": rate}

    def close(self) -> None:
        if self.workers:
            self.workers.shutdown(cancel_futures=True)


def learning_rate(index: int, *, peak: float, num_steps: int, warmup: int, final: float) -> float:
    """Linear rise over `warmup` steps, then a cosine from `peak` to `final * peak` at the last step."""
    if index < warmup:
        return peak * (index + 1) / warmup
    share = (index - warmup) / max(1, num_steps - 1 - warmup)
    return peak * (final + (1 - final) * (1 + math.cos(math.pi * min(1.0, share))) / 2)


def next_token_loss(logits_BNV: Tensor, ids_BN: Tensor, weights_BN: Tensor) -> Tensor:
    """- sum w_n log p(token_n | before) / sum w_n; the first token is predicted by nothing."""
    loss = cross_entropy(logits_BNV[:, :-1].flatten(0, 1), ids_BN[:, 1:].flatten(), reduction="none")
    return weighted_mean(loss.view_as(ids_BN[:, 1:]), weights_BN[:, 1:])


def weighted_mean(loss_BN: Tensor, weights_BN: Tensor) -> Tensor:
    """sum w l / sum w: the mean loss a token that counts."""
    return (loss_BN * weights_BN).sum() / weights_BN.sum().clamp(min=1e-9)
