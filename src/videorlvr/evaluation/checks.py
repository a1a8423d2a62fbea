"""The checks of a manifest that take time, made by many processes before any video is judged.

Law: what was found in order is not looked at again, as long as nothing of it changes: neither a line, nor a first
frame, nor the worlds. Making a problem anew takes milliseconds, and a manifest is scored for many models.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Sequence
from pathlib import Path

from videorlvr import __version__
from videorlvr.base.isolated import Lost, map_isolated
from videorlvr.base.progress import track
from videorlvr.evaluation.anew import MISSING
from videorlvr.evaluation.manifest import Entry
from videorlvr.evaluation.soundness import is_foreign
from videorlvr.evaluation.work import check_job
from videorlvr.worlds import world_of


class Checked:
    """What was found in order, as empty files of a folder, which may be deleted at any time."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __contains__(self, key: str) -> bool:
        return (self.folder / key).is_file()

    def add(self, key: str) -> None:
        with contextlib.suppress(OSError):  # it costs time, and nothing else
            self.folder.mkdir(parents=True, exist_ok=True)
            (self.folder / key).touch()


MAX_CHECK_S, MAX_CHECK_MB = 60.0, 1024


def num_foreign(entries: Sequence[Entry]) -> int:
    """How many problems are the manifest's own: of no address that could be looked up."""
    return sum(is_foreign(entry.problem.address) for entry in entries)


def check_problems(
    entries: Sequence[Entry],
    manifest: str | Path,
    *,
    workers: int | None = None,
    checked: Checked | None = None,
) -> dict[str, int]:
    """Is every problem that of its address, and every first frame that is there its problem's?

    Args:
        checked: Where that is remembered.

    Returns:
        {"compared", "missing"}: numbers of first frames.

    Raises:
        ValueError: `file:line: ...` for the first line of which this is not so.
    """
    folder = Path(manifest).parent
    key = _key(entries, folder)
    if checked is None or key not in checked:
        jobs = [(entry, folder) for entry in entries]
        answers = map_isolated(check_job, jobs, workers=workers, cpu_s=MAX_CHECK_S, memory_mb=MAX_CHECK_MB)
        for entry, answer in zip(entries, track(answers, "checking problems", total=len(jobs)), strict=True):
            if isinstance(answer, Lost):
                raise ValueError(
                    f"{manifest}:{entry.line}: the line, or its first frame, cannot be checked: {answer.detail}"
                )
            if answer and answer != MISSING:
                raise ValueError(f"{manifest}:{entry.line}: {answer}")
        if checked is not None:
            checked.add(key)
    named = [entry.first_frame for entry in entries if entry.first_frame is not None]
    missing = sum(not (folder / name).is_file() for name in named)
    return {"compared": len(named) - missing, "missing": missing}


def _key(entries: Sequence[Entry], folder: Path) -> str:
    """The hash of everything that the checks depend on."""
    digest = hashlib.sha256(__version__.encode())
    for name in sorted({entry.problem.address.world for entry in entries}):
        digest.update(world_of(name).id.encode())
    for entry in entries:
        digest.update(json.dumps([entry.to_json(), entry.first_frame], sort_keys=True).encode())
        if entry.first_frame is not None:
            try:
                found = os.stat(folder / entry.first_frame)
                digest.update(f"{found.st_size} {found.st_mtime_ns} {found.st_ino}".encode())
            except (OSError, ValueError):
                digest.update(b"missing")
    return digest.hexdigest()[:32]
