"""The cold start's learner: votes of the policy that training begins with, and the likelihood of what won."""

from __future__ import annotations

import numpy as np

from videorlvr.methods.text.kat.config import KATStartConfig
from videorlvr.methods.text.kat.math import shortest, voted
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.players.language import prompts_of
from videorlvr.training.language.preferences import Pair, PreferenceTrials
from videorlvr.training.language.trials import StartTrials, TextTrials, Tried
from videorlvr.training.learner import Bench
from videorlvr.training.track import Metrics
from videorlvr.worlds import world_of
from videorlvr.worlds.written.passages import ANSWER, END, THINK
from videorlvr.worlds.written.traces import write_trace


class BothModes:
    """Answers of the start to the same boards in each mode: parts that think, then parts that do not."""

    def __init__(self, config: KATStartConfig, policy: LanguagePolicy) -> None:
        self.modes = [
            StartTrials(
                config.model_copy(update={"writing": config.writing.model_copy(update={"think": think})}),
                policy,
            )
            for think in (True, False)
        ]

    def collect(self, iteration: int) -> tuple[list[Tried], Metrics]:
        (on, line), (off, _) = (mode.collect(iteration) for mode in self.modes)
        return [*on, *off], line

    def close(self) -> None:
        for mode in self.modes:
            mode.close()


class KATStart(PreferenceTrials):
    """Imitation of the gate that the vote is for, and of the shortest right answer behind it."""

    config: KATStartConfig
    preference_weight = 0.0

    def __init__(self, config: KATStartConfig, policy: LanguagePolicy, bench: Bench) -> None:
        super().__init__(config, policy, bench)
        self.votes: list[bool] = []

    def make_trials(self) -> TextTrials | BothModes:
        return BothModes(self.config, self.policy)

    def step(self, index: int) -> Metrics:
        self.votes = []
        line = super().step(index)
        return line | {"voted_on": float(np.mean(self.votes)) if self.votes else 0.0}

    def pairs(self, tried: list[Tried]) -> list[Pair]:
        half = len(tried) // 2
        both = zip(tried[:half], tried[half:], strict=True)
        return [pair for on, off in both for pair in self._pairs(on, off)]

    def pairs_of(self, tried: Tried) -> list[Pair]:
        raise AssertionError("a vote needs both modes")

    def _pairs(self, on: Tried, off: Tried) -> list[Pair]:
        out, encode = list[Pair](), self.policy.tokens.encode
        for group in range(int(on.group_ids.max()) + 1):
            places = np.flatnonzero(on.group_ids == group).tolist()
            solved = [[part.verdicts[place].success for place in places] for part in (on, off)]
            problem, thinks = on.problems[places[0]], voted(*solved)
            part, right = (on, solved[0]) if thinks else (off, solved[1])
            best = shortest([len(part.written.ids[place]) for place in places], right)
            if best is not None:
                said = part.written.ids[places[best]]
            elif self.config.solver:
                trace = write_trace(world_of(on.world), problem, self.config.trace)
                said, thinks = encode(f"{trace}{ANSWER}{problem.solution}{END}"), True
            else:
                continue
            [prompt] = prompts_of(self.policy, world_of(on.world), [problem], "")
            mine, other = (THINK, ANSWER) if thinks else (ANSWER, THINK)
            out.append(Pair(prompt, [*encode(mine), *said], encode(other)))
            self.votes.append(thinks)
        return out
