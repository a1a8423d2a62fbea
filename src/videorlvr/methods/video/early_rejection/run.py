"""Early rejection as a player: begin many, judge their data estimates at a step, go on with the best.

Law: start m of sample 0 begins from the noise of the plain player's sample m, and what an item becomes does not depend
on which others were dropped. With one video and nothing dropped it is the plain player, bit for bit.

P problems, M starts of each, K kept.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.flow.sampler import Step
from videorlvr.judge.door import judge_batch
from videorlvr.judge.reward import reward_of, rewards
from videorlvr.judge.tolerance import EXACT, Tolerance
from videorlvr.methods.video.early_rejection.config import EarlyRejectionConfig
from videorlvr.methods.video.early_rejection.math import Floats, best, spent
from videorlvr.models.api import Policy
from videorlvr.players.meter import Meter
from videorlvr.players.policy import PolicyPlayer, condition_of, named_noise, roll
from videorlvr.players.sampling import Sampling, evaluations_of
from videorlvr.worlds.api import Problem, Video, World


class EarlyRejection:
    """(world, problems of one shape, sample number) -> uint8 videos, the best of each problem's kept ones."""

    def __init__(
        self,
        config: EarlyRejectionConfig,
        policy: Policy,
        sampling: Sampling,
        batch_size: int,
        *,
        tolerance: Tolerance = EXACT,
    ) -> None:
        self.config, self.policy, self.sampling, self.tolerance = config, policy, sampling, tolerance
        self.plain = PolicyPlayer(policy, sampling, batch_size=batch_size)
        self.meter = Meter()
        costs = [evaluations_of(sampling, step) for step in range(sampling.steps)]
        self.starts = config.starts
        if config.at is None:
            self.keep, self.cost = config.starts, config.starts * sum(costs)
            return
        if config.at >= sampling.steps - 1:
            raise ValueError(
                f"at={config.at} of {sampling.steps} steps: nothing is left to save; expected at most "
                f"{sampling.steps - 2}"
            )
        self.keep, self.cost = config.keep, spent(config.starts, config.keep, costs, config.at)

    @property
    def identity(self) -> dict[str, Any]:
        """What its videos depend on besides the weights, and what one of its answers costs."""
        return {
            **self.plain.identity,
            "play": self.config.model_dump(),
            "network_evaluations": self.cost,
        }

    @torch.no_grad()
    def __call__(self, world: World, problems: list[Problem], sample_index: int) -> Video:
        if self.starts == 1:
            return self.plain(world, problems, sample_index)
        reward_of(world.name, self.config.reward)  # said before anything is computed
        at_once = max(1, self.plain.batch_size // self.starts)
        parts = [problems[start : start + at_once] for start in range(0, len(problems), at_once)]
        return np.concatenate([self._answers(part, sample_index) for part in parts])

    def _answers(self, problems: list[Problem], sample_index: int) -> Video:
        """The best kept video of each problem. Items lie problem by problem, M of each and later K."""
        begun = [problem for problem in problems for _ in range(self.starts)]
        condition = condition_of(self.policy, problems).repeat(self.starts)
        first = sample_index * self.starts
        noise = torch.stack(
            [named_noise(problems, first + start, condition.clean[:1]) for start in range(self.starts)], dim=1
        ).flatten(0, 1)
        x = roll(
            self.policy,
            condition,
            noise,
            self.sampling,
            steer=lambda step: self._kept(step, begun, sample_index),
            meter=self.meter,
        )
        videos: Video = self.policy.decode(x).cpu().numpy()
        kept = [problem for problem in problems for _ in range(self.keep)]
        scores = self._scores(kept, videos)
        places = np.arange(len(problems)) * self.keep + scores.reshape(-1, self.keep).argmax(axis=1)
        answers: Video = videos[places]
        return answers

    def _kept(self, step: Step, begun: list[Problem], sample_index: int) -> Tensor | None:
        """The items that go on after this step; None for all."""
        if step.index != self.config.at or self.keep == self.starts:
            return None
        if self.config.choose == "random":
            scores = self._by_chance(begun, sample_index)
        else:
            scores = self._scores(begun, self.policy.decode(step.x0).cpu().numpy())
        by_problem = scores.reshape(-1, self.starts)
        keep = [row * self.starts + np.sort(best(of, self.keep)) for row, of in enumerate(by_problem)]
        return torch.from_numpy(np.concatenate(keep)).to(step.x.device)

    def _scores(self, problems: list[Problem], videos: Video) -> Floats:
        """The reward of each video, a success above all others."""
        verdicts = judge_batch(problems, videos, self.tolerance)
        earned = np.array(rewards(problems[0].address.world, self.config.reward, verdicts))
        return earned + 1e3 * np.array([verdict.success for verdict in verdicts])

    def _by_chance(self, begun: list[Problem], sample_index: int) -> Floats:
        """Named by address and sample, so that batches may be cut anywhere."""
        rows = [
            seeding.rng("early-rejection", str(problem.address), sample_index).random(self.starts)
            for problem in begun[:: self.starts]
        ]
        return np.concatenate(rows)
