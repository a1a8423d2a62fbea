"""SPECS' learner."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from videorlvr.methods.text.specs.config import SpecsConfig
from videorlvr.methods.text.specs.math import broken, gain, generalization
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.load import load_policy
from videorlvr.training.language.preferences import Pair, PreferenceTrials
from videorlvr.training.language.trials import StartTrials, TextTrials, Tried
from videorlvr.training.language.validation import TextValidation
from videorlvr.training.learner import Bench
from videorlvr.training.track import Metrics
from videorlvr.worlds import world_of
from videorlvr.worlds.written.formats import is_well_formed
from videorlvr.worlds.written.passages import ANSWER, END, THINK
from videorlvr.worlds.written.traces import write_trace


class Specs(PreferenceTrials):
    """What it adds to preferring: pairs of a frozen policy's answers that differ in form alone; how far it carries."""

    config: SpecsConfig

    def __init__(self, config: SpecsConfig, policy: LanguagePolicy, bench: Bench) -> None:
        super().__init__(config, policy, bench)
        self.preference_weight = 0.0 if config.pairs == "chosen" else 1.0

    def make_trials(self) -> TextTrials:
        config = self.config
        if config.zero is None:
            return StartTrials(config, self.policy)
        zero = load_policy(Path(config.zero), device=self.policy.device)
        theirs = getattr(zero, "tokens", None)
        if theirs is None or theirs.tokenizer.get_vocab() != self.policy.tokens.tokenizer.get_vocab():
            raise ValueError(
                f"zero '{config.zero}' reads other tokens than the policy that learns: take one that was made from the "
                "same start"
            )
        return TextTrials(config, zero)

    def step(self, index: int) -> Metrics:
        self.formed: list[bool] = []
        line = super().step(index) | {"well_formed": float(np.mean(self.formed))}
        if self.config.beyond and index + 1 == self.config.num_steps:
            line |= self._carried()
        return line

    def pairs_of(self, tried: Tried) -> list[Pair]:
        """A pair of each group that has a right and well-formed answer, and, of `answers`, a wrong one."""
        out, decode = list[Pair](), self.policy.tokens.decode
        texts = [THINK + decode(ids) for ids in tried.written.ids]
        self.formed += [is_well_formed(text) for text in texts]
        for group in range(int(tried.group_ids.max()) + 1):
            places = np.flatnonzero(tried.group_ids == group).tolist()
            right = [p for p in places if tried.verdicts[p].success and is_well_formed(texts[p])]
            if right:
                said = texts[right[0]]
            elif self.config.solver:
                said = self._solvers(tried, places[0])
            else:
                continue
            rejected = self._rejected(tried, places, said, texts)
            if rejected is not None:
                encode = self.policy.tokens.encode
                out.append(Pair(tried.prompts[places[0]], encode(said.removeprefix(THINK)), rejected))
        return out

    def _rejected(self, tried: Tried, places: list[int], said: str, texts: list[str]) -> list[int] | None:
        if self.config.pairs == "answers":
            wrong = [place for place in places if not tried.verdicts[place].success]
            worst = min(wrong, key=lambda place: tried.rewards[place, -1], default=None)
            return None if worst is None else tried.written.ids[worst]
        address = tried.problems[places[0]].address
        return self.policy.tokens.encode(broken(said.removeprefix(THINK), self.config.seed, str(address)))

    def _solvers(self, tried: Tried, place: int) -> str:
        problem = tried.problems[place]
        trace = write_trace(world_of(tried.world), problem, self.config.trace)
        return f"{THINK}{trace}{ANSWER}{problem.solution}{END}"

    def _carried(self) -> Metrics:
        """Gains over the start where it trained and beyond, and their factor."""
        config, gains = self.config, dict[str, float]()
        for name, tasks in (("in", config.tasks), ("out", config.beyond)):
            validation = TextValidation(config.model_copy(update={"tasks": tasks}))
            success = float(validation(self.policy)["val/success"])
            with self.reference as start:
                before = float(validation(start)["val/success"])
            gains[name] = gain(success, before, 1 / config.num_val)
        factor = generalization(gains["in"], gains["out"])
        return {"gain/in": gains["in"], "gain/out": gains["out"], "gf": factor}
