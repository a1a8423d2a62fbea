"""Processes that work beside this one.

They are not forks of a process with threads (a progress bar, torch), which can hang, but come from a clean
server; so what they run must be a module's function, and a script that starts them needs its
`if __name__ == "__main__":`.
"""

from __future__ import annotations

import os
import signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context


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
    return ProcessPoolExecutor(num_workers, get_context("forkserver"), initializer=_serve_quietly)


def _serve_quietly() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(os, "nice"):
        os.nice(15)
