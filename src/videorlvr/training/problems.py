"""Which train problems a run sees, and those of RL's iterations, made by processes one iteration ahead.

Law: a problem's index is a function of the run's seed and the place where it is used; runs of other seeds, and SFT and
RL of one seed, share no index. They may share boards, since other indices can hold the same board: nearly all of them
where boards are few (at `micro` three in four of RL's boards are in SFT's pool), nearly none at Maze `small`.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from videorlvr.base.processes import start_workers
from videorlvr.training.config import MAX_PROBLEMS
from videorlvr.training.task import Task
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem
from videorlvr.worlds.problems import make_problem

PART = 8


def first_of_pool(seed: int) -> int:
    """The first index of a run that learns from solved problems."""
    return 2 * seed * MAX_PROBLEMS


def first_of_trials(seed: int) -> int:
    """The first index of a run that tries problems."""
    return (2 * seed + 1) * MAX_PROBLEMS


def make_run(task: Task, start: int, count: int) -> list[Problem]:
    """Train problems of a task, as it shows them."""
    world, indices = world_of(task.world), range(start, start + count)
    return [task.shown(make_problem(world, task.level, "train", index)) for index in indices]


class ProblemQueue:
    """The problems of each iteration and world, being made while the last iteration trains."""

    def __init__(self, tasks: Sequence[Task], count: int, num_workers: int, *, seed: int = 0) -> None:
        self.tasks = {task.world: task for task in tasks}
        self.count, self.first = count, first_of_trials(seed)
        self._workers = start_workers(num_workers)
        self._pending: dict[tuple[str, int], list[Future[list[Problem]]]] = {}

    def take(self, world: str, iteration: int) -> list[Problem]:
        """The problems of an iteration; those of the next are begun."""
        if self._workers is None:
            return make_run(self.tasks[world], self.first + iteration * self.count, self.count)
        self._begin(world, iteration)
        self._begin(world, iteration + 1)
        return [problem for part in self._pending.pop((world, iteration)) for problem in part.result()]

    def _begin(self, world: str, iteration: int) -> None:
        if self._workers is None or (world, iteration) in self._pending:
            return
        first = self.first + iteration * self.count
        self._pending[world, iteration] = [
            self._workers.submit(make_run, self.tasks[world], first + start, min(PART, self.count - start))
            for start in range(0, self.count, PART)
        ]

    def close(self) -> None:
        if self._workers:
            self._workers.shutdown(cancel_futures=True)
