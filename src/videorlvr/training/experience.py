"""An iteration of learning by trial: groups of videos, judged, rewarded, compared within their groups.

Law: problems and noise are functions of (seed, iteration, world, place in the iteration), so a resumed run meets the
same, and an iteration's work can be dealt out by its places.

B batch, N all videos of an iteration.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
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
from videorlvr.players.rejection import Rejection
from videorlvr.players.rollouts import Rolling, Rollouts, begin
from videorlvr.training.advantages import group_advantages
from videorlvr.training.config import RolloutConfig
from videorlvr.training.device import generator_on, workers_of
from videorlvr.training.exchange import all_played, check_dealt
from videorlvr.training.problems import ProblemQueue
from videorlvr.training.ranks import ALONE, Ranks
from videorlvr.training.track import Metrics
from videorlvr.worlds.api import Problem, Verdict, Video


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
        return _world(self.rollouts)


def _one_ahead(begun: Iterator[Rolling]) -> Iterator[Rolling]:
    """Each item once the next one has been begun."""
    last = None
    for item in begun:
        if last is not None:
            yield last
        last = item
    if last is not None:
        yield last


def _world(rollouts: Rollouts) -> str:
    return rollouts.problems[0].address.world


class Trials:
    """Where a learner's iterations come from. Close it: it has processes that make problems."""

    def __init__(self, config: RolloutConfig, policy: Policy, judge: Judge, ranks: Ranks = ALONE) -> None:
        self.config, self.policy, self.judge, self.ranks = config, policy, judge, ranks
        check_dealt(config.problems * config.group // config.batch, config.batch, config.group, ranks)
        self.stop_at_fault = False  # of a causal policy's videos
        self.queue = ProblemQueue(config.tasks, config.problems, workers_of(config), seed=config.seed)

    def collect(self, iteration: int, steps: StochasticSteps | None) -> tuple[list[Judged], Metrics]:
        """All batches of an iteration. While the device samples one, the host draws the first frames of the next,
        and the judge's processes work on the last."""
        rolled: list[Rollouts] = []
        parts = []
        waited = time.monotonic()
        listed = {task.world: self.queue.take(task.world, iteration) for task in self.config.tasks}
        waited = time.monotonic() - waited
        for rolling in _one_ahead(self._begun(listed, iteration, steps)):
            rolled.append(rolling.finish())
            parts.append(self.judge.submit(rolled[-1].problems, rolled[-1].videos))
        began = time.monotonic()
        verdicts = [self.judge.collect(part) for part in parts]
        waited += time.monotonic() - began
        judged = [
            batch
            for world in dict.fromkeys(task.world for task in self.config.tasks)
            for batch in self._rewarded(
                world,
                self._everyones(
                    [pair for pair in zip(rolled, verdicts, strict=True) if _world(pair[0]) == world],
                    listed[world],
                ),
            )
        ]
        return judged, figures(judged, self.config) | {"waited_s": waited}

    def _begun(
        self, listed: dict[str, list[Problem]], iteration: int, steps: StochasticSteps | None
    ) -> Iterator[Rolling]:
        for world, problems in listed.items():
            for start in self._starts(len(problems))[self.ranks.rank :: self.ranks.size]:
                yield self._roll(problems, world, iteration, start, steps)

    def _starts(self, num_problems: int) -> range:
        """The first video of each of a world's batches."""
        return range(0, num_problems * self.config.group, self.config.batch)

    def _everyones(
        self, own: list[tuple[Rollouts, list[Verdict]]], problems: list[Problem]
    ) -> list[tuple[Rollouts, list[Verdict]]]:
        """The batches of a world, of all ranks, in the order of one process."""
        if self.ranks.size == 1:
            return own
        group, batch = self.config.group, self.config.batch
        asked = [
            [problems[number // group] for number in range(start, start + batch)]
            for start in self._starts(len(problems))
        ]
        return all_played(own, asked, self.ranks)

    def _roll(
        self, problems: list[Problem], world: str, iteration: int, start: int, steps: StochasticSteps | None
    ) -> Rolling:
        """The batch whose first video is number `start` of the world's; its noise is named by that video's place:
        its group, and its place there unless it is the first."""
        config = self.config
        group, place = divmod(start, config.group)
        seed = seeding.seed_of("rollout", config.seed, world, iteration, group, *([place] if place else []))
        ids = np.arange(start, start + config.batch) // config.group
        return begin(
            self.policy,
            [problems[number] for number in ids],
            group_ids=ids,
            sampling=config.sampling,
            steps=steps,
            generator=generator_on(self.policy.device, seed),
            judge=self.judge if self.stop_at_fault else None,
            reject=self._rejection(world, iteration, start),
        )

    def _rejection(self, world: str, iteration: int, start: int) -> Rejection | None:
        """What ends a batch's worst videos early, where the run is told to."""
        config = self.config
        if config.reject_at is None:
            return None
        chance = seeding.rng("rejection", config.seed, world, iteration, start)

        def score(problems: Sequence[Problem], videos: Video) -> npt.NDArray[np.float64]:
            if config.reject_by == "random":
                return chance.random(len(problems))
            return np.array(rewards(world, config.reward, self.judge(problems, videos)), dtype=np.float64)

        return Rejection(config.reject_at, config.reject_share, score)

    def _rewarded(self, world: str, pairs: list[tuple[Rollouts, list[Verdict]]]) -> list[Judged]:
        """A world's batches with advantages: a group may lie in several of them."""
        config = self.config
        earned = [np.array(rewards(world, config.reward, verdicts)) for _, verdicts in pairs]
        advantages, live = group_advantages(
            np.concatenate(earned),
            np.concatenate([batch.group_ids for batch, _ in pairs]),
            min_spread=config.min_spread,
            max_advantage=config.max_advantage,
        )
        cuts = np.cumsum([len(values) for values in earned])[:-1]
        on_device = torch.from_numpy(advantages).to(self.policy.device, torch.float32)
        return [
            Judged(*pair, values, advantage, alive)
            for pair, values, advantage, alive in zip(
                pairs,
                earned,
                on_device.tensor_split(torch.from_numpy(cuts)),
                np.split(live, cuts),
                strict=True,
            )
        ]

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
    videos = sum(len(batch.rollouts) for batch in judged)
    line["evaluations_a_video"] = (
        sum(len(batch.rollouts) * batch.rollouts.num_forwards for batch in judged) / videos
    )
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
