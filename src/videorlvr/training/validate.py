"""Success on validation problems while training. Never the test split."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from videorlvr.judge.pool import Judge
from videorlvr.models.api import Policy
from videorlvr.players.policy import PolicyPlayer
from videorlvr.training.config import RunConfig, VideoConfig
from videorlvr.training.spectrum import spectrum_line
from videorlvr.training.task import Task
from videorlvr.training.track import Metrics
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem
from videorlvr.worlds.different import Part, different_boards

Validate = Callable[[Any], Metrics]
"""The policy of now -> its metrics `val/...`."""


def validation_of(config: RunConfig, judge: Judge) -> Validate:
    """The validation that a run asks for: in videos, or in moves."""
    if isinstance(config, VideoConfig):
        return Validation(config, judge)
    from videorlvr.training.language.config import TextConfig
    from videorlvr.training.language.validation import TextValidation

    assert isinstance(config, TextConfig)
    return TextValidation(config)


class Validation:
    """`num_val` validation problems a task, no board twice, played with the same noise each time."""

    def __init__(self, config: VideoConfig, judge: Judge) -> None:
        self.config, self.judge = config, judge
        self.problems: dict[str, list[Problem]] = {}

    def __call__(self, policy: Policy) -> Metrics:
        """Metrics `val/success/<world>` and their mean `val/success`."""
        player = PolicyPlayer(policy, self.config.sampling, batch_size=self.config.batch)
        line: Metrics = {}
        for task in self.config.tasks:
            world = world_of(task.world)
            problems = self._problems(task)
            verdicts = self.judge(problems, player(world, problems, 0))
            line[f"val/success/{task.world}"] = sum(v.success for v in verdicts) / len(verdicts)
        line["val/success"] = sum(line.values()) / len(line)
        if self.config.spectrum:
            line |= spectrum_line(policy, self.problems, batch=self.config.batch)
        return line

    def _problems(self, task: Task) -> list[Problem]:
        if task.world not in self.problems:
            part = Part(task.world, task.level, "val", self.config.num_val)
            listed = different_boards([part], "validation", workers=1)
            self.problems[task.world] = [task.shown(problem) for problem in listed]
        return self.problems[task.world]
