"""A progress bar on stderr, and a loop over the cores of this machine that shows one.

Law: results come in the order of the items, however many processes work on them; where stderr is no
terminal, nothing is drawn.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

from videorlvr.base.processes import num_cores, start_workers

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


def map_in_order(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    label: str,
    *,
    workers: int | None = None,
    chunk: int | None = None,
) -> Iterator[Result]:
    """`function` of each item, in order; by a pool of processes from `POOL_FROM` items on.

    See `base.processes` for what this asks of `function` and of a script that calls it.

    Args:
        workers: Processes; None takes one a core, 1 stays in this process.
        chunk: Items that a process is sent at once; None takes as many as suit quick ones. Ctrl-C waits for them.
    """
    workers = min(num_cores() if workers is None else workers, len(items))
    pool = start_workers(workers) if workers > 1 and len(items) >= POOL_FROM else None
    if pool is None:
        yield from track(map(function, items), label, total=len(items))
        return
    chunk = chunk or max(1, min(16, len(items) // (4 * workers)))
    try:
        yield from track(pool.map(function, items, chunksize=chunk), label, total=len(items))
    finally:
        pool.shutdown(cancel_futures=True)
