"""Processes that work beside this one.

They are not forks of a process with threads (a progress bar, torch), which can hang, but come from a clean
server; so what they run must be a module's function, and a script that starts them needs its
`if __name__ == "__main__":`.
"""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import forkserver, get_context, parent_process

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def num_cores() -> int:
    """Cores that this process may use, which in a container can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start_workers(num_workers: int) -> ProcessPoolExecutor | None:
    """A pool of processes, or None for no workers. Ctrl-C reaches the parent alone, which closes them.

    They give way to this process: on a machine with few cores, threads of torch that wait for one another
    become ten times slower when a worker takes one of their cores.
    """
    if num_workers < 1:
        return None
    start_server()
    return ProcessPoolExecutor(num_workers, get_context("forkserver"), initializer=serve_quietly)


def start_server() -> None:
    """The server that workers come from, told that each has one thread: processes are the parallelism here,
    and the matrix library's threads of several workers would fight for the same cores."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ |= dict.fromkeys(THREAD_VARIABLES, "1")
    try:
        forkserver.ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def serve_quietly(*, niceness: int = 15) -> None:
    """To be called first in a worker: it leaves Ctrl-C to its parent, gives way to it, and ends with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(niceness)


def _end_with_parent() -> None:
    """A parent that was killed cannot close its workers, and they would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
