"""FLARE as a player, with what it is compared with.

Law: a board's answer depends on its own noise alone; no board has more calls than it may.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from videorlvr.base import seeding
from videorlvr.methods.text.flare.config import FlareConfig
from videorlvr.methods.text.flare.math import LEFT, LOST, expected_worth, worth
from videorlvr.methods.text.flare.search import Board, Moves, Want, Ways, attempts
from videorlvr.methods.text.flare.value import state_question
from videorlvr.models.language.policy import LanguagePolicy, padded
from videorlvr.models.language.sampling import log_probs_of, next_laws
from videorlvr.models.load import load_policy, weights_hash
from videorlvr.players.answers import Answer
from videorlvr.players.language import prompts_of
from videorlvr.players.writing import NUM_MEASURED, Writing
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Grid, Problem, World
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.outlook import Outlook
from videorlvr.worlds.written.passages import ANSWER

ROWS = 1024
"""Rows of a forward pass."""


@functools.lru_cache(maxsize=64)
def most_moves(world: str, level: str) -> int:
    """Moves that an answer may have: half as many again as the longest of the level's first train solutions."""
    kind = world_of(world)
    problems = [make_problem(kind, level, "train", index) for index in range(NUM_MEASURED)]
    return max(len(kind.game(p.grid).read_moves(p.solution)) for p in problems) * 3 // 2


class Flare:
    """(world, problems of one level, sample number) -> answers."""

    def __init__(
        self, config: FlareConfig, policy: LanguagePolicy, writing: Writing, batch_size: int
    ) -> None:
        if writing.think or policy.is_masked:
            raise ValueError("flare asks for one move at a time: take a run of text-sft without a trace")
        self.config, self.policy, self.batch_size = config, policy, batch_size
        self.value: LanguagePolicy | None = None
        if config.evaluator == "model" and config.value is not None:
            self.value = load_policy(Path(config.value), device=policy.device)
            policy.tokens.check_same(getattr(self.value, "tokens", None), f"value '{config.value}'")

    @property
    def identity(self) -> dict[str, Any]:
        """What its answers depend on besides the weights."""
        value = {} if self.config.value is None else {"value": weights_hash(Path(self.config.value))}
        return {"play": self.config.model_dump(), **value, "device": self.policy.device.type}

    def __call__(self, world: World, problems: list[Problem], sample: int) -> list[Answer]:
        out = list[Answer]()
        for start in range(0, len(problems), self.batch_size):
            out += self._searched(world, problems[start : start + self.batch_size], sample)
        return out

    def _searched(self, world: World, problems: Sequence[Problem], sample: int) -> list[Answer]:
        """All boards side by side: what they want to know is answered together."""
        most = most_moves(world.name, problems[0].address.level)
        boards = [Board(world.game(problem.grid), self.config, most) for problem in problems]
        outlooks = [Outlook(world, problem) for problem in problems]
        searches = [
            attempts(board, seeding.rng("flare", str(problem.address), sample))
            for board, problem in zip(boards, problems, strict=True)
        ]
        prompts = prompts_of(self.policy, world, problems, ANSWER)
        ends: list[tuple[Moves, Moves, int] | None] = [None] * len(problems)
        told: dict[int, Any] = dict.fromkeys(range(len(problems)))
        while told:
            wants = dict[int, Want]()
            for place, answer in told.items():
                try:
                    wants[place] = searches[place].send(answer)
                except StopIteration as end:
                    ends[place] = end.value
            told = self._proposed(boards, prompts, wants) | self._valued(
                boards, outlooks, problems, wants, sample
            )
        return [
            self._answer(board, outlook, end)
            for board, outlook, end in zip(boards, outlooks, ends, strict=True)
            if end is not None
        ]

    def _proposed(
        self, boards: list[Board], prompts: list[list[int]], wants: dict[int, Want]
    ) -> dict[int, Ways]:
        """Legal moves by the policy's probability of the text that they lead to."""
        places = [place for place, want in wants.items() if want.kind == "moves"]
        rows, owners = list[tuple[list[int], list[int]]](), list[tuple[int, str]]()
        for place in places:
            game, moves = boards[place].game, wants[place].moves
            for move in game.legal(boards[place].state(moves)):
                said = self.policy.tokens.encode(game.write_moves([*moves, move]))
                rows.append((prompts[place], said))
                owners.append((place, move))
        scores = self._log_probs(rows)
        out = dict[int, Ways]()
        for place in places:
            own = [number for number, (whose, _) in enumerate(owners) if whose == place]
            law = np.exp(scores[own] - scores[own].max())
            listed = [
                (owners[number][1], float(share)) for number, share in zip(own, law / law.sum(), strict=True)
            ]
            out[place] = sorted(listed, key=lambda way: -way[1])
        return out

    @torch.no_grad()
    def _log_probs(self, rows: Sequence[tuple[list[int], list[int]]]) -> np.ndarray[Any, Any]:
        """Log-probability of each text behind its prompt, [B]."""
        parts = list[np.ndarray[Any, Any]]()
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            ids = padded([[*prompt, *said] for prompt, said in part], self.policy.tokens.pad)
            logs = log_probs_of(self.policy, ids.to(self.policy.device)).double().cpu().numpy()
            parts.append(
                np.array(
                    [
                        logs[number, len(prompt) - 1 : len(prompt) - 1 + len(said)].sum()
                        for number, (prompt, said) in enumerate(part)
                    ]
                )
            )
        return np.concatenate(parts) if parts else np.zeros(0)

    def _valued(
        self,
        boards: list[Board],
        outlooks: list[Outlook],
        problems: Sequence[Problem],
        wants: dict[int, Want],
        sample: int,
    ) -> dict[int, float]:
        """What the evaluator says of states."""
        places = [place for place, want in wants.items() if want.kind == "worth"]
        states = {place: boards[place].state(wants[place].moves) for place in places}
        match self.config.evaluator:
            case "solver":
                discount = self.config.discount
                return {place: worth(outlooks[place].left(states[place]), discount) for place in places}
            case "random":
                return {
                    place: float(
                        seeding.rng(
                            "flare-chance", str(problems[place].address), sample, *wants[place].moves
                        ).random()
                    )
                    for place in places
                }
        return self._by_model(boards, problems, states)

    @torch.no_grad()
    def _by_model(
        self, boards: list[Board], problems: Sequence[Problem], states: dict[int, Any]
    ) -> dict[int, float]:
        assert self.value is not None
        tokens, listed = self.value.tokens, list(states)
        words = [*LEFT, LOST]
        codes = [tokens.encode(word)[0] for word in words]
        out = dict[int, float]()
        for start in range(0, len(listed), ROWS):
            part = listed[start : start + ROWS]
            texts = [
                state_question(Grid(problems[place].grid.ground, boards[place].game.figure(states[place])))
                for place in part
            ]
            laws = next_laws(self.value, [[*tokens.begin, *ids] for ids in tokens.encode_many(texts)])
            shares = laws[:, codes].exp().cpu().tolist()
            for place, law in zip(part, shares, strict=True):
                out[place] = expected_worth(dict(zip(words, law, strict=True)), self.config.discount)
        return out

    def _answer(self, board: Board, outlook: Outlook, end: tuple[Moves, Moves, int]) -> Answer:
        first, answer, count = end
        text = board.game.write_moves(answer)
        counts = {"calls": board.calls, "attempts": count, **diagnosis(outlook, first)}
        return Answer(moves=text, text=ANSWER + text, counts=counts)


def diagnosis(outlook: Outlook, moves: Moves) -> dict[str, float]:
    """Of a first attempt: trap_1, does its first move lose the board; before_error, moves before the first that
    loses it or brings the end no nearer; erred, is there such a move; recovered, is the board solved all the
    same; trapped, is it lost in the end."""
    game, state = outlook.game, outlook.game.start()
    left, wrong, lost_at = outlook.left(state), None, None
    for number, move in enumerate(moves):
        state = game.step(state, move)
        now = outlook.left(state)
        if wrong is None and (now is None or (left is not None and now >= left)):
            wrong = number
        if lost_at is None and now is None:
            lost_at = number
        left = now
    erred = wrong is not None
    return {
        "trap_1": float(lost_at == 0),
        "before_error": float(len(moves) if wrong is None else wrong),
        "erred": float(erred),
        "recovered": float(erred and game.solved(state)),
        "trapped": float(lost_at is not None),
    }
