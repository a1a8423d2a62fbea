"""Early rejection as a player of policies that write.

Law: with one beam and one way on it is the plain player at its temperature, bit for bit. Which candidates there are is
the same whoever scores, until the first choice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import torch

from videorlvr.base import seeding
from videorlvr.methods.text.early_rejection.beams import Beam, extended, written_on
from videorlvr.methods.text.early_rejection.config import TextEarlyRejectionConfig
from videorlvr.methods.text.early_rejection.math import Floats, correlation, fitted, kept, read, score_of
from videorlvr.models.language.policy import LanguagePolicy, padded
from videorlvr.players.answers import Answer
from videorlvr.players.language import LanguagePlayer, prompts_of, room_for
from videorlvr.players.writing import Writing
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.different import Part, different_boards
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.guide import Guide
from videorlvr.worlds.written.passages import ANSWER, END, answer_of


@dataclass
class Pool:
    """A board with its beams. written: tokens, dropped ones among them."""

    problem: Problem
    beams: list[Beam]
    written: int = 0
    partial: list[float] = field(default_factory=list)
    whole: list[float] = field(default_factory=list)


class TextEarlyRejection:
    """(world, problems of one level, sample number) -> answers, the best beam of each."""

    def __init__(
        self, config: TextEarlyRejectionConfig, policy: LanguagePolicy, writing: Writing, batch_size: int
    ) -> None:
        if writing.think or policy.is_masked:
            raise ValueError(
                "text-early-rejection searches among answers that are written move by move: take a run without a trace"
            )
        self.config, self.policy, self.batch_size = config, policy, batch_size
        self.writing = writing.model_copy(update={"temperature": config.temperature})
        self.plain = LanguagePlayer(policy, self.writing, batch_size=batch_size)
        self.tau = config.step if config.tau is None else config.tau
        self.reading: Floats | None = None
        self.found: dict[str, float] = {}
        if config.beams * config.expand > 1:
            if config.score == "learned":
                self.reading = self._fitted()
            self.found = self._compared()

    @property
    def identity(self) -> dict[str, Any]:
        return {
            "writing": self.writing.model_dump(),
            "play": self.config.model_dump(),
            "found": self.found,
            "device": self.policy.device.type,
        }

    def __call__(self, world: World, problems: list[Problem], sample: int) -> list[Answer]:
        if self.config.beams * self.config.expand == 1:
            return self.plain(world, problems, sample)
        return [self._answer(pool) for pool in self._searched(world, problems, sample, tau=self.tau)]

    def _searched(
        self, world: World, problems: Sequence[Problem], sample: int, *, tau: int, compare: bool = False
    ) -> list[Pool]:
        """Each board's beams at the end. compare: all candidates are written whole, and what they score at `tau` and
        at the end of their step is kept, less what they scored before it."""
        at_once = max(1, self.batch_size // self.config.beams)
        out = list[Pool]()
        for start in range(0, len(problems), at_once):
            part = problems[start : start + at_once]
            room = room_for(self.policy, world, part[0].address.level, self.writing)
            pools = [
                Pool(problem, [Beam(guide := Guide(world, problem), prompt, guide.game.start())])
                for problem, prompt in zip(part, prompts_of(self.policy, world, part, ANSWER), strict=True)
            ]
            room = min(room, self.policy.form.context - max(len(p.beams[0].prompt) for p in pools) - 1)
            number = 0
            while left := [pool for pool in pools if self._goes_on(pool, room)]:
                self._round(left, sample, number, room, tau, compare)
                number += 1
            out += pools
        return out

    @staticmethod
    def _goes_on(pool: Pool, room: int) -> bool:
        return any(beam.open and len(beam.ids) < room for beam in pool.beams)

    def _round(self, pools: list[Pool], sample: int, number: int, room: int, tau: int, compare: bool) -> None:
        """One step of all beams: expand, write tau tokens, drop, write the rest, and rank by whole scores."""
        config = self.config
        candidates = [self._expanded(pool, sample, number) for pool in pools]
        partial = self._write(pools, candidates, tau, room)
        early = self._scores(partial, by=config.score)
        chosen = partial
        if not compare:
            chosen = [
                [beams[place] for place in kept(scores, config.beams)]
                for beams, scores in zip(partial, early, strict=True)
            ]
        whole = self._write(pools, chosen, config.step, room)
        by = "exact" if config.score == "random" else config.score
        last = self._scores(whole, by=by)
        for pool, beams, scores in zip(pools, whole, last, strict=True):
            pool.beams = [beams[place] for place in kept(scores, config.beams)]
        if compare:
            begun = self._scores(candidates, by=by)
            for pool, beams, start, before, after in zip(pools, whole, begun, early, last, strict=True):
                self._compare(pool, beams, start, before, after)

    def _compare(
        self, pool: Pool, beams: list[Beam], begun: list[float], early: list[float], last: list[float]
    ) -> None:
        """Keep what each candidate that took a step earned in it, early and in all; chance earns nothing before."""
        for beam, start, before, after in zip(beams, begun, early, last, strict=True):
            if len(beam.ids) > beam.begun:
                pool.partial.append(before if self.config.score == "random" else before - start)
                pool.whole.append(after - start)

    def _expanded(self, pool: Pool, sample: int, number: int) -> list[Beam]:
        """N M candidates: M from each open beam, in the first round all from the one; a closed beam is one of them."""
        config, out = self.config, list[Beam]()
        ways = config.expand if len(pool.beams) > 1 else config.expand * config.beams
        for beam in pool.beams:
            for _ in range(ways if beam.open else 1):
                name = (str(pool.problem.address), sample, number, len(out))
                out.append(replace(beam, begun=len(beam.ids), name=name))
        return out

    def _write(self, pools: list[Pool], groups: list[list[Beam]], upto: int, room: int) -> list[list[Beam]]:
        flat = [beam for group in groups for beam in group]
        done, took = written_on(self.policy, flat, upto=upto, room=room, temperature=self.config.temperature)
        out, place = list[list[Beam]](), 0
        for pool, group in zip(pools, groups, strict=True):
            end = place + len(group)
            out.append(done[place:end])
            pool.written += sum(took[place:end])
            place = end
        return out

    def _scores(self, groups: list[list[Beam]], *, by: str) -> list[list[float]]:
        """The score of each candidate."""
        match by:
            case "random":
                return [
                    [
                        float(seeding.rng("text-early-rejection-chance", *b.name, len(b.ids)).random())
                        for b in group
                    ]
                    for group in groups
                ]
            case "learned":
                assert self.reading is not None
                flat = [beam.context for group in groups for beam in group]
                scores = iter(read(self.reading, self._features(flat)).tolist())
                return [[next(scores) for _ in group] for group in groups]
        return [[score_of(b.guide, b.state, ended=b.ended) for b in group] for group in groups]

    @torch.no_grad()
    def _features(self, contexts: Sequence[Sequence[int]]) -> Floats:
        """The last hidden state behind each context, [n, d]."""
        parts = []
        for start in range(0, len(contexts), 1024):
            part = contexts[start : start + 1024]
            ids = padded(part, self.policy.tokens.pad).to(self.policy.device)
            last = torch.tensor([len(context) - 1 for context in part], device=ids.device)
            states = self.policy.states(ids)[-1][torch.arange(len(part), device=ids.device), last]
            parts.append(states.double().cpu().numpy())
        return np.concatenate(parts)

    def _fitted(self) -> Floats:
        """A reading of the states behind every beginning of sampled answers to train boards, to the exact score."""
        task, config = self.config.task, self.config
        world = world_of(task.world)
        problems = [make_problem(world, task.level, "train", index) for index in range(config.fit)]
        room = room_for(self.policy, world, task.level, self.writing)
        prompts = prompts_of(self.policy, world, problems, ANSWER)
        begun = []
        for problem, prompt in zip(problems, prompts, strict=True):
            guide = Guide(world, problem)
            name = (str(problem.address), 0, 0, 0)
            begun.append(Beam(guide, prompt, guide.game.start(), name=name))
        written, _ = written_on(self.policy, begun, upto=room, room=room, temperature=config.temperature)
        contexts, targets = list[list[int]](), list[float]()
        for start, whole in zip(begun, written, strict=True):
            beam = start
            for token in whole.ids:
                beam = extended(self.policy, beam, [token])
                contexts.append(beam.context)
                targets.append(score_of(beam.guide, beam.state, ended=beam.ended))
                if not beam.open:
                    break
        return fitted(self._features(contexts), np.array(targets))

    def _compared(self) -> dict[str, float]:
        """How early scores go with whole ones, on validation boards where nothing was dropped early."""
        world = world_of(self.config.task.world)
        part = Part(world.name, self.config.task.level, "val", self.config.problems)
        problems = different_boards([part], "early rejection", workers=1)
        pools = self._searched(world, problems, 0, tau=self.tau, compare=True)
        partial = [value for pool in pools for value in pool.partial]
        whole = [value for pool in pools for value in pool.whole]
        independent = (self.tau / self.config.step) ** 0.5
        return {"correlation": correlation(partial, whole), "independent": independent, "steps": len(whole)}

    def _answer(self, pool: Pool) -> Answer:
        best = pool.beams[0]
        text = self.policy.tokens.decode(best.ids)
        asked = len(best.prompt)
        counts = {
            "tokens": pool.written,
            "cut": int(not best.ended),
            "flops": self.policy.flops(asked) + self.policy.flops(pool.written, behind=asked),
        }
        return Answer(answer_of(ANSWER + text) or "", text.removesuffix(END), counts=counts)
