"""A progress bar on stderr, and a loop over the cores of this machine that shows one.

Law: results come in the order of the items, however many processes work on them; where stderr is no
terminal, nothing is drawn.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

POOL_FROM = 64
"""Fewer items than this are done in this process: starting the others takes about half a second."""


def track(items: Iterable[Item], label: str, *, total: int) -> Iterator[Item]:
    """The items, with a bar that counts those that the caller has done with."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        yield from progress.track(items, total=total)


def num_cores() -> int:
    """Cores that this process may use, which in a container can be fewer than the machine has."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def map_in_order(
    function: Callable[[Item], Result], items: Sequence[Item], label: str, *, workers: int | None = None
) -> Iterator[Result]:
    """`function` of each item, in order; by a pool of processes from `POOL_FROM` items on.

    The processes are spawned, not forked, since a fork of a program that has threads (a progress bar,
    torch) can hang; `function` must therefore be a module's, and a script that calls this needs its
    `if __name__ == "__main__":`.

    Args:
        workers: Processes; None takes one a core, 1 stays in this process.
    """
    workers = min(num_cores() if workers is None else workers, len(items))
    if workers <= 1 or len(items) < POOL_FROM:
        yield from track(map(function, items), label, total=len(items))
        return
    chunk = max(1, min(16, len(items) // (4 * workers)))
    pool = ProcessPoolExecutor(workers, get_context("spawn"), initializer=_leave_interrupt_to_parent)
    try:
        yield from track(pool.map(function, items, chunksize=chunk), label, total=len(items))
    finally:
        pool.shutdown(cancel_futures=True)


def _leave_interrupt_to_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
