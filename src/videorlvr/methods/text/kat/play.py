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
from videorlvr.worlds.written.passages import ANSWER, THINK


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

        def player(think: Any) -> LanguagePlayer:
            return LanguagePlayer(policy, writing.model_copy(update={"think": think}), batch_size=batch_size)

        self.own, self.on, self.off = player("choose"), player(True), player(False)
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
        return [self._counted(next(parts[does]), thought=does) for does in opens]

    def _opens(self, problem: Problem, sample: int) -> bool:
        if self.rate is None:
            return self.config.gate == "on"
        return bool(seeding.rng("auto-think", str(problem.address), sample).random() < self.rate)

    def _counted(self, answer: Answer, *, thought: bool) -> Answer:
        """With the gate's token counted, as where the policy writes it."""
        text = answer.text if thought else answer.text.removeprefix(ANSWER)
        before = (
            len(self.policy.tokens.encode(text.removeprefix(THINK).partition(ANSWER)[0])) if thought else 0
        )
        counts = dict(answer.counts)
        counts |= {
            "tokens": counts["tokens"] + 1,
            "thought": float(thought),
            "answer_tokens": counts["tokens"] - before + (not thought),
        }
        return Answer(moves=answer.moves, text=answer.text, counts=counts)
