"""A language policy as a player: problems in, answers out, in moves.

Law: the noise of an answer is a function of its problem's address and the sample's number alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.language.sampling import Written, write
from videorlvr.players.answers import Answer
from videorlvr.players.writing import Writing, letters_needed
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.written.passages import ANSWER, END, PLAN, THINK, answer_of, question

THOUGHT = 24
"""Tokens of thought that are allowed for each character of an answer, where the policy thinks."""


def prompts_of(
    policy: LanguagePolicy, world: World, problems: Sequence[Problem], mark: str
) -> list[list[int]]:
    """Each board, and the mark behind which the policy goes on."""
    begin, form = policy.tokens.begin, policy.form.board
    texts = [question(world, problem, form).text + mark for problem in problems]
    return [[*begin, *ids] for ids in policy.tokens.encode_many(texts)]


def room_for(policy: LanguagePolicy, world: World, level: str, writing: Writing) -> int:
    """Tokens that an answer may have."""
    if writing.max_tokens is not None:
        return writing.max_tokens
    letters = letters_needed(world.name, level)
    wanted = letters * THOUGHT if writing.think else letters
    return max(8, min(wanted, policy.form.context))


def named_uniform(problems: Sequence[Problem], samples: Sequence[int], room: int) -> Tensor:
    """Noise in [0, 1), [B, room], a row for each address and sample."""
    rows = [
        seeding.rng("writing", str(problem.address), sample).random(room)
        for problem, sample in zip(problems, samples, strict=True)
    ]
    return torch.from_numpy(np.stack(rows))


class LanguagePlayer:
    """(world, problems of one level, sample number) -> answers."""

    def __init__(self, policy: LanguagePolicy, writing: Writing, *, batch_size: int = 64) -> None:
        self.policy, self.writing, self.batch_size = policy, writing, batch_size

    @property
    def identity(self) -> dict[str, Any]:
        """What its answers depend on besides the weights."""
        return {
            "writing": self.writing.model_dump(),
            "board": self.policy.form.board,
            "device": self.policy.device.type,
            "dtype": str(self.policy.compute_dtype).removeprefix("torch."),
        }

    def __call__(self, world: World, problems: list[Problem], sample: int) -> list[Answer]:
        out: list[Answer] = []
        for start in range(0, len(problems), self.batch_size):
            part = problems[start : start + self.batch_size]
            room = room_for(self.policy, world, part[0].address.level, self.writing)
            uniform = named_uniform(part, [sample] * len(part), room)
            written = self.write(world, part, uniform)
            asked = prompts_of(self.policy, world, part, self.writing.mark)
            out += [
                self._answer(len(prompt), ids, stopped)
                for prompt, ids, stopped in zip(asked, written.ids, written.stopped, strict=True)
            ]
        return out

    def write(self, world: World, problems: Sequence[Problem], uniform_BN: Tensor) -> Written:
        """The tokens behind each board's mark."""
        prompts = prompts_of(self.policy, world, problems, self.writing.mark)
        longest = max(map(len, prompts)) + 1
        room = min(uniform_BN.shape[1], max(1, self.policy.form.context - longest))
        return write(
            self.policy,
            prompts,
            max_tokens=room,
            uniform_BN=uniform_BN[:, :room],
            temperature=self.writing.temperature,
        )

    def _answer(self, asked: int, ids: list[int], stopped: bool) -> Answer:
        text = self.writing.mark + self.policy.tokens.decode(ids)
        moves = answer_of(text)
        counts = {"tokens": len(ids), "cut": int(not stopped), "flops": self._flops(asked, len(ids))}
        return Answer(
            moves="" if moves is None else moves,
            text=text.removesuffix(END),
            counts={**counts, "first_visible": self._first_shown(ids), **self._chosen(ids, text)},
        )

    def _flops(self, asked: int, written: int) -> int:
        """With a cache each token is read once; a masked model reads all of them for each."""
        once = self.policy.flops(asked + written)
        return once * written if self.policy.is_masked else once

    def _first_shown(self, ids: list[int]) -> int:
        """Tokens up to and with the first that a reader is shown: of a plan or an answer, not of a thought."""
        if self.writing.mark in (ANSWER, PLAN):
            return 1
        return min(self.policy.tokens.upto(ids, ANSWER) + 1, len(ids))

    def _chosen(self, ids: list[int], text: str) -> dict[str, float]:
        """Where a policy chooses: whether it thought, and tokens from the answer's mark on: a thought that moves there
        makes them more."""
        if self.writing.think != "choose":
            return {}
        answer = len(ids) + 1 - self.policy.tokens.upto(ids, ANSWER) if ANSWER in text else 0
        return {"thought": float(text.startswith(THINK)), "answer_tokens": float(answer)}
