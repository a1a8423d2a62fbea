"""The router as a player: a small model's steps, some of them written by a large one.

Law: at rate 0 the answers are the small model's, at rate 1 the large one's, as either gives them alone, up to a first
illegal move, behind which nothing is written. A board's answer depends on its own noise alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch

from videorlvr.base import seeding
from videorlvr.methods.text.glimp_router.config import GlimpRouterConfig
from videorlvr.methods.text.glimp_router.math import PASSES, auc, entropy, margin, threshold_for
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.language.sampling import drawn, next_laws
from videorlvr.models.load import load_policy, weights_hash
from videorlvr.players.answers import Answer
from videorlvr.players.language import named_uniform, prompts_of, room_for
from videorlvr.players.writing import Writing
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.different import Part, different_boards
from videorlvr.worlds.written.guide import Guide
from videorlvr.worlds.written.passages import ANSWER, answer_of


@dataclass
class Row:
    """An answer that is being written. state: None once a move was illegal. signals, wrong: one a step; wrong where the
    small model's step was judged."""

    guide: Guide
    prompt: list[int]
    noise: list[float]
    chance: Any
    state: Any
    ids: list[int] = field(default_factory=list)
    done: bool = False
    steps: int = 0
    large_steps: int = 0
    large_reach: int = 0
    large_tokens: int = 0
    thrown_away: int = 0
    signals: list[float] = field(default_factory=list)
    wrong: list[bool] = field(default_factory=list)

    @property
    def context(self) -> list[int]:
        return [*self.prompt, *self.ids]


@dataclass(frozen=True)
class Draft:
    """A step that a model would write: its tokens, the small model's mean entropy over them, is one of them wrong?"""

    ids: list[int]
    doubt: float
    wrong: bool


class GlimpRouter:
    """(world, problems of one level, sample number) -> answers."""

    def __init__(
        self, config: GlimpRouterConfig, policy: LanguagePolicy, writing: Writing, batch_size: int
    ) -> None:
        if writing.think or policy.is_masked:
            raise ValueError(
                "glimp-router routes answers that are written move by move: take a run of text-sft without a trace"
            )
        large = load_policy(Path(config.large), device=policy.device)
        policy.tokens.check_same(getattr(large, "tokens", None), f"large model '{config.large}'")
        self.config, self.writing, self.batch_size = config, writing, batch_size
        self.small, self.large = policy, large
        self.threshold, self.found = float("inf"), dict[str, float]()
        self._find_threshold()

    @property
    def identity(self) -> dict[str, Any]:
        """What its answers depend on besides the small model's weights."""
        return {
            "writing": self.writing.model_dump(),
            "play": self.config.model_dump(),
            "large": weights_hash(Path(self.config.large)),
            "found": self.found,
            "device": self.small.device.type,
        }

    def _find_threshold(self) -> None:
        """Have the small model play validation boards alone, to see what its signal knows; then find the threshold at
        which the wanted share is handed on, each time from the steps that the last one led to."""
        world = world_of(self.config.task.world)
        part = Part(world.name, self.config.task.level, "val", self.config.problems)
        problems = different_boards([part], "router", workers=1)
        rows = self._written(world, problems, 0, judged=True)
        signals = [value for row in rows for value in row.signals]
        wrong = [value for row in rows for value in row.wrong]
        self.found = {"wrong_steps": sum(wrong) / len(wrong), "steps": len(wrong)}
        if any(wrong) and not all(wrong):
            self.found["auc"] = auc(signals, wrong)
        for again in range(PASSES):
            self.threshold = threshold_for(signals, self.config.rate)
            if self.config.rate in (0, 1):
                return
            rows = self._written(world, problems, 0)
            signals = [value for row in rows for value in row.signals]
            if again == PASSES - 1:
                self.found["val_share"] = sum(row.large_steps for row in rows) / len(signals)
        self.found["threshold"] = self.threshold

    def __call__(self, world: World, problems: list[Problem], sample: int) -> list[Answer]:
        return [self._answer(row) for row in self._written(world, problems, sample)]

    def _written(
        self, world: World, problems: Sequence[Problem], sample: int, *, judged: bool = False
    ) -> list[Row]:
        out = list[Row]()
        for start in range(0, len(problems), self.batch_size):
            rows = self._begun(world, problems[start : start + self.batch_size], sample)
            while active := [row for row in rows if not row.done]:
                self._one_step(active, judged=judged)
            out += rows
        return out

    def _begun(self, world: World, problems: Sequence[Problem], sample: int) -> list[Row]:
        prompts = prompts_of(self.small, world, problems, ANSWER)
        room = room_for(self.small, world, problems[0].address.level, self.writing)
        longest = min(self.small.form.context, self.large.form.context) - max(map(len, prompts)) - 1
        room = min(room, max(1, longest))
        noise = named_uniform(problems, [sample] * len(problems), room).tolist()
        rows = []
        for problem, prompt, drawn_noise in zip(problems, prompts, noise, strict=True):
            guide = Guide(world, problem)
            chance = seeding.rng("glimp-router", str(problem.address), sample)
            rows.append(Row(guide, prompt, drawn_noise, chance, guide.game.start()))
        return rows

    def _one_step(self, rows: list[Row], *, judged: bool) -> None:
        """Ask the signal who writes the next step of each, and have it written."""
        drafted = judged or self.config.signal in ("mean-entropy", "oracle")
        first = next_laws(self.small, [row.context for row in rows])
        drafts = self._drafts(self.small, rows, judged=True) if drafted else [None] * len(rows)
        to_large, to_small = list[Row](), list[tuple[Row, Draft | None]]()
        for row, law, draft in zip(rows, first, drafts, strict=True):
            row.signals.append(self._signal(row, law, draft))
            if judged and draft is not None:
                row.wrong.append(draft.wrong)
            if row.signals[-1] > self.threshold:
                row.thrown_away += 0 if draft is None else len(draft.ids)
                to_large.append(row)
            else:
                to_small.append((row, draft))
        missing = [row for row, draft in to_small if draft is None]
        made = iter(self._drafts(self.small, missing))
        for row, draft in to_small:
            self._take(row, draft if draft is not None else next(made))
        for row, draft in zip(to_large, self._drafts(self.large, to_large), strict=True):
            self._take(row, draft)
            row.large_steps += 1
            row.large_tokens += len(draft.ids)
            row.large_reach = len(row.ids)

    def _signal(self, row: Row, law: torch.Tensor, draft: Draft | None) -> float:
        match self.config.signal:
            case "entropy":
                return entropy(law)
            case "margin":
                return margin(law)
            case "random":
                return float(row.chance.random())
            case "mean-entropy":
                assert draft is not None
                return draft.doubt
            case "oracle":  # among equals by chance, so that any share can be handed on
                assert draft is not None
                return float(draft.wrong) + float(row.chance.random())

    def _drafts(self, model: LanguagePolicy, rows: list[Row], *, judged: bool = False) -> list[Draft]:
        """The step that a model would write behind each row: to where the small model's next move is a choice. judged:
        by the solver, where somebody wants to know whether it is wrong."""
        ids: list[list[int]] = [[] for _ in rows]
        states, doubts = [row.state for row in rows], [list[float]() for _ in rows]
        wrong, active = [False] * len(rows), list(range(len(rows)))
        while active:
            contexts = [rows[place].context + ids[place] for place in active]
            small = next_laws(self.small, contexts)
            goes_on = [
                number
                for number, place in enumerate(active)
                if not ids[place] or not self._begins_step(rows[place], states[place], small[number])
            ]
            active = [active[number] for number in goes_on]
            if not active:
                break
            law = (
                small[goes_on]
                if model is self.small
                else next_laws(model, [contexts[number] for number in goes_on])
            )
            noise = torch.tensor(
                [rows[place].noise[len(rows[place].ids) + len(ids[place])] for place in active]
            )
            tokens, _ = drawn(law, noise, self.writing.temperature)
            ended = set[int]()
            for number, place, token in zip(goes_on, active, tokens.tolist(), strict=True):
                row = rows[place]
                ids[place].append(token)
                doubts[place].append(entropy(small[number]))
                wrong[place] |= judged and self._is_wrong(row, states[place], token)
                states[place] = self._moved(row, states[place], token)
                full = len(row.ids) + len(ids[place]) >= len(row.noise)
                if token == self.small.tokens.end or states[place] is None or full:
                    ended.add(place)
            active = [place for place in active if place not in ended]
        return [
            Draft(own, sum(doubt) / len(doubt), fault)
            for own, doubt, fault in zip(ids, doubts, wrong, strict=True)
        ]

    def _begins_step(self, row: Row, state: Any, law: torch.Tensor) -> bool:
        """Would the small model's next move decide something, or be none?"""
        move = self.small.tokens.decode([int(law.argmax())])
        return move not in row.guide.game.legal(state) or row.guide.game.is_choice(state, move)

    def _moved(self, row: Row, state: Any, token: int) -> Any:
        """The state after a token, None after an illegal move; the end moves nothing."""
        if token == self.small.tokens.end:
            return state
        for move in row.guide.game.read_moves(self.small.tokens.decode([token])):
            state = row.guide.after(state, move)
            if state is None:
                return None
        return state

    def _is_wrong(self, row: Row, state: Any, token: int) -> bool:
        """To end is wrong before the board is solved, and to go on behind that."""
        if token == self.small.tokens.end or row.guide.game.solved(state):
            return (token == self.small.tokens.end) != row.guide.game.solved(state)
        moves = row.guide.game.read_moves(self.small.tokens.decode([token]))
        return not moves or row.guide.is_wrong(state, moves[0])

    def _take(self, row: Row, draft: Draft) -> None:
        """The step is written; an illegal move ends the answer, for it is lost."""
        for token in draft.ids:
            row.state = self._moved(row, row.state, token)
        row.ids += draft.ids
        row.steps += 1
        over = row.state is None or row.ids[-1] == self.small.tokens.end
        row.done = over or len(row.ids) >= len(row.noise)

    def _answer(self, row: Row) -> Answer:
        text = self.small.tokens.decode(row.ids)
        read = len(row.prompt) + len(row.ids) + row.thrown_away
        flops = self.small.flops(read)
        if row.large_steps:
            flops += self.large.flops(len(row.prompt) + row.large_reach)
        counts = {
            "tokens": len(row.ids),
            "cut": int(row.ids[-1] != self.small.tokens.end and row.state is not None),
            "flops": flops,
            "steps": row.steps,
            "large_share": row.large_steps / row.steps,
            "large_tokens": row.large_tokens,
        }
        return Answer(moves=answer_of(ANSWER + text) or "", text=text, counts=counts)
