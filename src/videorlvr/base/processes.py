"""Processes that work beside this one.

They are not forks of a process with threads (a progress bar, torch), which can hang, but come from a clean
server; so what they run must be a module's function, and a script that starts them needs its
`if __name__ == "__main__":`.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import forkserver, get_context, parent_process, resource_tracker

from videorlvr.base.signals import SCHEDULER, STOP, blocked, serve_on

MAX_TMPDIR = 70
"""Letters of a folder for temporary files that leave room for the address of a socket, which is at most 107."""
SHORT_TMPDIRS = ("/tmp", "/var/tmp", "/dev/shm")

THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def num_cores() -> int:
    """Cores that this process may use, which in a container can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def start_workers(num_workers: int) -> ProcessPoolExecutor | None:
    """A pool of processes, or None for no workers. Ctrl-C reaches the parent alone, which closes them.

    They give way to this process: on a machine with few cores, threads of torch that wait for one another
    become ten times slower when a worker takes one of their cores.

    A machine may have none to give (its /dev/shm cannot be written, say). That is said on stderr, and the answer
    is None: every caller can do the work itself, with the same numbers.
    """
    if num_workers < 1:
        return None
    try:
        start_server()
        return ProcessPoolExecutor(num_workers, get_context("forkserver"), initializer=serve_quietly)
    except OSError as error:
        print(
            f"videorlvr: no worker processes here ({error}), so one process does all the work, more slowly; they "
            "need a /dev/shm and a folder for temporary files that can be written",
            file=sys.stderr,
        )
        return None


def start_server() -> None:
    """The server that workers come from, told that each has one thread: processes are the parallelism here,
    and the matrix library's threads of several workers would fight for the same cores."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ |= dict.fromkeys(THREAD_VARIABLES, "1")
    try:
        # A scheduler that ends a job signals these two as well, while this process still needs its workers.
        with blocked(SCHEDULER):
            resource_tracker.ensure_running()  # it unblocks SIGTERM once it has begun, hence a block of its own
        with blocked(STOP), _short_tmpdir():
            forkserver.ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _short_tmpdir() -> Iterator[None]:
    """The server listens at a socket among the temporary files, whose address must be short, and some clusters
    give every job a long TMPDIR of its own."""
    before = tempfile.tempdir
    if len(os.fsencode(tempfile.gettempdir())) > MAX_TMPDIR:
        short = [folder for folder in SHORT_TMPDIRS if os.access(folder, os.W_OK)]
        tempfile.tempdir = short[0] if short else before
    try:
        yield
    finally:
        tempfile.tempdir = before


def serve_quietly(*, niceness: int = 15) -> None:
    """To be called first in a worker: it leaves stopping to its parent, gives way to it, and ends with it."""
    serve_on()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(niceness)


def _end_with_parent() -> None:
    """A parent that was killed cannot close its workers, and they would wait for work for ever."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
