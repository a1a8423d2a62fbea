"""Step-SRPO's learner."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from videorlvr.methods.text.kat.config import KATConfig
from videorlvr.methods.text.kat.math import answer_advantages, gate_advantages
from videorlvr.models.language.sampling import Written
from videorlvr.training.language.clipping import ClippedTrials
from videorlvr.training.language.trials import Floats, TextTrials, Tried
from videorlvr.training.track import Metrics
from videorlvr.worlds.api import Problem
from videorlvr.worlds.written.passages import THINK


class GatedTrials(TextTrials):
    """Two segments: the gate, which is the first token, and what follows it."""

    config: KATConfig

    def collect(self, iteration: int) -> tuple[list[Tried], Metrics]:
        tried, line = super().collect(iteration)
        solved = np.array([verdict.success for part in tried for verdict in part.verdicts])
        thinks = np.array([self._thinks(ids) for part in tried for ids in part.written.ids])
        line["thought"] = float(thinks.mean())
        for name, mode in (("success_on", thinks), ("success_off", ~thinks)):
            line[name] = float(solved[mode].mean()) if mode.any() else 0.0
        return tried, line

    def _thinks(self, ids: list[int]) -> bool:
        return self.policy.tokens.decode(ids[:1]) == THINK

    def _earned(self, problems: list[Problem], texts: list[str], outcome: Floats) -> Floats:
        return np.stack([outcome, outcome], 1)

    def _segments(self, written: Written) -> list[list[int]]:
        return [[0, *[1] * (len(ids) - 1)] for ids in written.ids]

    def _advantages(
        self, rewards_BS: Floats, group_ids: npt.NDArray[np.int64], texts: list[str]
    ) -> tuple[Floats, npt.NDArray[np.bool_]]:
        config, earned = self.config, rewards_BS[:, -1]
        thinks = np.array([text.startswith(THINK) for text in texts])
        of_gate = gate_advantages(
            earned,
            thinks,
            group_ids,
            bias=config.bias,
            gamma=config.gamma,
            least=config.least,
            max_advantage=config.max_advantage,
        )
        of_rest = answer_advantages(
            earned, thinks, group_ids, min_spread=config.min_spread, max_advantage=config.max_advantage
        )
        both = np.stack([of_gate, of_rest], 1)
        live = np.isin(group_ids, group_ids[both.any(axis=1)])
        return both, live


class StepSRPO(ClippedTrials):
    """What it adds to learning by trial: the two advantages."""

    config: KATConfig

    def make_trials(self) -> TextTrials:
        return GatedTrials(self.config, self.policy, format_weight=self.config.format_weight)
