"""SDE-GRPO with Early-Step Focus: improve a policy against the judge.

An iteration samples groups of videos, has them judged, and takes `updates` optimizer steps on the window's
Gaussian steps. Noise, log-probability and gradient exist only in the window; the rest is the plain ODE.

Source: VideoRLVR, arXiv:2605.15458, Sections 4.2 and 4.3. Ours where the paper is silent or readers found
it wrong: the default step is `ddim-eta` (marginal-preserving where the window lies, `flow.sde`), the clip
range is a drift and not a number that depends on resolution, groups are keyed by problem, groups without
spread are skipped, and the given first frame is outside log-probability and KL.
"""

from __future__ import annotations

import copy
import time
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.flow.gaussian import Transition, clip_from_drift, kl_mean, log_prob_mean
from videorlvr.flow.sampler import StochasticSteps, replay_transition
from videorlvr.flow.schedule import window_steps
from videorlvr.judge.pool import Judge
from videorlvr.judge.reward import describe, rewards
from videorlvr.judge.tolerance import EXACT
from videorlvr.models.api import Policy
from videorlvr.models.load import load_policy
from videorlvr.players.rollouts import Chunk, collect, drift_square
from videorlvr.training.advantages import group_advantages
from videorlvr.training.config import GRPOConfig
from videorlvr.training.device import device_of, generator_on, prepare, workers_of
from videorlvr.training.folder import RunFolder
from videorlvr.training.loop import run_steps
from videorlvr.training.objectives import clipped_policy_loss
from videorlvr.training.optimizer import make_optimizer
from videorlvr.training.problems import ProblemQueue
from videorlvr.training.state import TrainState
from videorlvr.training.track import Metrics, check_installed
from videorlvr.training.validate import Validation
from videorlvr.worlds.api import Verdict

MAX_RATIO_GAP = 1e-6
"""The first update's ratios must be 1; more than this means that training does not replay the rollout."""


class GRPO:
    """One iteration of SDE-GRPO over all tasks.

    reference: the policy that RL began with, for the KL; None where `kl_weight` is 0.
    """

    def __init__(
        self,
        config: GRPOConfig,
        policy: Policy,
        state: TrainState,
        judge: Judge,
        reference: Policy | None = None,
    ) -> None:
        assert (reference is not None) == (config.kl_weight > 0)
        self.config, self.policy, self.state, self.judge = config, policy, state, judge
        self.reference = reference
        self.queue = ProblemQueue(
            [(task.world, task.level) for task in config.tasks], config.problems, workers_of(config)
        )
        self.grid = config.sampling.grid()

    def __call__(self, iteration: int) -> Metrics:
        began = time.monotonic()
        line: Metrics = {}
        chunks, verdicts = self._roll_out(iteration)
        rolled = time.monotonic()
        advantages = self._advantages(chunks, verdicts, line)
        self._optimise(chunks, advantages, line)
        return line | {
            "rollout_s": rolled - began,
            "update_s": time.monotonic() - rolled,
            "seconds": time.monotonic() - began,
        }

    def _steps(self, iteration: int) -> StochasticSteps:
        config = self.config
        rng = seeding.rng("window", config.seed, iteration)
        steps = window_steps(config.window, config.num_trained, config.sampling.num_steps, rng)
        return StochasticSteps(steps, config.sde, config.noise_scale)

    def _roll_out(self, iteration: int) -> tuple[list[Chunk], list[list[Verdict]]]:
        """All groups of an iteration; the judge's processes work while the next chunk is sampled."""
        config, steps = self.config, self._steps(iteration)
        chunks, parts = [], []
        per_chunk = config.batch // config.group
        for task in config.tasks:
            problems = self.queue.take(task.world, iteration)
            for start in range(0, len(problems), per_chunk):
                seed = seeding.seed_of("rollout", config.seed, task.world, iteration, start)
                chunk = collect(
                    self.policy,
                    problems[start : start + per_chunk],
                    group_size=config.group,
                    sampling=config.sampling,
                    steps=steps,
                    generator=generator_on(self.policy.device, seed),
                )
                chunks.append(chunk)
                parts.append(self.judge.submit(chunk.problems, chunk.videos))
        return chunks, [self.judge.collect(part) for part in parts]

    def _advantages(self, chunks: list[Chunk], verdicts: list[list[Verdict]], line: Metrics) -> list[Tensor]:
        """Advantages of each chunk [B]; reward figures go to `line`, by world."""
        config, out, dead = self.config, [], 0
        by_world: dict[str, list[Verdict]] = {}
        for chunk, judged in zip(chunks, verdicts, strict=True):
            world = chunk.problems[0].address.world
            by_world.setdefault(world, []).extend(judged)
            grouped = np.reshape(rewards(world, config.reward, judged), (-1, config.group))
            advantages, live = group_advantages(
                grouped, min_spread=config.min_spread, max_advantage=config.max_advantage
            )
            dead += int((~live).sum())
            out.append(torch.from_numpy(advantages.reshape(-1)).to(self.policy.device, torch.float32))
        for world, judged in by_world.items():
            line |= world_figures(world, judged, config)
        line["reward"] = float(np.mean([line[f"reward/{world}"] for world in by_world]))
        line["success"] = float(np.mean([line[f"success/{world}"] for world in by_world]))
        line["zero_variance_groups"] = dead
        line["groups"] = config.problems * len(config.tasks)
        return out

    def _optimise(self, chunks: list[Chunk], advantages: list[Tensor], line: Metrics) -> None:
        """`updates` optimizer steps, each on every `updates`-th chunk, `epochs` times over."""
        config, figures = self.config, []
        for epoch in range(config.epochs):
            for part in range(config.updates):
                chosen = [
                    (chunk, advantage)
                    for chunk, advantage in zip(
                        chunks[part :: config.updates], advantages[part :: config.updates], strict=True
                    )
                    if advantage.any()
                ]
                if not chosen:
                    continue
                gathered = [self._backward(chunk, advantage, len(chosen)) for chunk, advantage in chosen]
                figure = {key: sum(g[key] for g in gathered) / len(gathered) for key in gathered[0]}
                figure["ratio_gap"] = max(g["ratio_gap"] for g in gathered)
                if epoch == part == 0:
                    line["ratio_gap"] = figure["ratio_gap"]
                    self._check_ratio(figure["ratio_gap"])
                figure["grad_norm"] = self._update()
                figures.append(figure)
        for key in ("policy_loss", "kl", "clip_fraction", "drift", "grad_norm"):
            line[key] = float(np.mean([figure[key] for figure in figures])) if figures else 0.0

    def _backward(self, chunk: Chunk, advantage_B: Tensor, num_chunks: int) -> dict[str, float]:
        """Add a chunk's gradient, one window step at a time; returns its figures."""
        config, mask = self.config, self.policy.free_mask(chunk.clean)
        free = int(mask.expand_as(chunk.clean)[0].sum())
        clip = clip_from_drift(config.clip_drift, free)
        num_steps = len(chunk.steps.steps)
        rows = []
        for position, index in enumerate(chunk.steps.steps):
            law = replay_transition(
                lambda x, sigma: self.policy.velocity(x, sigma, chunk.clean),
                chunk.states[position],
                index=index,
                sigmas=self.grid,
                stochastic=chunk.steps,
                free_mask=mask,
                clean=chunk.clean,
            )
            log_prob = log_prob_mean(law, chunk.actions[position].float(), mask)
            drift = drift_square(chunk, position, law, mask)
            part = clipped_policy_loss(log_prob, chunk.log_probs[position], drift, advantage_B, clip=clip)
            kl = self._kl(chunk, position, index, law, mask)
            # Scaled by D, so that weights and gradients are those of the summed log-probability: a policy
            # gradient whose size does not depend on resolution, and a KL weight in nats.
            loss = free * (part.loss + config.kl_weight * kl)
            (loss / (num_steps * num_chunks)).backward()  # type: ignore[no-untyped-call]
            gap = (part.ratio_B - 1).abs().max()
            rows.append(torch.stack([part.loss.detach(), kl.detach(), part.clip_fraction, drift.mean(), gap]))
        loss_, kl_, clipped, drifted, _ = torch.stack(rows).mean(0).tolist()
        return {
            "policy_loss": loss_,
            "kl": kl_,
            "clip_fraction": clipped,
            "drift": drifted,
            "ratio_gap": float(torch.stack(rows)[:, 4].max()),
        }

    def _kl(self, chunk: Chunk, position: int, index: int, law: Transition, mask: Tensor) -> Tensor:
        """KL_mean(policy || reference) of one step, a scalar; 0 where it has no weight."""
        if self.reference is None:
            return torch.zeros((), device=mask.device)
        reference = self.reference
        with torch.no_grad():
            other = replay_transition(
                lambda x, sigma: reference.velocity(x, sigma, chunk.clean),
                chunk.states[position],
                index=index,
                sigmas=self.grid,
                stochastic=chunk.steps,
                free_mask=mask,
                clean=chunk.clean,
            )
        return kl_mean(law, other, mask).mean()

    def _check_ratio(self, gap: float) -> None:
        if not gap <= MAX_RATIO_GAP:  # a ratio that is no number is no 1 either
            raise RuntimeError(
                f"ratios of the first update differ from 1 by {gap:.2e}: training does not replay what the rollout "
                "did (another batch size, dtype or graph), so its gradient is wrong"
            )

    def _update(self) -> float:
        config, optimizer = self.config, self.state.optimizer
        optimizer.set_lr(config.lr * min(1.0, (self.state.step + 1) / max(config.warmup, 1)))
        norm = torch.nn.utils.clip_grad_norm_(self.policy.module.parameters(), config.grad_clip)
        optimizer.step()
        return float(norm)


def world_figures(world: str, verdicts: list[Verdict], config: GRPOConfig) -> Metrics:
    """Reward, success and every component of a world's rollouts."""
    earned = np.array(rewards(world, config.reward, verdicts))
    line: Metrics = {
        f"reward/{world}": float(earned.mean()),
        f"reward_std/{world}": float(earned.reshape(-1, config.group).std(axis=1).mean()),
        f"success/{world}": float(np.mean([v.success for v in verdicts])),
    }
    for name in sorted({name for v in verdicts for name in v.components}):
        line[f"component/{world}/{name}"] = float(np.mean([v.components.get(name, 0.0) for v in verdicts]))
    return line


def frozen(policy: Policy) -> Policy:
    """The policy as it is now; later steps do not change it."""
    return policy.with_module(copy.deepcopy(policy.module).requires_grad_(False))


def run(config: GRPOConfig, out: Path) -> Path:
    """Improve the policy of `config.init` in the run folder `out`; returns the folder of the new policy.

    Raises:
        ValueError: If `out` holds another run or `init` holds no policy.
        Interrupted: If stopped; the same call continues.
    """
    return train(config, load_policy(Path(config.init), device=device_of(config.device)), out)


def train(config: GRPOConfig, policy: Policy, out: Path) -> Path:
    """`run` for a policy at hand: of any class, whatever `config.init` says."""
    check_installed(config.tracker)
    folder = RunFolder(out)
    with folder.open(config, {"reward": describe([task.world for task in config.tasks], config.reward)}):
        return folder.policy if folder.is_done else _train(config, policy, folder)


def _train(config: GRPOConfig, policy: Policy, folder: RunFolder) -> Path:
    optimizer = make_optimizer(
        policy.module, config.optimizer, lr=config.lr, weight_decay=config.weight_decay
    )
    state = TrainState(policy.module, optimizer, ema=None)
    # Before the state is resumed: the reference is always the policy that RL began with.
    reference = frozen(policy) if config.kl_weight > 0 else None
    state.load(folder.checkpoint)
    folder.rewind(state.step)
    prepare(config, policy)
    if reference is not None:
        prepare(config, reference)
    with Judge(EXACT, workers_of(config) if policy.device.type == "cuda" else 0) as judge:
        validation = Validation(config, judge)
        stage = GRPO(config, policy, state, judge, reference)
        try:
            run_steps(
                stage,
                state,
                folder,
                config,
                policy=policy,
                validate=lambda: validation(policy),
                label=f"RL {folder.path.name}",
                shown=("reward", "success", "val/success", "seconds"),
            )
        finally:
            stage.queue.close()
    folder.finish({"steps": state.step})
    return folder.policy


__all__ = ["GRPO", "frozen", "run", "train", "world_figures"]
