"""How far a long loop has come, and a loop over the cores of this machine that shows it.

Law: results come in the order of the items, however many processes work on them. A terminal gets a bar; anything else,
such as the log of a batch job, a line at times and none for what is done in a moment.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from videorlvr.base.executor import cluster, in_order, spread
from videorlvr.base.processes import num_cores, start_workers

Item = TypeVar("Item")
Result = TypeVar("Result")
Update = Callable[[int, str], None]
"""(how many are done, what to show beside it)."""

POOL_FROM = 64
"""Fewer items than this are done in this process: starting the others takes about half a second."""

LINE_EVERY_S = 30.0


@contextmanager
def progress(label: str, *, total: int, done: int = 0, keep: bool = True) -> Iterator[Update]:
    """A function to be told how far it is, on stderr.

    Args:
        done: What was done before, and takes no time now.
        keep: Leave the bar behind when all is done.
    """
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _Lines(label, total, done)
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

    columns = (
        *(
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total}"),
        ),
        *(TimeElapsedColumn(), TimeRemainingColumn(), TextColumn("{task.fields[figures]}")),
    )
    with Progress(*columns, console=console, transient=not keep) as bar:
        task = bar.add_task(label, total=total, completed=done, figures="")
        yield lambda count, figures: bar.update(task, completed=count, figures=figures)


class _Lines:
    """Progress where there is no terminal."""

    def __init__(self, label: str, total: int, done: int) -> None:
        self.label, self.total, self.before = label, total, done
        self.began = self.said = time.monotonic()

    def __call__(self, done: int, figures: str) -> None:
        now = time.monotonic()
        if now - self.said < LINE_EVERY_S:
            return
        self.said = now
        each = (now - self.began) / max(done - self.before, 1)
        left = duration(each * (self.total - done)) if done > self.before else "unknown time"
        line = f"{self.label}: {done} of {self.total}, {duration(now - self.began)}, {left} left"
        print(f"{line}; {figures}" if figures else line, file=sys.stderr, flush=True)


def duration(seconds: float) -> str:
    """`1:05`, `2:03:00`: minutes and seconds, and hours if there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def track(items: Iterable[Item], label: str, *, total: int) -> Iterator[Item]:
    """The items; those that the caller has done with are counted."""
    with progress(label, total=total, keep=False) as update:
        for done, item in enumerate(items, start=1):
            yield item
            update(done, "")


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
    if (elsewhere := cluster()) is not None:
        parts = spread(function, items, elsewhere, chunk=chunk or 8)
        yield from track(in_order(parts), label, total=len(items))
        return
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
