"""Metrics to an experiment tracker, beside metrics.jsonl, through accelerate's tracker classes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Metrics = dict[str, Any]


@contextmanager
def tracking(name: str, folder: Path) -> Iterator[Callable[[Metrics], None]]:
    """A function that sends a line of metrics to tracker `name`; with "none" it does nothing.

    Raises:
        ValueError: If the tracker's library is not installed.
    """
    if name == "none":
        yield lambda line: None
        return
    try:
        from accelerate import Accelerator

        accelerator = Accelerator(log_with=name, project_dir=folder, cpu=True)
        accelerator.init_trackers(folder.name)
    except (ImportError, ValueError) as error:
        raise ValueError(
            f'tracker {name} is not available ({error}): pip install "videorlvr[track]" {name}'
        ) from None
    try:
        yield lambda line: accelerator.log(_numbers(line), step=line["step"])
    finally:
        accelerator.end_training()


def _numbers(line: Metrics) -> Metrics:
    return {key: value for key, value in line.items() if isinstance(value, int | float)}
