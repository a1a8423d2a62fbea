"""Fresh train problems for every iteration of RL, made by processes one iteration ahead.

Law: an iteration's problems are a function of its number alone. They lie far behind the indices that SFT
draws from, so RL sees boards that SFT did not.
"""

from __future__ import annotations

from concurrent.futures import Future

from videorlvr.base.processes import start_workers
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem
from videorlvr.worlds.problems import make_problem

FIRST_INDEX = 10_000_000
PART = 8


def make_run(world: str, level: str, start: int, count: int) -> list[Problem]:
    return [make_problem(world_of(world), level, "train", index) for index in range(start, start + count)]


class ProblemQueue:
    """The problems of each iteration and world, being made while the last iteration trains."""

    def __init__(self, tasks: list[tuple[str, str]], count: int, num_workers: int) -> None:
        self.levels, self.count = dict(tasks), count
        self._workers = start_workers(num_workers)
        self._pending: dict[tuple[str, int], list[Future[list[Problem]]]] = {}

    def take(self, world: str, iteration: int) -> list[Problem]:
        """The problems of an iteration; those of the next are begun."""
        if self._workers is None:
            return make_run(world, self.levels[world], FIRST_INDEX + iteration * self.count, self.count)
        self._begin(world, iteration)
        self._begin(world, iteration + 1)
        return [problem for part in self._pending.pop((world, iteration)) for problem in part.result()]

    def _begin(self, world: str, iteration: int) -> None:
        if self._workers is None or (world, iteration) in self._pending:
            return
        first = FIRST_INDEX + iteration * self.count
        self._pending[world, iteration] = [
            self._workers.submit(
                make_run, world, self.levels[world], first + start, min(PART, self.count - start)
            )
            for start in range(0, self.count, PART)
        ]

    def close(self) -> None:
        if self._workers:
            self._workers.shutdown(cancel_futures=True)
