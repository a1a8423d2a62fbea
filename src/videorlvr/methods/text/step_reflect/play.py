"""A policy goes on from an error that somebody made for it.

Law: the error and its place are a function of board and sample, the same for every policy; on a board on which none can
be made up for the answer is the plain player's.
"""

from __future__ import annotations

from typing import Any

from videorlvr.base import seeding
from videorlvr.methods.text.step_reflect.config import InjectedErrorConfig
from videorlvr.methods.text.step_reflect.math import injected
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.language.sampling import write
from videorlvr.players.answers import Answer
from videorlvr.players.language import named_uniform, prompts_of, room_for
from videorlvr.players.writing import Writing
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.written.guide import Guide
from videorlvr.worlds.written.passages import ANSWER, answer_of


class InjectedError:
    """(world, problems of one level, sample number) -> answers, what was begun for the policy among their moves."""

    def __init__(
        self, config: InjectedErrorConfig, policy: LanguagePolicy, writing: Writing, batch_size: int
    ) -> None:
        if writing.think or policy.is_masked:
            raise ValueError(
                "injected-error begins an answer that is written move by move: take a run without a trace"
            )
        self.config, self.policy, self.writing, self.batch_size = config, policy, writing, batch_size

    @property
    def identity(self) -> dict[str, Any]:
        return {
            "writing": self.writing.model_dump(),
            "play": self.config.model_dump(),
            "device": self.policy.device.type,
        }

    def __call__(self, world: World, problems: list[Problem], sample: int) -> list[Answer]:
        out = list[Answer]()
        for start in range(0, len(problems), self.batch_size):
            out += self._answers(world, problems[start : start + self.batch_size], sample)
        return out

    def _answers(self, world: World, problems: list[Problem], sample: int) -> list[Answer]:
        begun = [self._begun(world, problem, sample) for problem in problems]
        asked = prompts_of(self.policy, world, problems, ANSWER)
        prompts = [[*ids, *self.policy.tokens.encode(text)] for ids, text in zip(asked, begun, strict=True)]
        room = room_for(self.policy, world, problems[0].address.level, self.writing)
        room = min(room, max(1, self.policy.form.context - max(map(len, prompts)) - 1))
        written = write(
            self.policy,
            prompts,
            max_tokens=room,
            uniform_BN=named_uniform(problems, [sample] * len(problems), room),
            temperature=self.writing.temperature,
        )
        out = []
        for text, ids, stopped in zip(begun, written.ids, written.stopped, strict=True):
            said = text + self.policy.tokens.decode(ids)
            counts = {"tokens": len(ids), "cut": int(not stopped), "begun": len(text)}
            out.append(Answer(answer_of(ANSWER + said) or "", said, counts=counts))
        return out

    def _begun(self, world: World, problem: Problem, sample: int) -> str:
        guide = Guide(world, problem)
        rng = seeding.rng("injected-error", str(problem.address), sample)
        moves = injected(guide, guide.game.read_moves(problem.solution), rng)
        return "" if moves is None else guide.game.write_moves(moves)
