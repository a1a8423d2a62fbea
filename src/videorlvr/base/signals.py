"""The signals by which people and schedulers ask a program to stop.

Law: whoever asks, by Ctrl-C, by SIGTERM (a scheduler's time limit, `kill`, a container that is stopped) or by SIGUSR1
(a scheduler's warning some time before), gets what Ctrl-C gets. Schedulers signal every process of a job, so
the helpers of ours that must not die of it are protected.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

SCHEDULER = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGUSR1") if hasattr(signal, name))
STOP = (signal.SIGINT, *SCHEDULER)

GRACE_S = 20
"""How long a worker lives on after SIGTERM: its parent is finishing the step in hand and needs it."""


def interrupt(*_: object) -> None:
    """A handler that does what Python does at Ctrl-C."""
    raise KeyboardInterrupt


@contextmanager
def handled(signals: Iterable[signal.Signals], handler: Callable[[int, Any], None]) -> Iterator[bool]:
    """`handler` for these signals, the old ones afterwards. False, and nothing done, outside the main thread."""
    before: dict[signal.Signals, Any] = {}
    try:
        for number in signals:
            before[number] = signal.signal(number, handler)
    except ValueError:  # not in the main thread: leave signals alone
        yield False
        return
    try:
        yield True
    finally:
        for number, old in before.items():
            signal.signal(number, signal.SIG_DFL if old is None else old)


@contextmanager
def blocked(signals: Iterable[signal.Signals]) -> Iterator[None]:
    """Signals wait until this ends; a process that is started meanwhile has them blocked for its life, for a
    mask is inherited where a handler is not."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def serve_on() -> None:
    """In a worker: leave stopping to the parent, but do not outlive a SIGTERM by more than `GRACE_S`."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if not hasattr(signal, "pthread_sigmask"):
        return
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: signal.alarm(GRACE_S))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP)
