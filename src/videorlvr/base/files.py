"""Writing whole files so that a reader never meets half of one, and reading files that strangers made.

The law of writing: at every moment the target name holds either the old content or the new content in
full. The bytes go to a temporary name in the same folder (renaming is atomic only within one file
system) and the temporary name then replaces the target.

The law of reading: it ends. What is no regular file (a pipe, a device) or is larger than the reader allows
is an error, whatever its name and its stated size promise.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path


def open_regular(path: str | os.PathLike[str]) -> BufferedReader:
    """A regular file, opened for reading.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is a folder, a pipe, a device or the like.
    """
    # Not blocking, since opening a pipe for reading waits for someone who writes, perhaps for ever.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise ValueError(f"{path}: not a regular file, so it is not read")
    return open(descriptor, "rb")


def read_bounded(path: str | os.PathLike[str], max_bytes: int) -> bytes:
    """The content of a regular file of at most `max_bytes`.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is no regular file, or a larger one.
    """
    with open_regular(path) as file:
        data = file.read(max_bytes + 1)
    if len(data) > max_bytes:
        raise ValueError(f"{path}: larger than the {max_bytes} bytes that are read of such a file")
    return data


def is_inside(path: Path, folder: Path) -> bool:
    """Does the path, links followed, lie in the folder? Links within it are fine; one that leads out is how a
    folder from a stranger would have other files of this machine read."""
    return Path(os.path.realpath(path)).is_relative_to(os.path.realpath(folder))


@contextmanager
def naming(path: str | os.PathLike[str]) -> Iterator[None]:
    """Errors of writing (a full disk, above all) name the file: the system names it only where it is opened."""
    try:
        yield
    except OSError as error:
        if error.filename is None and error.errno is not None:
            raise OSError(error.errno, error.strerror, os.fspath(path)) from error
        raise


def write_bytes_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path`, replacing what is there; missing parent folders are made.

    Survives a killed process: the target keeps its old content and at worst a hidden `.tmp-*`
    file is left behind. A power cut may lose the newest write, since nothing waits for the disk
    (a run writes thousands of small videos, and each of them can be made again).

    Raises:
        OSError: If the folder or the file cannot be written; the temporary file is removed.
        ValueError: If there is a device or a pipe of that name, which would be gone.
    """
    target = Path(path)
    if target.exists() and not target.is_file() and not target.is_dir():
        raise ValueError(f"'{target}' is a device or a pipe, which is not replaced: name a file")
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not tempfile.mkstemp: its files are readable by their owner alone, and replace keeps that mode.
    temporary = target.parent / f".tmp-{os.getpid()}-{secrets.token_hex(6)}"
    try:
        with naming(target), open(temporary, "xb") as file:
            file.write(data)
        os.replace(temporary, target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def write_text_atomic(path: str | os.PathLike[str], text: str) -> None:
    """Write `text` to `path` as UTF-8, line ends untouched; otherwise as `write_bytes_atomic`.

    Raises:
        OSError: If the file cannot be written.
        UnicodeEncodeError: If `text` holds a lone surrogate; nothing is written then.
    """
    write_bytes_atomic(path, text.encode("utf-8"))
