"""One process at a time in a folder.

Law: the lock dies with its process, however that ends, so there is never a stale one to remove. Who comes second
is told who came first.
"""

from __future__ import annotations

import errno
import json
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from videorlvr.base.runs import LOCK

try:
    import fcntl
except ImportError:  # no such locks on this system: two runs in one folder are the user's to avoid
    fcntl = None  # type: ignore[assignment]

MAX_OWNER_BYTES, MAX_COMMAND = 10_000, 200
CANNOT_LOCK = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP}


@contextmanager
def only_process_in(folder: Path) -> Iterator[None]:
    """Hold the lock of `folder`, which is made if it is missing.

    On a file system that knows no locks (some clusters mount theirs so) it says so on stderr and goes on.

    Raises:
        ValueError: If another process, or another part of this one, holds it; names it.
        OSError: If the folder cannot be written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # Not truncated by opening, since what it holds is the name of who came first.
    descriptor = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        if fcntl is not None:
            _lock(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, _owner(), 0)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ValueError(
            f"'{folder}' is in use by {_named(descriptor)}: wait for it, stop it, or choose another folder"
        ) from None
    except OSError as error:
        if error.errno not in CANNOT_LOCK:
            raise
        print(
            f"videorlvr: '{folder}' is on a file system without locks, so do not start a second run there",
            file=sys.stderr,
        )


def _owner() -> bytes:
    command = " ".join([os.path.basename(sys.argv[0]), *sys.argv[1:]])
    owner = {"pid": os.getpid(), "host": socket.gethostname(), "command": command[:MAX_COMMAND]}
    return json.dumps(owner).encode() + b"\n"


def _named(descriptor: int) -> str:
    """Who holds the lock; a moment after it was taken, the file may not say so yet."""
    try:
        owner = json.loads(os.pread(descriptor, MAX_OWNER_BYTES, 0))
        pid, host, command = owner["pid"], owner["host"], owner["command"]
    except (ValueError, KeyError, TypeError):
        return "another process"
    where = "" if host == socket.gethostname() else f" on {host}"
    return f"process {pid}{where} ({command})"
