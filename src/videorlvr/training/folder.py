"""A run folder: everything from which its numbers can be regenerated.

config.json   the resolved configuration        metrics.jsonl   a line a step
about.json    command, versions, commit, date   checkpoints/    to go on from
policy/       the result, so far if interrupted evaluations/    a folder a suite
"""

from __future__ import annotations

import datetime
import json
import platform
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import videorlvr
from videorlvr.base.records import append_jsonl, read_json, truncate_jsonl, write_json
from videorlvr.training.config import Config

# What may differ between a run and its continuation, since no number depends on it.
FREE_KEYS = {"max_s", "log_every", "save_every_s", "num_workers", "device", "compile", "tracker"}


class RunFolder:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoint = path / "checkpoints" / "last"
        self.policy = path / "policy"
        self.metrics = path / "metrics.jsonl"

    @property
    def is_done(self) -> bool:
        return (self.path / "done.json").exists()

    def open(self, config: Config, provenance: Mapping[str, Any] | None = None) -> None:
        """Begin or continue the run of `config` here; `provenance` goes into about.json.

        Raises:
            ValueError: If the folder holds a run of another configuration.
        """
        values = json.loads(config.model_dump_json())
        if (self.path / "config.json").exists():
            stored = read_json(self.path / "config.json")
            for key in sorted((stored.keys() | values.keys()) - FREE_KEYS):
                if stored.get(key) != values.get(key):
                    raise ValueError(
                        f"'{self.path}' holds a run with {key}={stored.get(key)!r}, this one has "
                        f"{values.get(key)!r}: continue with the same configuration or choose another --out"
                    )
            return
        self.path.mkdir(parents=True, exist_ok=True)
        write_json(self.path / "about.json", about(config.seed) | dict(provenance or {}))
        write_json(self.path / "config.json", values)

    def rewind(self, step: int) -> None:
        """Forget metrics of steps that the checkpoint does not know."""
        if self.metrics.exists():
            truncate_jsonl(self.metrics, lambda line: line["step"] <= step)

    def log(self, line: dict[str, Any]) -> None:
        append_jsonl(self.metrics, line)

    def finish(self, summary: dict[str, Any]) -> None:
        write_json(self.path / "done.json", summary)


def about(seed: int) -> dict[str, Any]:
    """Who made a run: command, versions, commit, date."""
    import numpy as np
    import torch

    return {
        "command": " ".join(["videorlvr", *sys.argv[1:]]),
        "seed": seed,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "versions": {
            "videorlvr": videorlvr.__version__,
            "python": platform.python_version(),
            "torch": torch.__version__,
            "numpy": np.__version__,
        },
        "device": torch.cuda.get_device_name() if torch.cuda.is_available() else platform.machine(),
    }


def _commit() -> str | None:
    """The commit of the checkout that the code runs from, '+' where it has changes; None outside one."""
    here = Path(__file__).parent
    try:
        commit = subprocess.run(
            ["git", "rev-parse", "HEAD"], cwd=here, capture_output=True, text=True, check=True, timeout=10
        ).stdout.strip()
        changes = subprocess.run(
            ["git", "status", "--porcelain", "."],
            cwd=here,
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return None
    return commit + ("+" if changes else "")
