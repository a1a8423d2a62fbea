"""Verdicts as they come, so that a run that is stopped, however it ends, goes on where it was.

Law: a line belongs to one problem, as the manifest puts it, the files that stand for it, and a judge; `key_of` is the
hash of all three. Whatever changed is judged anew, and what was kept is what would come again.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from videorlvr.base.records import append_jsonl, read_jsonl

KIND = "videorlvr score"
NOT_WANTED, NOTHING_TO_DRAW = "", "nothing to draw"
"""Instead of an overlay's path: none was asked for, or there are no frames to draw on."""


def key_of(problem: Mapping[str, Any], files: Sequence[Path], judge: Mapping[str, Any]) -> str:
    """The hash of a problem, of the names, sizes and times of the files that stand for it, and of who judges."""
    parts = [problem, [_state(file) for file in files], judge]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]


def _state(file: Path) -> list[Any]:
    """What changes when a file does: of a folder, that of every file in it."""
    try:
        found = os.stat(file)
        state = [os.fsencode(file.name).hex(), found.st_size, found.st_mtime_ns, found.st_ino]
        if file.is_dir():
            state += [_state(file / name) for name in sorted(os.listdir(file))]
    except OSError as error:
        return [os.fsencode(file.name).hex(), error.errno]
    return state


class Journal:
    """A file with a line a verdict; one process at a time.

    kept: key -> {"key", "record", "overlay"}, the last line of each key. fault: why a line could not be written.
    """

    def __init__(self, path: Path) -> None:
        """
        Raises:
            ValueError: If the file is something else, damaged, or in use by another process.
            OSError: If it cannot be written.
        """
        self.path, self.fault = path, ""
        path.parent.mkdir(parents=True, exist_ok=True)
        # Locked by a descriptor of its own, which dies with the process: there is never a stale lock to remove.
        self._lock: int | None = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
        try:
            _lock(self._lock, path)
            self._read()
        except BaseException:
            self.close()
            raise

    def _read(self) -> None:
        self.kept: dict[str, dict[str, Any]] = {}
        try:
            lines = read_jsonl(self.path)
            assert all(
                line.get("kind") == KIND and {"key", "record", "overlay"} <= set(line) for line in lines
            )
        except (ValueError, AssertionError):
            raise ValueError(
                f"'{self.path}' is no journal of 'videorlvr score': move it away, or name another with --journal"
            ) from None
        for line in lines:
            self.kept[line["key"]] = line

    def add(self, key: str, record: Mapping[str, Any], overlay: str) -> None:
        """Keep a verdict. overlay: the path of its overlay, or one of the words above."""
        line = {"kind": KIND, "key": key, "record": record, "overlay": overlay}
        try:
            append_jsonl(self.path, line)
        except OSError as error:  # a full disk takes the way back, not the verdicts of this run
            self.fault = f"'{self.path}' could not be written ({error.strerror or error})"
        else:
            self.kept[key] = line

    def close(self) -> None:
        """Give the lock back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def remove(self) -> None:
        """When all that it holds stands elsewhere."""
        self.path.unlink(missing_ok=True)
        self.close()


def _lock(descriptor: int, path: Path) -> None:
    try:
        import fcntl
    except ImportError:  # no such locks on this system
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(
            f"'{path}' is in use: another 'videorlvr score' with the same outputs is at work; wait for it, or name "
            "another file with --journal"
        ) from None
    except OSError:  # a file system without locks
        return
