"""Metrics to an experiment tracker, beside metrics.jsonl, through accelerate's tracker classes.

A continued run is continued in the tracker: TensorBoard forgets the steps that the checkpoint does not know, wandb
and trackio know the run again by its name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal

from videorlvr.base import runs

Metrics = dict[str, Any]
Tracker = Literal["none", "tensorboard", "wandb", "trackio"]


def check_installed(name: Tracker) -> None:
    """Ask early whether a tracker can be used: accelerate itself leaves out silently what is not installed.

    Raises:
        ValueError: Naming what is missing and what to install.
    """
    missing = [library for library in ("accelerate", name) if name != "none" and find_spec(library) is None]
    if missing:
        also = "" if name == "tensorboard" else f" {name}"
        raise ValueError(
            f"tracker {name} needs {' and '.join(missing)}: pip install 'videorlvr[track]'{also}, or --tracker none"
        )


@contextmanager
def tracking(name: Tracker, folder: Path, *, step: int) -> Iterator[Callable[[Metrics], None]]:
    """A function that sends a line of metrics to tracker `name`; with "none" it does nothing.

    Args:
        folder: The run's folder.
        step: Steps that are done; what the tracker was told of later ones counts no more.

    Raises:
        ValueError: If the tracker's library is not installed.
    """
    check_installed(name)
    if name == "none":
        yield lambda line: None
        return
    from accelerate import Accelerator

    accelerator = Accelerator(log_with=name, project_dir=folder, cpu=True)
    # For TensorBoard this is the name of a folder, for the others that of a project of many runs.
    project = name if name == "tensorboard" else "videorlvr"
    accelerator.init_trackers(project, init_kwargs={name: _options(name, folder, step)})
    try:
        yield lambda line: accelerator.log(_numbers(line), step=line["step"])
    finally:
        accelerator.end_training()


def _options(name: Tracker, folder: Path, step: int) -> dict[str, Any]:
    """What the tracker's own `init` is given."""
    about = folder / runs.ABOUT  # written once, with the second in which the run began
    run_id = hashlib.sha256(about.read_bytes() if about.exists() else b"").hexdigest()[:8]
    match name:
        case "tensorboard":
            return {"purge_step": step + 1}
        case "wandb":
            return {
                "name": folder.name,
                "id": f"{folder.name}-{run_id}",
                "resume": "allow",
                "dir": str(folder),
            }
        case "trackio":
            return {"name": f"{folder.name}-{run_id}", "resume": "allow"}
        case "none":
            return {}


def _numbers(line: Metrics) -> Metrics:
    return {key: value for key, value in line.items() if key != "step" and isinstance(value, int | float)}
