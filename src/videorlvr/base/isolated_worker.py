"""The other side of `base.isolated`: what a process does that may die of its items, and why it died.

Law: a limit that the process sets itself is kept by the system, not by code of ours that a decoder may never
come back to.
"""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, Literal

from videorlvr.base.processes import serve_quietly

OUT_OF_MEMORY_CODE = 87
"""Exit code of a worker that met a MemoryError."""


@dataclass(frozen=True)
class Lost:
    """The answer for an item that took its process with it. detail: half a sentence for people."""

    reason: Literal["crashed", "timed_out", "stalled", "out_of_memory"]
    detail: str


def serve(function: Callable[[Any], Any], pipe: Connection, cpu_s: float, memory_mb: int) -> None:
    """What a worker does until its parent closes the pipe."""
    serve_quietly(niceness=0)  # the parent only waits, so there is nobody to give way to
    _set_limits(memory_mb)
    pipe.send(None)
    while True:
        try:
            chunk = pipe.recv()
        except (EOFError, OSError):
            return
        for index, item in chunk:
            _limit_processor_time(cpu_s)
            pipe.send((index, _answer(function, item)))


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


def _limit_processor_time(cpu_s: float) -> None:
    """SIGPROF, which ends the process, when it has used so much from now on, all its threads together."""
    if hasattr(signal, "setitimer"):
        signal.signal(signal.SIGPROF, signal.SIG_DFL)
        signal.setitimer(signal.ITIMER_PROF, cpu_s)


def _set_limits(memory_mb: int) -> None:
    try:
        import resource
    except ImportError:
        return
    # No core dumps: a thousand crashing files would fill the disk.
    for kind, wanted in ((resource.RLIMIT_CORE, 0), (resource.RLIMIT_DATA, memory_mb * 2**20)):
        hard = resource.getrlimit(kind)[1]
        resource.setrlimit(kind, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))


def cause_of(process: BaseProcess, cpu_s: float, memory_mb: int) -> Lost:
    """Why a process whose pipe has ended is gone."""
    process.join(5.0)
    code = process.exitcode
    if code == OUT_OF_MEMORY_CODE:
        return Lost("out_of_memory", f"more than the {memory_mb} MB of memory that are allowed")
    if code is not None and code == -getattr(signal, "SIGPROF", 0):
        return Lost("timed_out", f"more than the {cpu_s:g} s of processor time that are allowed")
    if code is not None and code < 0:
        return Lost("crashed", f"the process was ended by signal {-code}")
    return Lost("crashed", f"the process ended with code {code}")


def processor_s(process: BaseProcess) -> float | None:
    """Processor time that a process has used, in seconds; None where it is gone."""
    import psutil

    try:
        times = psutil.Process(process.pid).cpu_times()
    except psutil.Error:
        return None
    return float(times.user + times.system)
