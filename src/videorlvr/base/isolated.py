"""A map over items that may kill the process that works on them: hostile videos, above all.

Law: an item that crashes its process, runs out of memory or out of time costs itself and nothing else. It is
answered by a `Lost`; every other item gets its result.

What an item may take is processor time of its own process, so the answer is the same on an idle machine and on a
busy one. Wall time ends only what hangs: a process that gets no further although it could.

An item is lost only if a fresh process loses it, too: what an earlier item left behind in the process (a
damaged heap, memory that was not given back) is not held against the next one. One that hangs is tried twice.

Each worker has a pipe of its own and answers item by item, so the item at fault is the first without an
answer. Pools that share a queue can hang for good when a worker dies holding its lock, and name the wrong item:
in a trial of pebble 5.2 an item next to a crash was lost, and a crash was reported as a timeout.

Not handled: this is no sandbox. A file that takes over its decoder has the rights of the user.
"""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from multiprocessing import connection, current_process, forkserver, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from videorlvr.base.executor import cluster, spread
from videorlvr.base.isolated_worker import Lost, cause_of, processor_s, serve
from videorlvr.base.processes import num_cores, start_server

__all__ = ["Lost", "as_answered", "map_isolated"]

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_CHUNK = 16
FAR_CHUNK = 128
"""Items of one task on a cluster: it starts a process for them, which takes as long as some tens of small videos."""
STALL_S = 120.0
"""Wall time in which a process that uses no processor time at all is taken for one that hangs. The most starved one
gets more than that, and so does one that starts from a slow disk."""
MAX_WALL = 60
"""An item may be at work for so many times its processor time: what wakes now and then may hang as well."""
MAX_STILLBORN = 3


def map_isolated(
    function: Callable[[Item], Result], items: Sequence[Item], **limits: Any
) -> Iterator[Result | Lost]:
    """`function` of each item in the order of the items; otherwise `as_answered`."""
    waiting: dict[int, Result | Lost] = {}
    following = 0
    for index, answer in as_answered(function, items, **limits):
        waiting[index] = answer
        while following in waiting:
            yield waiting.pop(following)
            following += 1


def as_answered(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int | None = None,
    cpu_s: float = 60.0,
    memory_mb: int = 4096,
    stall_s: float = STALL_S,
) -> Iterator[tuple[int, Result | Lost]]:
    """(index, `function` of that item), as they come, worked out in processes that may die.

    Args:
        function: Of a module, since processes are made by forkserver (see `base.processes`). What it raises
            is `Lost("crashed", ...)`, too.
        workers: Processes, at least one; None takes one a core.
        cpu_s: Seconds of processor time for one item. An item that fails is tried again in a fresh process,
            so it may cost twice as much. Where the system has no such clock (Windows), only `stall_s` counts.
        memory_mb: Most that a process may allocate (RLIMIT_DATA), what it needs to start included. Kept on
            Linux only; elsewhere the item is bounded by time alone.
        stall_s: See `STALL_S`; a process that starts has at least that.

    Raises:
        ValueError: If a limit is not positive.
        RuntimeError: If processes do not even start.
    """
    if min(cpu_s, memory_mb, stall_s) <= 0 or (workers is not None and workers < 1):
        raise ValueError(
            f"cpu_s is {cpu_s}, memory_mb {memory_mb}, stall_s {stall_s} and workers {workers}; expected all positive"
        )
    if not items:
        return
    if (elsewhere := cluster()) is not None:
        yield from _there(
            function, items, elsewhere, {"cpu_s": cpu_s, "memory_mb": memory_mb, "stall_s": stall_s}
        )
        return
    num_workers = min(num_cores() if workers is None else workers, len(items))
    crew = _Crew(function, items, num_workers, cpu_s, memory_mb, stall_s)
    try:
        for _ in range(len(items)):
            while not crew.answers:
                crew.advance()
            yield crew.answers.popleft()
    finally:
        crew.close()


def _there(
    function: Callable[[Item], Result], items: Sequence[Item], executor: Executor, limits: dict[str, Any]
) -> Iterator[tuple[int, Result | Lost]]:
    """The same on a cluster: each of its workers keeps the law with a process of its own."""
    chunks = [items[start : start + FAR_CHUNK] for start in range(0, len(items), FAR_CHUNK)]
    work = partial(_isolated_here, function, limits)
    for number, answers in spread(work, chunks, executor, chunk=1):
        for place in range(len(chunks[number])):
            answer = (
                answers[place]
                if isinstance(answers, list)
                else Lost("crashed", f"its worker died: {answers}")
            )
            yield number * FAR_CHUNK + place, answer


def _isolated_here(
    function: Callable[[Item], Result], limits: dict[str, Any], items: Sequence[Item]
) -> list[Result | Lost]:
    """On a worker of a cluster. Dask's are daemons, which Python allows no processes of their own, lest these outlive
    them; ours end with whoever started them (`base.processes`)."""
    config = getattr(current_process(), "_config", {})
    daemon = config.pop("daemon", None)
    try:
        return list(map_isolated(function, items, workers=1, **limits))
    finally:
        if daemon is not None:
            config["daemon"] = daemon


@dataclass(eq=False)
class _Worker:
    """A process, and the items that it was given and has not answered yet, in order.

    begun: when it began with the first of these. used: its processor time when it was last looked at.
    deadline: when to look at it next.
    """

    process: BaseProcess
    pipe: Connection
    todo: deque[int]
    begun: float
    deadline: float
    used: float = 0.0
    ready: bool = False
    num_answered: int = 0


@dataclass
class _Crew:
    """The workers, what nobody works on yet, and the answers that nobody has asked for yet."""

    function: Callable[[Any], Any]
    items: Sequence[Any]
    num_workers: int
    cpu_s: float
    memory_mb: int
    stall_s: float
    answers: deque[tuple[int, Any]] = field(default_factory=deque)
    stalled: set[int] = field(default_factory=set)
    num_stillborn: int = 0

    def __post_init__(self) -> None:
        size = max(1, min(MAX_CHUNK, len(self.items) // (4 * self.num_workers)))
        total = len(self.items)
        self.waiting = deque(deque(range(start, min(start + size, total))) for start in range(0, total, size))
        # The server imports what the function needs, once; a process then starts in a hundredth of the time.
        forkserver.set_forkserver_preload([self.function.__module__])
        start_server()
        self.workers = [self._hire(deque()) for _ in range(self.num_workers)]

    def advance(self) -> None:
        """Wait until a worker says something, dies or is to be looked at, and answer to that."""
        soonest = min(worker.deadline for worker in self.workers)
        timeout = None if soonest == math.inf else max(0.0, soonest - time.monotonic())
        speaking = connection.wait([worker.pipe for worker in self.workers], timeout)
        for worker in list(self.workers):
            if worker.pipe in speaking:
                self._listen(worker)
            elif time.monotonic() >= worker.deadline:
                self._look_at(worker)

    def close(self) -> None:
        for worker in self.workers:
            _end(worker)

    def _hire(self, todo: deque[int]) -> _Worker:
        context = get_context("forkserver")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=serve,
            args=(self.function, theirs, self.cpu_s, self.memory_mb),
            daemon=True,
            name="isolated",
        )
        process.start()
        theirs.close()  # so that the death of the process is the end of the pipe
        now = time.monotonic()
        return _Worker(
            process, ours, todo, now, now + max(self.stall_s, STALL_S)
        )  # it may start from a slow disk

    def _begin(self, worker: _Worker) -> None:
        """It is about to work on the first of its items."""
        worker.begun = time.monotonic()
        worker.deadline = worker.begun + self.stall_s
        worker.used = processor_s(worker.process) or 0.0

    def _look_at(self, worker: _Worker) -> None:
        """Does it get on? Then it is left alone, however slow the machine is."""
        used, now = processor_s(worker.process), time.monotonic()
        waited = now - worker.begun
        gets_on = used is None or used > worker.used
        if gets_on and (waited < MAX_WALL * self.cpu_s or not worker.ready):
            stall_s = self.stall_s if worker.ready else max(self.stall_s, STALL_S)
            worker.used, worker.deadline = used or worker.used, now + stall_s
            return
        what = "it was still at work" if gets_on else "it was waiting for something"
        self._replace(worker, Lost("stalled", f"no answer within {waited:.0f} s, and {what}"))

    def _listen(self, worker: _Worker) -> None:
        try:
            message = worker.pipe.recv()
        except Exception:  # its end, or what it left of a message when it died
            self._replace(worker, cause_of(worker.process, self.cpu_s, self.memory_mb))
            return
        if worker.ready:
            index, answer = message
            assert index == worker.todo.popleft()
            self.answers.append((index, answer))
            worker.num_answered += 1
            self._begin(worker)
        else:
            worker.ready, self.num_stillborn = True, 0
            if worker.todo:
                self._send(worker)
        if not worker.todo:
            self._give(worker)

    def _give(self, worker: _Worker) -> None:
        """The next chunk, or leave to go where there is none."""
        if self.waiting:
            worker.todo = self.waiting.popleft()
            self._send(worker)
        else:
            self.workers.remove(worker)
            _end(worker)

    def _send(self, worker: _Worker) -> None:
        self._begin(worker)
        try:
            worker.pipe.send([(index, self.items[index]) for index in worker.todo])
        except OSError:  # it died while idle; `advance` will meet the end of its pipe
            worker.deadline = math.inf

    def _replace(self, worker: _Worker, lost: Lost) -> None:
        """A new process takes over what is left of the chunk, less the item that a fresh process lost."""
        _end(worker)
        if not worker.ready:
            self.num_stillborn += 1
            if self.num_stillborn >= MAX_STILLBORN:
                raise RuntimeError(
                    f"worker processes do not start ({lost.detail}): a script that starts them needs "
                    "`if __name__ == '__main__':`, and the machine enough memory"
                )
        elif worker.todo and worker.num_answered == 0 and not self._may_try_again(worker.todo[0], lost):
            self.answers.append((worker.todo.popleft(), lost))
        self.workers[self.workers.index(worker)] = self._hire(worker.todo)

    def _may_try_again(self, index: int, lost: Lost) -> bool:
        """What hangs may have waited for a disk, not for itself."""
        first_time = lost.reason == "stalled" and index not in self.stalled
        self.stalled.add(index)
        return first_time


def _end(worker: _Worker) -> None:
    worker.pipe.close()
    worker.process.kill()  # SIGKILL, since a decoder that hangs may not listen to less
    worker.process.join(5.0)
