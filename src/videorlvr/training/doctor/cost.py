"""What the run will take: memory, seconds, money, disk."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import torch

from videorlvr.training.doctor.check import Check, held, without
from videorlvr.training.doctor.tiny import times_longer
from videorlvr.training.doctor.trial import Trial

GIB = 2**30
MOST_MEMORY = 0.9
LINE_BYTES = 2000
"""Of a line of metrics."""


def cost_checks(
    config: Any, tiny: Any, trial: Trial, policy: Any, out: Path, price: float | None
) -> Iterator[Check]:
    yield memory(trial.peak_bytes, room_of(policy.device))
    yield from time_and_money(config, tiny, trial, price)
    yield disk(bytes_to_write(config, trial, policy), free_at(out), out)


def room_of(device: torch.device) -> int:
    """Bytes that a run may have there."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    memory = psutil.virtual_memory()
    return int(memory.available + psutil.Process().memory_info().rss)


def memory(peak: int, room: int) -> Check:
    return held(
        "peak memory",
        peak <= MOST_MEMORY * room,
        f"{peak / GIB:.2f} of {room / GIB:.1f} GiB",
        "lower micro_batch or batch, train an adapter, or turn on gradient checkpointing",
    )


def iteration_seconds(config: Any, tiny: Any, trial: Trial) -> float:
    """Of the run's iteration, from the trial's last one, which is warm."""
    rolled, updated = times_longer(config, tiny)
    line, seconds = trial.lines[-1], trial.seconds[-1]
    update = float(line.get("update_s", 0.0))
    return (seconds - update) * rolled + update * updated


def time_and_money(config: Any, tiny: Any, trial: Trial, price: float | None) -> Iterator[Check]:
    names = "seconds an iteration", "cost of the run"
    if trial.error or not trial.lines:
        yield from (without(name, "the iteration failed") for name in names)
        return
    seconds = iteration_seconds(config, tiny, trial)
    hours = seconds * config.num_steps / 3600
    yield Check(names[0], "pass", f"{seconds:.3g} s, {config.num_steps} of them")
    money = f", {hours * price:.2f} at {price:g} an hour" if price is not None else ""
    yield Check(names[1], "pass", f"{hours:.3g} h{money}; validation left out")


def bytes_to_write(config: Any, trial: Trial, policy: Any) -> int:
    """A checkpoint beside the last one, the policy, a line a step, and the codes of what SFT has made."""
    result = sum(value.numel() * value.element_size() for value in policy.module.state_dict().values())
    pool = 0
    if hasattr(config, "pool_size"):
        for task in config.tasks:
            rows, cols = task.of_level.canvas
            pool += 2 * config.pool_size * task.video_shape[2] * rows * cols
    return int(2 * trial.kept_bytes + result + LINE_BYTES * config.num_steps + pool)


def free_at(out: Path) -> int:
    """Bytes that are free where `out` is, or will be."""
    here = out.absolute()
    while not here.exists():
        here = here.parent
    return shutil.disk_usage(here).free


def disk(wanted: int, free: int, out: Path) -> Check:
    return held(
        "disk",
        wanted <= free,
        f"at most {wanted / GIB:.2f} GiB to write, {free / GIB:.1f} GiB free at '{out}'",
        "free some, or choose another --out",
    )
