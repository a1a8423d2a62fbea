"""Solved problems as tokens, made on the fly by worker processes.

Law: the batch of a step is a function of (seed, step), whatever the workers' timing, as for videos (`training.data`). A
token counts in the loss by the weight of the piece that it comes from.

B batch, N tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.models.language.policy import LanguagePolicy, padded
from videorlvr.training.config import Task
from videorlvr.training.problems import first_of_pool
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.boards import BoardForm
from videorlvr.worlds.written.formats import FAULTS, misshapen
from videorlvr.worlds.written.passages import Passage, Piece, solved
from videorlvr.worlds.written.traces import write_trace

BLOCK, LOOK_AHEAD = 128, 4
Tell = Callable[[World, Problem], Passage]
"""How a problem becomes a passage; a module's function, since workers call it."""


def tell(
    world: World,
    problem: Problem,
    *,
    form: BoardForm,
    trace: str,
    times: int,
    direct: float = 0.0,
    loose: float = 0.0,
) -> Passage:
    """A solved problem, with the solver's trace before its answer where one is asked for.

    direct: share of problems that are answered without a thought; then the mark that says so is learnt, too.
    loose: share of passages whose form is broken, with the same thought and moves.
    """
    by_direct, by_loose, fault = seeding.rng("telling", str(problem.address)).random(3)
    think = "" if trace == "none" or by_direct < direct else write_trace(world, problem, trace, times=times)  # type: ignore[arg-type]
    passage = solved(world, problem, form=form, think=think, chosen=direct > 0)
    if by_loose >= loose:
        return passage
    given = tuple(piece for piece in passage.pieces if piece.role == "given")
    said = "".join(piece.text for piece in passage.pieces if piece.role != "given")
    return Passage((*given, Piece(misshapen(said, FAULTS[int(fault * len(FAULTS))]), "answer", 1.0)))


def tell_block(tell_one: Tell, world: str, level: str, start: int, count: int) -> list[Passage]:
    """The passages of train problems `start` .. `start + count - 1`."""
    kind = world_of(world)
    return [
        tell_one(kind, make_problem(kind, level, "train", index)) for index in range(start, start + count)
    ]


@dataclass(frozen=True, eq=False)
class Tokenized:
    """ids: int32 [N]. weights: float32 [N], of each token in a loss; 0 for what is given."""

    ids: npt.NDArray[np.int32]
    weights: npt.NDArray[np.float32]


def tokenized(policy: LanguagePolicy, passages: Sequence[Passage]) -> list[Tokenized]:
    """Passages as tokens, piece by piece, so that every token has the weight of one piece."""
    texts = [piece.text for passage in passages for piece in passage.pieces]
    encoded, out = iter(policy.tokens.encode_many(texts)), list[Tokenized]()
    for passage in passages:
        parts = [(policy.tokens.begin, 0.0), *((next(encoded), piece.weight) for piece in passage.pieces)]
        ids = np.concatenate([np.asarray(part, np.int32) for part, _ in parts])
        weights = np.concatenate([np.full(len(part), weight, np.float32) for part, weight in parts])
        if len(ids) > policy.form.context:
            raise ValueError(
                f"a passage of {len(ids)} tokens does not fit the model's context of {policy.form.context}: take a "
                "smaller level, a shorter trace, or a model with more context"
            )
        out.append(Tokenized(ids, weights))
    return out


@dataclass(frozen=True, eq=False)
class Batch:
    """ids: int64 [B, N], padded behind. weights: float32 [B, N]."""

    ids: Tensor
    weights: Tensor
    lengths: list[int]

    @property
    def num_tokens(self) -> int:
        return sum(self.lengths)


def batch_of(policy: LanguagePolicy, rows: Sequence[Tokenized], *, length: int | None = None) -> Batch:
    """Rows as one batch on the policy's device."""
    lengths = [len(row.ids) for row in rows]
    ids = padded([row.ids for row in rows], policy.tokens.pad, length=length)  # type: ignore[misc]
    weights = torch.zeros(ids.shape)
    for number, row in enumerate(rows):
        weights[number, : len(row.ids)] = torch.from_numpy(row.weights)
    return Batch(
        ids.to(policy.device, non_blocking=True), weights.to(policy.device, non_blocking=True), lengths
    )


class Examples:
    """A growing pool of solved problems of one task, as tokens.

    compiled: batches are padded to one length, the longest that was met, in steps of 32, so that shapes are few.
    tokens: what a batch may have in all; None takes all of its passages.
    """

    def __init__(
        self,
        task: Task,
        policy: LanguagePolicy,
        tell_one: Tell,
        *,
        seed: int,
        start: int,
        grow: float,
        size: int,
        workers: ProcessPoolExecutor | None,
        num_workers: int,
        compiled: bool = False,
        tokens: int | None = None,
    ) -> None:
        self.task, self.policy, self.tell_one = task, policy, tell_one
        self.seed, self.start, self.grow, self.size = seed, start, grow, size
        self.workers, self.num_workers, self.compiled = workers, num_workers, compiled
        self.tokens = tokens
        self.first, self.num_asked = first_of_pool(seed), 0
        self.rows: list[Tokenized] = []
        self.pending: list[Future[list[Passage]]] = []

    def available(self, step: int) -> int:
        """Problems that the batch of `step` draws from."""
        return min(self.size, int(self.start + self.grow * step))

    def batch(self, step: int, size: int) -> Batch:
        """The batch of a step."""
        return self.batched(self.rows_of(step, size))

    def batched(self, rows: Sequence[Tokenized]) -> Batch:
        """The first of these passages, as many as a step's tokens hold.

        Raises:
            ValueError: If they hold none.
        """
        if self.tokens is not None:
            fit = int((np.cumsum([len(row.ids) for row in rows]) <= self.tokens).sum())
            if fit == 0:
                raise ValueError(
                    f"tokens {self.tokens} a step hold no passage of {self.task.world}:{self.task.level}, which has "
                    f"{len(rows[0].ids)}: take more"
                )
            rows = rows[:fit]
        longest = max(len(row.ids) for row in rows)
        return batch_of(self.policy, rows, length=-(-longest // 32) * 32 if self.compiled else None)

    def rows_of(self, step: int, size: int) -> list[Tokenized]:
        """The passages of a step's batch."""
        self._make(self.available(step))
        rng = seeding.rng("text-batch", self.seed, self.task.world, self.task.level, step)
        return [self.rows[place] for place in rng.integers(0, self.available(step), size)]

    def _make(self, wanted: int) -> None:
        """Have the first `wanted` problems, and workers busy with the next ones."""
        ahead = wanted + (LOOK_AHEAD * self.num_workers * BLOCK if len(self.rows) < self.size else 0)
        while self.num_asked < min(ahead, self.size):
            place = (self.task.world, self.task.level, self.first + self.num_asked, BLOCK)
            make = partial(tell_block, self.tell_one, *place)
            if self.workers:
                self.pending.append(self.workers.submit(make))
            elif self.num_asked >= wanted:
                break
            else:
                done: Future[list[Passage]] = Future()
                done.set_result(make())
                self.pending.append(done)
            self.num_asked += BLOCK
        while len(self.rows) < wanted:
            self.rows += tokenized(self.policy, self.pending.pop(0).result())
