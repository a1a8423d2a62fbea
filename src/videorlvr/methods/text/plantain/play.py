"""Plans, or answers, that a judge rejects are thrown away and written anew.

Law: with nobody to reject, the answers are the plain player's at the same temperature. What is written for a board
depends on its own noise alone, a row of it for each try.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.methods.text.plantain.config import RewindConfig
from videorlvr.methods.text.plantain.math import accepts_answer, accepts_plan
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.language.sampling import write
from videorlvr.players.answers import Answer
from videorlvr.players.language import named_uniform, prompts_of, room_for
from videorlvr.players.writing import Writing
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.written.passages import ANSWER, END, PLAN, THINK, answer_of


@dataclass
class Try:
    """A board, what was written for it and thrown away. ids: what stands, behind the prompt."""

    problem: Problem
    prompt: list[int]
    sample: int
    ids: list[int] = field(default_factory=list)
    thrown: int = 0
    thrown_tokens: int = 0
    stopped: bool = False


class Rewind:
    """(world, problems of one level, sample number) -> answers."""

    def __init__(
        self, config: RewindConfig, policy: LanguagePolicy, writing: Writing, batch_size: int
    ) -> None:
        if config.what == "plan" and writing.think != "plan":
            raise ValueError("this run writes no plans: train one with plantain, or take what=answer")
        warm = writing.temperature if config.temperature is None else config.temperature
        if warm == 0 and config.judge != "none" and config.rewinds:
            raise ValueError(
                "at temperature 0 what is written anew is what was thrown away: take temperature 0.6, say"
            )
        self.config, self.policy, self.batch_size = config, policy, batch_size
        self.writing = writing.model_copy(update={"temperature": warm})
        self.stops = [policy.tokens.encode(mark)[0] for mark in (THINK, ANSWER)]

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
        prompts = prompts_of(self.policy, world, problems, self.writing.mark)
        tries = [Try(problem, prompt, sample) for problem, prompt in zip(problems, prompts, strict=True)]
        room = room_for(self.policy, world, problems[0].address.level, self.writing)
        room = min(room, max(1, self.policy.form.context - max(map(len, prompts)) - 1))
        if self.config.what == "plan":
            self._until(tries, room, self.stops, lambda one: self._plan_stands(world, one))
            open_ended = [one for one in tries if one.ids[-1] in self.stops]
            self._go_on(open_ended, room, ())
        else:
            self._until(tries, room, (), lambda one: self._answer_stands(world, one))
        return [self._answer(one) for one in tries]

    def _until(self, tries: Sequence[Try], room: int, stops: Sequence[int], stands: Any) -> None:
        """Write all, and those anew that do not stand and still may be."""
        left = list(tries)
        while left:
            self._go_on(left, room, stops)
            left = [one for one in left if not stands(one) and self._may_throw(one)]
            for one in left:
                one.thrown, one.thrown_tokens = one.thrown + 1, one.thrown_tokens + len(one.ids)
                one.ids = []

    def _may_throw(self, one: Try) -> bool:
        """What is written anew is about as long as what was, and has to fit, too."""
        if one.thrown >= self.config.rewinds:
            return False
        return self.config.tokens is None or one.thrown_tokens + 2 * len(one.ids) <= self.config.tokens

    def _go_on(self, tries: Sequence[Try], room: int, stops: Sequence[int]) -> None:
        if not tries:
            return
        written = write(
            self.policy,
            [[*one.prompt, *one.ids] for one in tries],
            max_tokens=room - min(len(one.ids) for one in tries),
            uniform_BN=self._noise(tries, room),
            temperature=self.writing.temperature,
            stops=stops,
        )
        for one, ids, stopped in zip(tries, written.ids, written.stopped, strict=True):
            fit = ids[: room - len(one.ids)]
            one.ids = one.ids + fit
            one.stopped = stopped and len(fit) == len(ids)

    def _noise(self, tries: Sequence[Try], room: int) -> Tensor:
        """Of each row from the place on where it goes on; filled up where it is never read."""
        rows = []
        for one in tries:
            if one.thrown == 0:
                noise = named_uniform([one.problem], [one.sample], room)[0]
            else:
                rng = seeding.rng("plantain-rewind", str(one.problem.address), one.sample, one.thrown)
                noise = torch.from_numpy(rng.random(room))
            rows.append(torch.cat([noise[len(one.ids) :], noise.new_full((len(one.ids),), 0.5)]))
        return torch.stack(rows)

    def _plan_stands(self, world: World, one: Try) -> bool:
        text = self.policy.tokens.decode(one.ids)
        plan = text.removesuffix(THINK).removesuffix(ANSWER)
        return accepts_plan(self.config.judge, world, one.problem, plan)

    def _answer_stands(self, world: World, one: Try) -> bool:
        text = self.writing.mark + self.policy.tokens.decode(one.ids)
        moves = answer_of(text) if one.stopped else None
        return accepts_answer(self.config.judge, world, one.problem, moves)

    def _answer(self, one: Try) -> Answer:
        text = self.writing.mark + self.policy.tokens.decode(one.ids)
        tokens = len(one.ids) + one.thrown_tokens
        # A prompt is read once: what is thrown away leaves it in the cache.
        flops = self.policy.flops(len(one.prompt) + tokens)
        counts = {
            "tokens": tokens,
            "cut": int(not one.stopped),
            "flops": flops,
            "first_visible": self._first_shown(one),
            "thrown_away": one.thrown,
        }
        return Answer(answer_of(text) or "", text.removesuffix(END), counts=counts)

    def _first_shown(self, one: Try) -> int:
        """A plan that nobody judges is shown as it is written, a judged one when it stands; an answer that may be
        thrown away is shown when it is whole."""
        judged = self.config.judge != "none"
        if self.config.what == "answer" and judged:
            return one.thrown_tokens + len(one.ids)
        upto = self.policy.tokens.upto
        if self.writing.mark != PLAN:
            return 1 if self.writing.mark == ANSWER else min(upto(one.ids, ANSWER) + 1, len(one.ids))
        return one.thrown_tokens + min(upto(one.ids, mark) for mark in (THINK, ANSWER)) if judged else 1
