"""An iteration of learning by trial: groups of videos, judged, rewarded, compared within their groups.

Law: problems and noise are functions of (seed, iteration, world, place in the iteration), so a resumed run meets the
same, and an iteration's work can be dealt out by its places.

B batch, N all videos of an iteration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.flow.sampler import StochasticSteps
from videorlvr.judge.pool import Judge
from videorlvr.judge.reward import rewards
from videorlvr.models.api import Policy
from videorlvr.players.rollouts import Rollouts, collect
from videorlvr.training.advantages import group_advantages
from videorlvr.training.config import RolloutConfig
from videorlvr.training.device import generator_on, workers_of
from videorlvr.training.problems import ProblemQueue
from videorlvr.training.track import Metrics
from videorlvr.worlds.api import Verdict

METRICS = {
    "reward": "mean reward of the iteration's videos, mean over worlds",
    "reward/*": "mean reward of the world's videos",
    "reward_std/*": "standard deviation of rewards within a group, mean over the world's groups",
    "success": "share of the iteration's videos that solve their problem, mean over worlds",
    "success/*": "share of the world's videos that solve their problem",
    "component/*": "mean of a component of the world's verdicts",
    "groups": "groups of the iteration",
    "zero_variance_groups": "groups whose rewards are equal, so that they teach nothing",
}
"""What `Trials.collect` tells."""


@dataclass(frozen=True, eq=False)
class Judged:
    """A batch of rollouts and what it earned. advantages: float32 [B] on the policy's device, 0 in dead groups.
    live: bool [B], whether the video's group has a signal."""

    rollouts: Rollouts
    verdicts: list[Verdict]
    rewards: npt.NDArray[np.float64]
    advantages: Tensor
    live: npt.NDArray[np.bool_]

    @property
    def world(self) -> str:
        return self.rollouts.problems[0].address.world


class Trials:
    """Where a learner's iterations come from. Close it: it has processes that make problems."""

    def __init__(self, config: RolloutConfig, policy: Policy, judge: Judge) -> None:
        self.config, self.policy, self.judge = config, policy, judge
        levels = [(task.world, task.level) for task in config.tasks]
        self.queue = ProblemQueue(levels, config.problems, workers_of(config))

    def collect(self, iteration: int, steps: StochasticSteps | None) -> tuple[list[Judged], Metrics]:
        """All batches of an iteration; the judge's processes work while the next one is sampled."""
        config = self.config
        batches, parts = [], []
        per_batch = config.batch // config.group
        for task in config.tasks:
            problems = self.queue.take(task.world, iteration)
            for start in range(0, len(problems), per_batch):
                seed = seeding.seed_of("rollout", config.seed, task.world, iteration, start)
                batch = collect(
                    self.policy,
                    problems[start : start + per_batch],
                    group_size=config.group,
                    sampling=config.sampling,
                    steps=steps,
                    generator=generator_on(self.policy.device, seed),
                    first_group=start,
                )
                batches.append(batch)
                parts.append(self.judge.submit(batch.problems, batch.videos))
        judged = [
            self._rewarded(batch, self.judge.collect(part))
            for batch, part in zip(batches, parts, strict=True)
        ]
        return judged, figures(judged, config)

    def _rewarded(self, batch: Rollouts, verdicts: list[Verdict]) -> Judged:
        config, world = self.config, batch.problems[0].address.world
        earned = np.array(rewards(world, config.reward, verdicts))
        advantages, live = group_advantages(
            earned, batch.group_ids, min_spread=config.min_spread, max_advantage=config.max_advantage
        )
        on_device = torch.from_numpy(advantages).to(self.policy.device, torch.float32)
        return Judged(batch, verdicts, earned, on_device, live)

    def close(self) -> None:
        self.queue.close()


def figures(judged: list[Judged], config: RolloutConfig) -> Metrics:
    """Reward, success and every component of an iteration's videos, by world and over worlds."""
    line: Metrics = {}
    worlds = list(dict.fromkeys(batch.world for batch in judged))
    for world in worlds:
        line |= _world_figures(world, [batch for batch in judged if batch.world == world])
    line["reward"] = float(np.mean([line[f"reward/{world}"] for world in worlds]))
    line["success"] = float(np.mean([line[f"success/{world}"] for world in worlds]))
    num_live = sum(int(batch.live.sum()) for batch in judged)
    line["groups"] = config.problems * len(config.tasks)
    line["zero_variance_groups"] = line["groups"] - num_live // config.group
    return line


def _world_figures(world: str, judged: list[Judged]) -> Metrics:
    earned = np.concatenate([batch.rewards for batch in judged])
    verdicts = [verdict for batch in judged for verdict in batch.verdicts]
    ids = np.concatenate([batch.rollouts.group_ids for batch in judged])
    spreads = [earned[ids == group].std() for group in np.unique(ids)]
    line: Metrics = {
        f"reward/{world}": float(earned.mean()),
        f"reward_std/{world}": float(np.mean(spreads)),
        f"success/{world}": float(np.mean([v.success for v in verdicts])),
    }
    for name in sorted({name for v in verdicts for name in v.components}):
        line[f"component/{world}/{name}"] = float(np.mean([v.components.get(name, 0.0) for v in verdicts]))
    return line
