"""Where results go is tried before the work, and is never what the work reads.

Law: after `check_outputs` a command can write what it was asked for, as far as can be known beforehand, and doing so
replaces none of its inputs: not by name, link, hard link, or a folder that holds them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn


@dataclass
class Claimed:
    """Files and folders that must not be written to, each with what it is: 'the manifest', 'a video'."""

    by_place: dict[str, str] = field(default_factory=dict)
    by_file: dict[tuple[int, int], str] = field(default_factory=dict)
    folders: dict[str, str] = field(default_factory=dict)

    def add(self, path: Path, what: str) -> None:
        """A file, or a folder with all that is in it."""
        place = os.path.realpath(path)
        (self.folders if os.path.isdir(place) else self.by_place)[place] = f"{what} '{path}'"
        if (file := _identity(path)) is not None:
            self.by_file[file] = f"{what} '{path}'"

    def what_is(self, path: Path) -> str:
        """What it is that writing to `path` would replace or change; "" if nothing that was claimed."""
        place = os.path.realpath(path)
        file = _identity(path)
        if place in self.by_place or (file is not None and file in self.by_file):
            return self.by_place.get(place) or self.by_file.get(file or (0, 0), "")
        inside = [what for folder, what in self.folders.items() if Path(place).is_relative_to(folder)]
        return inside[0] if inside else ""


def check_outputs(files: Sequence[tuple[str, Path]], claimed: Claimed) -> None:
    """Try places for files: (option, path) each; missing folders are made, and every one that passes is claimed.

    Raises:
        ValueError: Naming option, path and reason, for a place that cannot be written or would replace an input.
    """
    for option, path in files:
        refuse_claimed(option, path, claimed)
        if os.path.isdir(path):
            raise ValueError(f"{option} '{path}' is a folder: name a file in it")
        if os.path.exists(path) and not os.path.isfile(path):
            raise ValueError(f"{option} '{path}' is a device or a pipe, which is not replaced: name a file")
        _try_folder(option, path.parent, path.name)
        claimed.add(path, f"the file of {option},")


def check_output_folder(option: str, folder: Path, names: Iterable[str], claimed: Claimed) -> None:
    """Try a folder for files of these names; it is made if it is missing.

    Raises:
        ValueError: As `check_outputs`.
    """
    refuse_claimed(option, folder, claimed)
    if os.path.exists(folder) and not os.path.isdir(folder):
        raise ValueError(f"{option} '{folder}' is a file: name a folder")
    _try_folder(option, folder, "")
    for name in names:
        if os.path.lexists(folder / name):
            refuse_claimed(option, folder / name, claimed)
            if (folder / name).is_dir():
                raise ValueError(
                    f"{option} '{folder}' holds a folder '{name}', where a file is to be written"
                )


def refuse_claimed(option: str, path: Path, claimed: Claimed) -> None:
    """
    Raises:
        ValueError: If writing to `path` would replace or change what was claimed.
    """
    if what := claimed.what_is(path):
        raise ValueError(f"{option} '{path}' would write over {what}: choose another place")


def _identity(path: Path) -> tuple[int, int] | None:
    """What hard links to a file have in common."""
    try:
        found = os.stat(path)
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _try_folder(option: str, folder: Path, name: str) -> None:
    """Make the folder, and a file in it for a moment: permissions alone do not say whether that will do."""
    trial = folder / f".tmp-{os.getpid()}-{secrets.token_hex(6)}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if name:
            (folder / name).exists()  # raises for a name that is too long
        trial.write_bytes(b"")
        trial.unlink()
    except OSError as error:
        _refuse(option, folder / name if name else folder, error)


def _refuse(option: str, path: Path, error: OSError) -> NoReturn:
    reason = (error.strerror or str(error)).lower()
    raise ValueError(f"{option} '{path}' cannot be written ({reason}): choose another place") from None
