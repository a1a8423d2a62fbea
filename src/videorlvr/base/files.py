"""Writing whole files so that a reader never meets half of one.

The law: at every moment the target name holds either the old content or the new content in
full. The bytes go to a temporary name in the same folder (renaming is atomic only within one file
system) and the temporary name then replaces the target.
"""

from __future__ import annotations

import os
import secrets
from pathlib import Path


def write_bytes_atomic(path: str | os.PathLike[str], data: bytes) -> None:
    """Write `data` to `path`, replacing what is there; missing parent folders are made.

    Survives a killed process: the target keeps its old content and at worst a hidden `.tmp-*`
    file is left behind. A power cut may lose the newest write, since nothing waits for the disk
    (a run writes thousands of small videos, and each of them can be made again).

    Raises:
        OSError: If the folder or the file cannot be written; the temporary file is removed.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not tempfile.mkstemp: its files are readable by their owner alone, and replace keeps that mode.
    temporary = target.parent / f".tmp-{os.getpid()}-{secrets.token_hex(6)}"
    try:
        with open(temporary, "xb") as file:
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
