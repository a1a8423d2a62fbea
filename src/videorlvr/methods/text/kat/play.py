"""AutoThink as a player: the policy's own gate, or another's.

Law: with the gate always open, or shut, the answers are those of the policy that is asked to think, or not; a board's
chance depends on its address and the sample alone.
"""

from __future__ import annotations

from typing import Any

from videorlvr.base import seeding
from videorlvr.methods.text.kat.config import AutoThinkConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.players.answers import Answer
from videorlvr.players.language import LanguagePlayer
from videorlvr.players.writing import Writing
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.different import Part, different_boards
from videorlvr.worlds.written.passages import ANSWER


class Forced(LanguagePlayer):
    """A player whose gate is another's, counted as if it had written the gate's token itself."""

    def _chosen(self, ids: list[int], text: str) -> dict[str, float]:
        thinks = self.writing.think is True
        if thinks:
            answer = len(ids) + 1 - self.policy.tokens.upto(ids, ANSWER) if ANSWER in text else 0
        else:
            answer = len(ids) + 1
        return {"thought": float(thinks), "answer_tokens": float(answer), "tokens": float(len(ids) + 1)}


class AutoThink:
    """(world, problems of one level, sample number) -> answers."""

    def __init__(
        self, config: AutoThinkConfig, policy: LanguagePolicy, writing: Writing, batch_size: int
    ) -> None:
        if writing.think != "choose":
            raise ValueError(
                f"auto-think plays policies that choose whether they think, and this run's writing.think is "
                f"{writing.think}: take a run of kat, kat-start, or text-sft with direct"
            )
        self.config, self.policy = config, policy

        self.own = LanguagePlayer(policy, writing, batch_size=batch_size)
        self.on, self.off = (
            Forced(policy, writing.model_copy(update={"think": think}), batch_size=batch_size)
            for think in (True, False)
        )
        self.rate = self._rate() if config.gate == "random" else None

    @property
    def identity(self) -> dict[str, Any]:
        """What its answers depend on besides the weights."""
        found = {} if self.rate is None else {"found": {"rate": self.rate}}
        return self.own.identity | {"play": self.config.model_dump()} | found

    def _rate(self) -> float:
        """The share of validation boards that the policy's own gate is open for."""
        task = self.config.task
        part = Part(task.world, task.level, "val", self.config.problems)
        answers = self.own(world_of(task.world), different_boards([part], "auto-think", workers=1), 0)
        return sum(answer.counts["thought"] for answer in answers) / len(answers)

    def __call__(self, world: World, problems: list[Problem], sample: int) -> list[Answer]:
        if self.config.gate == "own":
            return self.own(world, problems, sample)
        opens = [self._opens(problem, sample) for problem in problems]
        parts = {}
        for open_gate, player in ((True, self.on), (False, self.off)):
            listed = [problem for problem, does in zip(problems, opens, strict=True) if does == open_gate]
            parts[open_gate] = iter(player(world, listed, sample) if listed else [])
        return [next(parts[does]) for does in opens]

    def _opens(self, problem: Problem, sample: int) -> bool:
        if self.rate is None:
            return self.config.gate == "always"
        return bool(seeding.rng("auto-think", str(problem.address), sample).random() < self.rate)
