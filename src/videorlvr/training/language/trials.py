"""An iteration of learning by trial in words: groups of answers, judged, rewarded segment by segment.

Law: problems and noise are functions of (seed, iteration, world, place), so a resumed run meets the same. Rewards are
[P, G, S]: problems, answers of a group, segments of an answer (what is thought, what is answered).

B = P * G answers, N tokens.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.judge.door import judge
from videorlvr.judge.reward import rewards
from videorlvr.judge.tolerance import EXACT
from videorlvr.models.language.policy import LanguagePolicy, padded
from videorlvr.models.language.sampling import Written
from videorlvr.players.language import LanguagePlayer, prompts_of, room_for
from videorlvr.training.advantages import group_advantages
from videorlvr.training.device import workers_of
from videorlvr.training.language.config import TrialsConfig
from videorlvr.training.problems import ProblemQueue
from videorlvr.training.track import Metrics
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Verdict
from videorlvr.worlds.written.formats import is_well_formed
from videorlvr.worlds.written.passages import ANSWER, END, THINK, answer_of
from videorlvr.worlds.written.traces import false_facts, read_facts

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Tried:
    """The answers of an iteration to problems of one world. moves: None where an answer has none. rewards,
    advantages: [B, S]. segments: of each token the number of its segment, [B][n]. live: bool [B], does its group
    have a signal?"""

    problems: list[Problem]
    group_ids: npt.NDArray[np.int64]
    prompts: list[list[int]]
    written: Written
    moves: list[str | None]
    verdicts: list[Verdict]
    segments: list[list[int]]
    rewards: Floats
    advantages: Floats
    live: npt.NDArray[np.bool_]

    @property
    def world(self) -> str:
        return self.problems[0].address.world


class TextTrials:
    """Where a learner's iterations come from. Close it: it has processes that make problems."""

    def __init__(
        self,
        config: TrialsConfig,
        policy: LanguagePolicy,
        *,
        truth_weight: float = 0.0,
        format_weight: float = 0.0,
    ) -> None:
        if policy.is_masked:
            raise ValueError(
                "a masked model gives no probability of an answer to learn from: take a llama or gpt2 policy"
            )
        self.config, self.policy = config, policy
        self.truth_weight, self.format_weight = truth_weight, format_weight
        self.player = LanguagePlayer(policy, config.writing)
        self.queue = ProblemQueue(config.tasks, config.problems, workers_of(config), seed=config.seed)

    def collect(self, iteration: int) -> tuple[list[Tried], Metrics]:
        """The answers of an iteration, a part a world, and what is told of them."""
        tried = [self._try(task.world, task.level, iteration) for task in self.config.tasks]
        line: Metrics = {}
        for part in tried:
            line |= self._told(part)
        for name in ("reward", "success", "answer_tokens"):
            line[name] = float(np.mean([line[f"{name}/{part.world}"] for part in tried]))
        line["groups"] = len(tried) * self.config.problems
        line["zero_variance_groups"] = sum(int((~part.live).sum()) for part in tried) // self.config.group
        return tried, line

    def _try(self, name: str, level: str, iteration: int) -> Tried:
        config, world = self.config, world_of(name)
        listed = self.queue.take(name, iteration)
        problems = [problem for problem in listed for _ in range(config.group)]
        group_ids = np.repeat(np.arange(len(listed)), config.group)
        room = room_for(self.policy, world, level, config.writing)
        uniform = seeding.rng("text-trials", config.seed, name, iteration).random((len(problems), room))
        written = self._write(name, problems, torch.from_numpy(uniform))
        mark = config.writing.mark
        texts = [mark + self.policy.tokens.decode(ids) for ids in written.ids]
        moves = [answer_of(text) for text in texts]
        verdicts = [judge(world, p, said or "", EXACT) for p, said in zip(problems, moves, strict=True)]
        outcome = np.asarray(rewards(name, config.reward, verdicts), np.float64)
        if self.format_weight:
            outcome = outcome + self.format_weight * np.array([float(is_well_formed(text)) for text in texts])
        earned = self._earned(problems, texts, outcome)
        advantages, live = self._advantages(earned, group_ids, texts)
        return Tried(
            problems,
            group_ids,
            prompts_of(self.policy, world, problems, mark),
            written,
            moves,
            verdicts,
            self._segments(written),
            earned,
            advantages,
            live,
        )

    def _earned(self, problems: list[Problem], texts: list[str], outcome: Floats) -> Floats:
        """The reward of each segment, [B, S], from that of the answer, [B]."""
        if not self.config.writing.think:
            return outcome[:, None]
        truth = np.array([truth_of(p, text) for p, text in zip(problems, texts, strict=True)])
        thought = (1 - self.truth_weight) * outcome + self.truth_weight * truth
        return np.stack([thought, outcome], 1)

    def _segments(self, written: Written) -> list[list[int]]:
        return segments_of(self.policy, written, thinks=bool(self.config.writing.think))

    def _write(self, name: str, problems: list[Problem], uniform_BN: Tensor) -> Written:
        size, parts = max(self.config.batch, 1), list[Written]()
        for start in range(0, len(problems), size):
            own = slice(start, start + size)
            parts.append(self.player.write(world_of(name), problems[own], uniform_BN[own]))
        return Written(
            [ids for part in parts for ids in part.ids],
            [logs for part in parts for logs in part.log_probs],
            [stopped for part in parts for stopped in part.stopped],
        )

    def _advantages(
        self, rewards_BS: Floats, group_ids: npt.NDArray[np.int64], texts: list[str]
    ) -> tuple[Floats, npt.NDArray[np.bool_]]:
        """Advantages of each segment, [B, S], and whether a group has a signal, [B]."""
        return segment_advantages(
            rewards_BS, group_ids, min_spread=self.config.min_spread, max_advantage=self.config.max_advantage
        )

    def _told(self, part: Tried) -> Metrics:
        outcome = part.rewards[:, -1].reshape(-1, self.config.group)
        said = np.array([moves or "" for moves in part.moves]).reshape(-1, self.config.group)
        solved = np.array([verdict.success for verdict in part.verdicts]).reshape(-1, self.config.group)
        return {
            f"reward/{part.world}": float(outcome.mean()),
            f"reward_std/{part.world}": float(outcome.std(axis=1).mean()),
            f"success/{part.world}": float(solved.mean()),
            f"pass_at_group/{part.world}": float(solved.any(axis=1).mean()),
            f"distinct/{part.world}": float(np.mean([len(set(group)) for group in said.tolist()])),
            f"answer_tokens/{part.world}": part.written.num_tokens / len(part.problems),
        }

    def close(self) -> None:
        self.queue.close()


class StartTrials(TextTrials):
    """Answers of the policy that training begins with, whatever becomes of it."""

    def __init__(self, config: TrialsConfig, policy: LanguagePolicy) -> None:
        super().__init__(config, policy)
        self.start = policy.reference()

    def collect(self, iteration: int) -> tuple[list[Tried], Metrics]:
        with self.start as start:
            self.player.policy = start
            return super().collect(iteration)


def segment_advantages(
    rewards_BS: Floats, group_ids_B: npt.NDArray[np.int64], *, min_spread: float, max_advantage: float
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """`group_advantages` of each segment by itself: [B, S], and whether any segment of the group has a signal, [B]."""
    parts = [
        group_advantages(column, group_ids_B, min_spread=min_spread, max_advantage=max_advantage)
        for column in rewards_BS.T
    ]
    return np.stack([part for part, _ in parts], 1), np.any([live for _, live in parts], axis=0)


def truth_of(problem: Problem, text: str) -> float:
    """Share of the facts of a thought that are true, in [0, 1]; 0 of one that is no trace."""
    thought = text.removeprefix(THINK).partition(ANSWER)[0].removesuffix(END)
    try:
        facts = read_facts(thought)
    except ValueError:
        return 0.0
    wrong = false_facts(world_of(problem.address.world), problem, facts)
    return 1 - len(wrong) / len(facts) if facts else 0.0


def segments_of(policy: LanguagePolicy, written: Written, *, thinks: bool) -> list[list[int]]:
    """0 for tokens up to and with the mark of the answer, 1 behind it; all 0 where nothing is thought."""
    if not thinks:
        return [[0] * len(ids) for ids in written.ids]
    out = []
    for ids in written.ids:
        first = policy.tokens.upto(ids, ANSWER)
        out.append([0] * first + [1] * (len(ids) - first))
    return out


@dataclass(frozen=True, eq=False)
class Rows:
    """Some answers as one batch. ids: [B, N]. learnt: bool [B, N - 1], True where `ids[:, 1:]` was written. advantages:
    float32 [B, N - 1]. old: log-probabilities [B, N - 1] under the policy that wrote, once they are known."""

    ids: Tensor
    learnt: Tensor
    advantages: Tensor
    old: Tensor | None = None


def rows_of(policy: LanguagePolicy, tried: Tried, places: npt.NDArray[np.int64]) -> Rows:
    """The answers at these places."""
    rows = [[*tried.prompts[place], *tried.written.ids[place]] for place in places]
    ids = padded(rows, policy.tokens.pad)
    learnt = torch.zeros(len(rows), ids.shape[1] - 1, dtype=torch.bool)
    advantages = torch.zeros(learnt.shape)
    for number, place in enumerate(places):
        first, segments = len(tried.prompts[place]) - 1, np.asarray(tried.segments[place], np.int64)
        learnt[number, first : first + len(segments)] = True
        advantages[number, first : first + len(segments)] = torch.from_numpy(
            tried.advantages[place][segments]
        ).float()
    device = policy.device
    return Rows(ids.to(device), learnt.to(device), advantages.to(device))


def parts_of(places: npt.NDArray[np.int64], size: int) -> Iterator[npt.NDArray[np.int64]]:
    """Places in parts of `size`."""
    for start in range(0, len(places), size):
        yield places[start : start + size]
