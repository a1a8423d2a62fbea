"""Success of a language policy on validation problems while training. Never the test split."""

from __future__ import annotations

from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.players.language import LanguagePlayer
from videorlvr.training.language.config import TextConfig
from videorlvr.training.language.spectrum import text_states
from videorlvr.training.spectrum import shape_line
from videorlvr.training.track import Metrics
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem
from videorlvr.worlds.different import Part, different_boards


class TextValidation:
    """`num_val` validation problems a task, no board twice, answered with the same noise each time."""

    def __init__(self, config: TextConfig) -> None:
        self.config = config
        self.problems: dict[str, list[Problem]] = {}

    def __call__(self, policy: LanguagePolicy) -> Metrics:
        """Metrics `val/success/<world>` and their mean `val/success`."""
        player = LanguagePlayer(policy, self.config.writing, batch_size=max(64, self.config.batch))
        line: Metrics = {}
        for task in self.config.tasks:
            world, problems = world_of(task.world), self._problems(task.world, task.level)
            answers = player(world, problems, 0)
            solved = [
                judge(world, problem, answer.moves, EXACT).success
                for problem, answer in zip(problems, answers, strict=True)
            ]
            line[f"val/success/{task.world}"] = sum(solved) / len(solved)
        line["val/success"] = sum(line.values()) / len(line)
        if self.config.spectrum:
            for name, problems in self.problems.items():
                line |= shape_line(name, text_states(policy, problems, batch=self.config.batch)[-1])
        return line

    def _problems(self, world: str, level: str) -> list[Problem]:
        if world not in self.problems:
            part = Part(world, level, "val", self.config.num_val)
            self.problems[world] = different_boards([part], "validation", workers=1)
        return self.problems[world]
