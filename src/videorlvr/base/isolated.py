"""A map over items that may kill the process that works on them: hostile videos, above all.

Law: an item that crashes its process, runs out of memory or out of time costs itself and nothing else. It is
answered by a `Lost`; every other item gets its result, and the results come in the order of the items.

An item is lost only if a fresh process loses it, too: what an earlier item left behind in the process (a
damaged heap, memory that was not given back) is not held against the next one.

Each worker has a pipe of its own and answers item by item, so the item at fault is the first without an
answer. Pools that share a queue can hang for good when a worker dies holding its lock, and name the wrong item:
in a trial of pebble 5.2 an item next to a crash was lost, and a crash was reported as a timeout.

Not handled: this is no sandbox. A file that takes over its decoder has the rights of the user.
"""

from __future__ import annotations

import math
import os
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from multiprocessing import connection, forkserver, get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Literal, TypeVar

from videorlvr.base.processes import num_cores, serve_quietly, start_server

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_CHUNK = 16
START_S = 120.0
"""How long a process may take to start: it imports what the function needs, on a disk that may be slow."""
MAX_STILLBORN = 3
OUT_OF_MEMORY_CODE = 87
"""Exit code of a worker that met a MemoryError."""


@dataclass(frozen=True)
class Lost:
    """The answer for an item that took its process with it. detail: one line for people."""

    reason: Literal["crashed", "timed_out", "out_of_memory"]
    detail: str


def map_isolated(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int | None = None,
    timeout_s: float = 60.0,
    memory_mb: int = 4096,
) -> Iterator[Result | Lost]:
    """`function` of each item in order, worked out in processes that may die.

    Args:
        function: Of a module, since processes are made by forkserver (see `base.processes`). What it raises
            is `Lost("crashed", ...)`, too.
        workers: Processes, at least one; None takes one a core.
        timeout_s: Seconds of wall time for one item. An item that fails is tried again in a fresh process,
            so it may cost twice as long.
        memory_mb: Most that a process may allocate (RLIMIT_DATA), what it needs to start included. Kept on
            Linux only; elsewhere the item is bounded by time alone.

    Raises:
        ValueError: If a limit is not positive.
        RuntimeError: If processes do not even start.
    """
    if timeout_s <= 0 or memory_mb <= 0 or (workers is not None and workers < 1):
        raise ValueError(
            f"timeout_s is {timeout_s}, memory_mb {memory_mb} and workers {workers}; expected all positive"
        )
    if not items:
        return
    num_workers = min(num_cores() if workers is None else workers, len(items))
    crew = _Crew(function, items, num_workers, timeout_s, memory_mb)
    try:
        for index in range(len(items)):
            while index not in crew.answers:
                crew.advance()
            yield crew.answers.pop(index)
    finally:
        crew.close()


@dataclass(eq=False)
class _Worker:
    """A process, and the items that it was given and has not answered yet, in order."""

    process: BaseProcess
    pipe: Connection
    todo: deque[int]
    deadline: float
    ready: bool = False
    num_answered: int = 0


@dataclass
class _Crew:
    """The workers, what nobody works on yet, and the answers that nobody has asked for yet."""

    function: Callable[[Any], Any]
    items: Sequence[Any]
    num_workers: int
    timeout_s: float
    memory_mb: int
    answers: dict[int, Any] = field(default_factory=dict)
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
        """Wait until a worker says something, dies or is overdue, and answer to that."""
        soonest = min(worker.deadline for worker in self.workers)
        timeout = None if soonest == math.inf else max(0.0, soonest - time.monotonic())
        speaking = connection.wait([worker.pipe for worker in self.workers], timeout)
        for worker in list(self.workers):
            if worker.pipe in speaking:
                self._listen(worker)
            elif time.monotonic() >= worker.deadline:
                self._replace(worker, Lost("timed_out", f"no answer within {self.timeout_s:g} s"))

    def close(self) -> None:
        for worker in self.workers:
            _end(worker)

    def _hire(self, todo: deque[int]) -> _Worker:
        context = get_context("forkserver")
        ours, theirs = context.Pipe()
        process = context.Process(
            target=_serve, args=(self.function, theirs, self.memory_mb), daemon=True, name="isolated"
        )
        process.start()
        theirs.close()  # so that the death of the process is the end of the pipe
        return _Worker(process, ours, todo, time.monotonic() + START_S)

    def _listen(self, worker: _Worker) -> None:
        try:
            message = worker.pipe.recv()
        except Exception:  # its end, or what it left of a message when it died
            self._replace(worker, _cause(worker.process))
            return
        if worker.ready:
            index, answer = message
            assert index == worker.todo.popleft()
            self.answers[index] = answer
            worker.num_answered += 1
            worker.deadline = time.monotonic() + self.timeout_s
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
        worker.deadline = time.monotonic() + self.timeout_s
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
        elif worker.num_answered == 0 and worker.todo:
            self.answers[worker.todo.popleft()] = lost
        self.workers[self.workers.index(worker)] = self._hire(worker.todo)


def _end(worker: _Worker) -> None:
    worker.pipe.close()
    worker.process.kill()  # SIGKILL, since a decoder that hangs may not listen to less
    worker.process.join(5.0)


def _cause(process: BaseProcess) -> Lost:
    """Why a process whose pipe has ended is gone."""
    process.join(5.0)
    code = process.exitcode
    if code == OUT_OF_MEMORY_CODE:
        return Lost("out_of_memory", "more memory than allowed")
    if code is not None and code < 0:
        return Lost("crashed", f"the process was ended by signal {-code}")
    return Lost("crashed", f"the process ended with code {code}")


def _serve(function: Callable[[Any], Any], pipe: Connection, memory_mb: int) -> None:
    """What a worker does until its parent closes the pipe."""
    serve_quietly()
    _set_limits(memory_mb)
    pipe.send(None)
    while True:
        try:
            chunk = pipe.recv()
        except (EOFError, OSError):
            return
        for index, item in chunk:
            answer = _answer(function, item)
            pipe.send((index, answer))


def _answer(function: Callable[[Any], Any], item: Any) -> Any:
    try:
        return function(item)
    except MemoryError:
        # Not an answer but an end: what holds the memory may not let go of it.
        os._exit(OUT_OF_MEMORY_CODE)
    except Exception as error:
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{os.path.basename(place.filename)}:{place.lineno}"
        return Lost("crashed", f"{type(error).__name__} at {where}: {error}"[:300])


def _set_limits(memory_mb: int) -> None:
    try:
        import resource
    except ImportError:
        return
    # No core dumps: a thousand crashing files would fill the disk.
    for kind, wanted in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_DATA, memory_mb * 2**20)):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
