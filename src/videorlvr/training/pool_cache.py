"""Problems that SFT has made, kept in the run folder so that a resumed run need not make them again.

Law: the cache changes when problems are there, never which. It may be deleted at any time; a segment that is
missing, damaged or of another version of the world is made again.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from videorlvr.base.files import write_bytes_atomic
from videorlvr.training.config import Task
from videorlvr.worlds import world_of
from videorlvr.worlds.blocks import oracle_block

SEGMENT = 4096
"""Problems in a file: a tenth of a second to write, and what a killed run loses at most."""

CodesNTRQ = npt.NDArray[np.int16]


class PoolCache:
    """The first problems of a task from index `first` on, a segment a file, named by its place from there."""

    def __init__(self, folder: Path, task: Task, *, first: int = 0, aside: bool = False) -> None:
        """aside: write in a thread, which `settle` waits for: packing takes a third of a second of a trainer's time."""
        self.folder, self.task, self.first = folder / task.world, task, first
        self.thread = ThreadPoolExecutor(1) if aside else None
        self.writing: list[Future[None]] = []
        self.key = f"{world_of(task.world).id}/{task.level}/train/{first}"

    def segments(self) -> Iterator[CodesNTRQ]:
        """What is there, index after index from 0: codes [N, T, rows, cols]."""
        start = 0
        while (codes := self._read(start)) is not None:
            yield codes
            start += len(codes)

    def write(self, start: int, codes: CodesNTRQ) -> None:
        """Keep the problems from index `start` on."""
        if self.thread is None:
            self._write(start, codes)
            return
        self.settle(wait=False)
        self.writing.append(self.thread.submit(self._write, start, codes))

    def settle(self, *, wait: bool = True) -> None:
        """Raises OSError if a file could not be written; waits for those that are being written."""
        while self.writing and (wait or self.writing[0].done()):
            self.writing.pop(0).result()

    def _write(self, start: int, codes: CodesNTRQ) -> None:
        file = io.BytesIO()
        np.savez_compressed(file, key=np.array(self.key), codes=codes)
        write_bytes_atomic(self._path(start), file.getvalue())

    def _path(self, start: int) -> Path:
        return self.folder / f"{start:08d}.npz"

    def _read(self, start: int) -> CodesNTRQ | None:
        try:
            with np.load(self._path(start), allow_pickle=False) as arrays:
                key, codes = str(arrays["key"]), arrays["codes"]
        except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile, zlib.error):
            return None
        if key != self.key or codes.dtype != np.int16 or codes.ndim != 4 or not len(codes):
            return None
        # One problem made anew shows whether the world still makes what is kept here.
        made = oracle_block(self.task.world, self.task.level, "train", self.first + start, 1)
        return codes if np.array_equal(codes[:1], made) else None
