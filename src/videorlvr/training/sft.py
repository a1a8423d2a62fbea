"""Supervised fine-tuning: velocity regression on oracle videos, from scratch or from a policy.

    loss = mean over free dimensions of |v(x_sigma, sigma) - (noise - x0)|^2,    sigma = shifted uniform

The given first frame is clean in the input and outside the loss.
"""

from __future__ import annotations

import math
import shutil
import time
from pathlib import Path

import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.base.processes import start_workers
from videorlvr.flow.path import interpolate, velocity_target
from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.models.api import Policy
from videorlvr.models.dit import num_parameters
from videorlvr.models.load import load_policy, new_policy
from videorlvr.training.config import SFTConfig
from videorlvr.training.data import OracleVideos
from videorlvr.training.device import device_of, generator_on, prepare, workers_of
from videorlvr.training.folder import RunFolder
from videorlvr.training.loop import run_steps
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.pool_cache import PoolCache
from videorlvr.training.state import TrainState
from videorlvr.training.track import Metrics, check_installed
from videorlvr.training.validate import Validation


def regression_loss(policy: Policy, video_BTHWC: Tensor, generator: torch.Generator, shift: float) -> Tensor:
    """Mean squared velocity error over free dimensions, at noise levels spread like the sampler's grid."""
    x0 = policy.encode(video_BTHWC)
    uniform = torch.rand(x0.shape[0], generator=generator, device=x0.device)
    sigma = shift * uniform / (1 + (shift - 1) * uniform)
    noise = torch.randn(x0.shape, generator=generator, device=x0.device)
    free = policy.free_mask(x0)
    x = torch.where(free, interpolate(x0, noise, sigma), x0)
    error = (policy.velocity(x, sigma, x0) - velocity_target(x0, noise)) ** 2
    return torch.where(free, error, 0.0).sum() / free.expand_as(error).sum()


def learning_rate(config: SFTConfig, step: int) -> float:
    """Linear warm-up, then a cosine down to `final_lr` of the peak."""
    rise = min(1.0, (step + 1) / max(config.warmup, 1))
    fall = 0.5 * (1 + math.cos(math.pi * min(1.0, step / config.num_steps)))
    return config.lr * rise * (config.final_lr + (1 - config.final_lr) * fall)


class SFT:
    """One step of SFT over all tasks: a batch of each, gradients added, one optimizer step.

    pool: folder where problems are kept for a resumed run; None to keep none.
    """

    def __init__(
        self, config: SFTConfig, policy: Policy, state: TrainState, pool: Path | None = None
    ) -> None:
        self.config, self.policy, self.state = config, policy, state
        self.sums: dict[str, Tensor] = {}
        self.logged, self.clock = state.step, time.monotonic()
        num_workers = workers_of(config)
        self.workers = start_workers(num_workers)
        self.pools = {
            task.world: OracleVideos(
                task,
                seed=config.seed,
                start=config.pool_start,
                grow=config.pool_grow,
                size=config.pool_size,
                workers=self.workers,
                num_workers=num_workers,
                device=policy.device,
                cache=PoolCache(pool, task) if pool else None,
            )
            for task in config.tasks
        }

    def __call__(self, step: int) -> Metrics:
        config = self.config
        for world, pool in self.pools.items():
            generator = generator_on(self.policy.device, seeding.seed_of("sft", config.seed, world, step))
            loss = regression_loss(
                self.policy, pool.batch(step, config.batch), generator, config.sampling.shift
            )
            (loss / len(self.pools)).backward()  # type: ignore[no-untyped-call]
            self.sums[f"loss/{world}"] = self._sum(f"loss/{world}") + loss.detach()
        self._update(step)
        # The device works on while this process prepares the next step: it is waited for only here.
        told = (step + 1) % config.log_every == 0 or step + 1 == config.num_steps
        return self._figures(step) if told else {}

    def _update(self, step: int) -> None:
        self.state.optimizer.set_lr(learning_rate(self.config, step))
        norm = torch.nn.utils.clip_grad_norm_(self.policy.module.parameters(), self.config.grad_clip)
        self.sums["grad_norm"] = self._sum("grad_norm") + norm
        self.state.optimizer.step()

    def _sum(self, name: str) -> Tensor:
        return self.sums.get(name, torch.zeros((), device=self.policy.device))

    def _figures(self, step: int) -> Metrics:
        """Means since the last line."""
        steps = step + 1 - self.logged
        line: Metrics = {
            name: value / steps
            for name, value in zip(self.sums, torch.stack(list(self.sums.values())).tolist(), strict=True)
        }
        loss = sum(line[f"loss/{world}"] for world in self.pools) / len(self.pools)
        lr = learning_rate(self.config, step)
        if not math.isfinite(loss):
            raise FloatingPointError(f"the loss before step {step} is {loss}: lower lr (it was {lr:g})")
        now = time.monotonic()
        rate = steps * self.config.batch * len(self.pools) / (now - self.clock)
        self.sums, self.logged, self.clock = {}, step + 1, now
        return {"loss": loss, **line, "lr": lr, "samples_per_s": rate}

    def close(self) -> None:
        if self.workers:
            self.workers.shutdown(cancel_futures=True)
        for pool in self.pools.values():
            pool.keep()


def run(config: SFTConfig, out: Path) -> Path:
    """Train, or continue training, in the run folder `out`; returns the folder of the averaged policy.

    Raises:
        ValueError: If `out` holds another run, or `config.init` no policy.
        Interrupted: If stopped; the same call continues.
    """
    device = device_of(config.device)
    if config.init is not None:
        return train(config, load_policy(Path(config.init), device=device), out)
    assert config.model is not None
    return train(config, new_policy(config.model, seed=config.seed, device=device), out)


def train(config: SFTConfig, policy: Policy, out: Path) -> Path:
    """`run` for a policy at hand: of any class, whatever `config.model` and `config.init` say."""
    check_installed(config.tracker)
    folder = RunFolder(out)
    with folder.open(config):
        return folder.policy if folder.is_done else _train(config, policy, folder)


def _train(config: SFTConfig, policy: Policy, folder: RunFolder) -> Path:
    optimizer = make_optimizer(
        policy.module, config.optimizer, lr=config.lr, weight_decay=config.weight_decay
    )
    state = TrainState(policy.module, optimizer, ema=config.ema)
    state.load(folder.checkpoint)
    folder.rewind(state.step)
    assert state.average is not None
    averaged = policy.with_module(state.average)
    prepare(config, policy)
    prepare(config, averaged)
    stage = SFT(config, policy, state, folder.pool)
    with Judge(EXACT) as judge:
        validation = Validation(config, judge)
        try:
            run_steps(
                stage,
                state,
                folder,
                config,
                policy=averaged,
                validate=lambda: validation(averaged),
                label=f"SFT {folder.path.name}",
                shown=("loss", "val/success", "samples_per_s"),
            )
        finally:
            stage.close()
    shutil.rmtree(folder.pool, ignore_errors=True)  # a finished run is not resumed
    folder.finish({"steps": state.step, "parameters": num_parameters(policy.module)})
    return folder.policy
