"""Oracle videos for SFT, made on the fly by worker processes and gathered to pixels on the device.

Law: the batch of a step is a function of (seed, step), whatever the workers' timing: a step draws from the
first `available(step)` train problems and waits until they are made. A resumed run sees the same data.

B batch, T frame, R Q canvas rows and columns in cells, H W pixels.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from functools import partial
from typing import overload

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.training.frames import Frames
from videorlvr.training.pool_cache import SEGMENT, CodesNTRQ, PoolCache
from videorlvr.training.problems import first_of_pool
from videorlvr.training.task import Task
from videorlvr.worlds import world_of
from videorlvr.worlds.blocks import Codes, oracle_block
from videorlvr.worlds.problems import make_problem

BLOCK = 128
LOOK_AHEAD = 4
"""Blocks that workers may be ahead of the trainer's need, for each worker."""


class Prompts(Sequence[str]):
    """Prompts of train problems, made when they are looked at: a policy that reads none waits for none."""

    def __init__(self, task: Task, indices: Sequence[int]) -> None:
        self.task, self.indices = task, indices

    def __len__(self) -> int:
        return len(self.indices)

    @overload
    def __getitem__(self, item: int) -> str: ...
    @overload
    def __getitem__(self, item: slice) -> Prompts: ...
    def __getitem__(self, item: int | slice) -> str | Prompts:
        if isinstance(item, slice):
            return Prompts(self.task, self.indices[item])
        world = world_of(self.task.world)
        return make_problem(world, self.task.level, "train", self.indices[item]).prompt


class OracleVideos:
    """A growing pool of oracle videos of one task.

    seed: of the batches and, unless `first` says which problem is the first, of the problems.
    """

    def __init__(
        self,
        task: Task,
        *,
        seed: int,
        first: int | None = None,
        start: int,
        grow: float,
        size: int,
        workers: ProcessPoolExecutor | None,
        num_workers: int,
        device: torch.device,
        cache: PoolCache | None = None,
        prefer_long: float = 0.0,
    ) -> None:
        self.task, self.seed, self.start, self.grow, self.size = task, seed, start, grow, size
        self.prefer_long, self.lengths = prefer_long, np.zeros(-(-size // BLOCK) * BLOCK, np.int16)
        self.first = first_of_pool(seed) if first is None else first
        self.num_frames = task.video_shape[2]
        self.workers, self.num_workers, self.device = workers, num_workers, device
        self.frames = Frames(task, device)
        self.codes: Tensor | None = None
        self.pending: list[Future[Codes]] = []
        self.cache = cache
        self.num_asked = self.num_made = self.num_kept = 0
        self.waited_s = 0.0  # for problems that were not made yet
        if cache is not None:
            for codes in cache.segments():
                self._store(codes[: size - self.num_made])
            self.num_asked = self.num_kept = self.num_made

    def available(self, step: int) -> int:
        """Problems that the batch of `step` draws from."""
        return min(self.size, int(self.start + self.grow * step))

    def batch(self, step: int, size: int) -> Tensor:
        """uint8 videos [B, T, H, W, 3] of step `step`, on the device."""
        self._make(self.available(step))
        index = torch.from_numpy(self._indices(step, size))
        assert self.codes is not None
        return self.frames(self.codes[index])

    def prompts(self, step: int, size: int) -> Prompts:
        """The prompts of `batch(step, size)`, which is asked for first."""
        return Prompts(self.task, (self.first + self._indices(step, size)).tolist())

    def _indices(self, step: int, size: int) -> npt.NDArray[np.int64]:
        """Of the problems that are there; with `prefer_long`, that share of draws takes the longer of two."""
        rng = seeding.rng("sft-batch", self.seed, self.task.world, self.task.level, step)
        drawn = rng.integers(0, self.available(step), size)
        if not self.prefer_long:
            return drawn
        other, share = rng.integers(0, self.available(step), size), rng.random(size)
        longer = (self.lengths[other] > self.lengths[drawn]) & (share < self.prefer_long)
        return np.where(longer, other, drawn)

    def _make(self, wanted: int) -> None:
        """Have the first `wanted` problems, and workers busy with the next ones."""
        ahead = wanted + (LOOK_AHEAD * self.num_workers * BLOCK if self.num_made < self.size else 0)
        while self.num_asked < min(ahead, self.size):
            first = self.first + self.num_asked
            make = partial(oracle_block, self.task.world, self.task.level, "train", first, BLOCK)
            if self.workers:
                self.pending.append(self.workers.submit(make))
            elif self.num_asked >= wanted:
                break
            else:
                done: Future[Codes] = Future()
                done.set_result(make())
                self.pending.append(done)
            self.num_asked += BLOCK
        while self.num_made < wanted:
            began = time.monotonic()
            block = self.pending.pop(0).result()
            self.waited_s += time.monotonic() - began
            self._store(block.astype(np.int16))
            if self.num_made - self.num_kept >= SEGMENT:
                self.keep()

    def keep(self) -> None:
        """Write to the cache what it has not."""
        if self.cache is not None and self.codes is not None and self.num_made > self.num_kept:
            self.cache.write(self.num_kept, self.codes[self.num_kept : self.num_made].numpy())
            self.num_kept = self.num_made

    def _store(self, block: CodesNTRQ) -> None:
        if self.codes is None:
            rows = -(-self.size // BLOCK) * BLOCK
            # int16 holds the codes: a table has fewer than 4,096 pictures.
            self.codes = torch.empty((rows, *block.shape[1:]), dtype=torch.int16)
        self.codes[self.num_made : self.num_made + len(block)] = torch.from_numpy(block)
        if self.prefer_long:
            self.lengths[self.num_made : self.num_made + len(block)] = frames_until_still(block)
        self.num_made += len(block)


def frames_until_still(codes_NTRQ: CodesNTRQ) -> npt.NDArray[np.int64]:
    """The last frame of each video that differs from the one before, [N]: how long its solution is shown."""
    moved_NT = (codes_NTRQ[:, 1:] != codes_NTRQ[:, :-1]).any(axis=(2, 3))
    frames: npt.NDArray[np.int64] = (moved_NT * np.arange(1, moved_NT.shape[1] + 1)).max(axis=1)
    return frames
