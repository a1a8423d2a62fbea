"""Commands side by side over the GPUs or cores that are there, each a process of its own.

Laws: a job starts when those it waits for have succeeded, and in the order of the list; none outlives us. Whoever
stops us stops them as Ctrl-C would, so that each saves what it has; if we are killed, their standard input ends,
which they can take as the same request. One job that fails stops the others, and its last words are the error.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from videorlvr.base.processes import THREAD_VARIABLES, num_cores

POLL_S = 0.05
PATIENCE_S = 120.0
"""How long a job that was asked to stop may take to save; then it is killed."""
MAX_TAIL_BYTES = 4000


@dataclass(frozen=True)
class Job:
    """after: names of jobs that must succeed first. log: where its output goes, added to what is there."""

    name: str
    command: tuple[str, ...]
    log: Path
    after: tuple[str, ...] = ()
    folder: Path | None = None


@dataclass(frozen=True)
class Slot:
    """A place for one job at a time: variables that give it its share of the machine."""

    name: str
    environment: Mapping[str, str]


def gpus() -> list[str]:
    """Names of the GPUs that this process may use, as CUDA_VISIBLE_DEVICES has them."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return [name for name in visible.split(",") if name.strip() and name.strip() != "-1"]
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=20, check=True)
    except (OSError, subprocess.SubprocessError):
        return []
    return [str(index) for index, line in enumerate(listed.stdout.splitlines()) if line.startswith("GPU ")]


def share_machine(most: int) -> list[Slot]:
    """At most `most` slots: one a GPU, or the cores in equal shares where there is none."""
    devices = gpus()
    number = max(1, min(most, len(devices) or num_cores()))
    threads = dict.fromkeys(THREAD_VARIABLES, str(max(1, num_cores() // number)))
    if devices:
        return [Slot(f"GPU {name}", threads | {"CUDA_VISIBLE_DEVICES": name}) for name in devices[:number]]
    return [Slot(f"core {index}", threads) for index in range(number)]


class JobError(ValueError):
    """A job that ended otherwise than by success."""


def run_jobs(
    jobs: Sequence[Job],
    slots: Sequence[Slot],
    *,
    started: Callable[[Job, Slot], None] = lambda job, slot: None,
    done: Callable[[Job, float], None] = lambda job, seconds: None,
    beat: Callable[[list[tuple[Job, float]]], None] = lambda running: None,
    beat_s: float = 60.0,
) -> None:
    """Run all jobs; `done` gets each with its seconds as it succeeds, in this process, and `beat` every `beat_s`
    seconds those that run, with theirs so far.

    Raises:
        JobError: If one fails; the others have been stopped.
        KeyboardInterrupt: If asked to stop; all have been stopped.
    """
    waiting, finished = list(jobs), set[str]()
    free = list(slots)
    running: dict[Job, tuple[subprocess.Popen[bytes], Slot, float]] = {}
    beaten = time.monotonic()
    try:
        while waiting or running:
            for job in [job for job in waiting if finished.issuperset(job.after)]:
                if free:
                    slot = free.pop(0)
                    waiting.remove(job)
                    started(job, slot)
                    running[job] = (_start(job, slot), slot, time.monotonic())
            ended = [job for job, (process, _, _) in running.items() if process.poll() is not None]
            for job in ended:
                process, slot, began = running.pop(job)
                if process.returncode != 0:
                    raise JobError(_failure(job, process.returncode))
                finished.add(job.name)
                free.append(slot)
                done(job, time.monotonic() - began)
            if not ended and not running:
                first = waiting[0]
                raise JobError(f"no job can start: {first.name} waits for {', '.join(first.after)}")
            if not ended:
                time.sleep(POLL_S)
            if time.monotonic() - beaten > beat_s:
                beaten = time.monotonic()
                beat([(job, beaten - began) for job, (_, _, began) in running.items()])
    finally:
        _stop([process for process, _, _ in running.values()])


def _start(job: Job, slot: Slot) -> subprocess.Popen[bytes]:
    job.log.parent.mkdir(parents=True, exist_ok=True)
    with open(job.log, "ab") as log:
        # A session of its own, so that Ctrl-C at the terminal reaches it once, from us.
        return subprocess.Popen(
            job.command,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            cwd=job.folder,
            env={**os.environ, **slot.environment},
            start_new_session=True,
        )


def _stop(processes: Sequence[subprocess.Popen[bytes]]) -> None:
    """Ask all, wait for all; a second Ctrl-C, or a process that does not end in time, kills them."""
    for process in processes:
        process.send_signal(signal.SIGINT)
    try:
        until = time.monotonic() + PATIENCE_S
        for process in processes:
            process.wait(max(0.0, until - time.monotonic()))
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        pass
    finally:
        for process in processes:
            process.kill()
            process.wait()


def _failure(job: Job, code: int) -> str:
    """What happened, with the last line that the job said."""
    with open(job.log, "rb") as log:
        log.seek(max(0, job.log.stat().st_size - MAX_TAIL_BYTES))
        lines = log.read().decode(errors="replace").split("\n")
    said = [line.strip() for line in lines if line.strip()]
    how = f"signal {-code}" if code < 0 else f"exit code {code}"
    last = f": {said[-1].removeprefix('videorlvr: '):.500}" if said else ""
    return f"'{job.name}' ended with {how}{last} (all of it: {job.log}); the same command goes on from here"
