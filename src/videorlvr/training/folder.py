"""A run folder: everything from which its numbers can be regenerated; `base.runs` has its names.

Law: it holds one run, by one process at a time.
"""

from __future__ import annotations

import datetime
import json
import platform
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import videorlvr
from videorlvr.base import runs
from videorlvr.base.lock import only_process_in
from videorlvr.base.records import append_jsonl, read_json_object, truncate_jsonl, write_json
from videorlvr.judge.fingerprint import Fingerprint, differences, fingerprint_of
from videorlvr.judge.tolerance import EXACT
from videorlvr.players.sampling import stored_of_today
from videorlvr.training.config import RunConfig
from videorlvr.worlds import world_of

FREE_KEYS = {
    "max_s",
    "log_every",
    "save_every_s",
    "num_workers",
    "device",
    "compile",
    "tracker",
    "shard_weights",
}
"""What may differ between a run and its continuation: what is told and kept, and where it is computed. On another
device, or compiled, sums differ in their last bits (on a GPU the network runs in bfloat16): the run goes on, and is
no longer bit for bit the one that did not move."""


class RunFolder:
    """fingerprint: what the run is judged by, known once it is open."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.fingerprint: dict[str, Any] | None = None
        self.checkpoint = path / runs.CHECKPOINT
        self.policy = path / runs.POLICY
        self.pool = path / runs.POOL
        self.metrics = path / runs.METRICS

    @property
    def is_done(self) -> bool:
        return (self.path / runs.DONE).exists()

    @contextmanager
    def open(self, config: RunConfig, provenance: Mapping[str, Any] | None = None) -> Iterator[None]:
        """Begin or continue the run of `config` here, alone until this ends; `provenance` goes into about.json.

        Raises:
            ValueError: If the folder holds a run of another configuration, or one that was judged otherwise:
                half a run of one judge and half of another would be no run of either; or if another process
                works here.
        """
        values = json.loads(config.model_dump_json())
        fingerprint = fingerprint_of_run(config)
        self.fingerprint = fingerprint.to_json()
        self._check_same(values, fingerprint)
        if self.is_done:  # nothing will be written, so that a finished run may be read-only
            yield
            return
        with only_process_in(self.path):
            self._check_same(values, fingerprint)  # who had the folder until now may have begun another run
            if not (self.path / runs.CONFIG).exists():
                made = about(config.seed) | dict(provenance or {}) | {"fingerprint": self.fingerprint}
                write_json(self.path / runs.ABOUT, made)
                write_json(self.path / runs.CONFIG, values)
            yield

    def _check_same(self, values: Mapping[str, Any], fingerprint: Fingerprint) -> None:
        if not (self.path / runs.CONFIG).exists():
            return
        stored = renamed(read_json_object(self.path / runs.CONFIG))
        for key in sorted(stored.keys() - FREE_KEYS):  # others came with a later release than began the run
            if stored[key] != values.get(key):
                raise ValueError(
                    f"'{self.path}' holds a run with {key}={stored[key]!r}, this one has "
                    f"{values.get(key)!r}: continue with the same configuration or choose another --out"
                )
        self._check_judged_alike(fingerprint)

    def _check_judged_alike(self, fingerprint: Fingerprint) -> None:
        about_file = self.path / runs.ABOUT
        stored = read_json_object(about_file).get("fingerprint") if about_file.exists() else None
        if stored is None:  # begun by a release that kept none
            return
        changed = differences(Fingerprint.from_json(stored), fingerprint)
        if changed:
            raise ValueError(
                f"'{self.path}' holds a run that was judged otherwise than this one would be, in "
                f"{'; '.join(changed)}: choose another --out, or the release that began it"
            )

    def rewind(self, step: int) -> None:
        """Forget metrics of steps that the checkpoint does not know."""
        if self.metrics.exists():
            truncate_jsonl(self.metrics, lambda line: line["step"] <= step)

    def log(self, line: dict[str, Any]) -> None:
        append_jsonl(self.metrics, line)

    def finish(self, summary: dict[str, Any]) -> None:
        write_json(self.path / runs.DONE, summary | {"fingerprint": self.fingerprint})


def renamed(config: Mapping[str, Any]) -> dict[str, Any]:
    """A stored configuration in today's words: the first release called methods stages, and SDE-GRPO grpo."""
    values = stored_of_today(config)
    if "method" not in values and "stage" in values:
        stage = values.pop("stage")
        values["method"] = "sde-grpo" if stage == "grpo" else stage
    return values


def fingerprint_of_run(config: RunConfig) -> Fingerprint:
    """What validates a run and, in RL, rewards it; its problems are drawn as it goes, so there is no suite."""
    worlds = [world_of(task.world) for task in config.tasks]
    return fingerprint_of(worlds, tolerance=EXACT, rewards=config.reward_names)


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
