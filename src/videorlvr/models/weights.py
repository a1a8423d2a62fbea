"""Tensors to a file and back to nobody's surprise: safetensors, written whole or not at all.

Law: a reader meets the old file or the new one, and whoever may read the folder may read the file. Weights in several
files, NAME-1-of-3.safetensors, are read where all of them are there and NAME.safetensors is not.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

HEADER_BYTES = 256
"""At most what a tensor takes in a file's header."""


def write_tensors(tensors: Mapping[str, Tensor], path: Path) -> None:
    """Write tensors of any device, contiguous or not, atomically, with the permissions that the umask gives.

    Raises:
        OSError: If the file cannot be written, as where the disk is full; what was there stays.
    """
    part = path.with_name(path.name + ".part")
    try:
        part.touch()
        mode = part.stat().st_mode  # as the umask has it; safetensors makes the file its owner's alone
        save_file(_apart(tensors), part)
        part.chmod(mode)
        part.replace(path)
    except SafetensorError as error:
        part.unlink(missing_ok=True)
        raise _as_os_error(error, path) from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def write_shards(tensors: Mapping[str, Tensor], path: Path, *, most_bytes: int) -> list[Path]:
    """Write tensors in files of at most `most_bytes` each, in order; one file, `path` itself, if they fit.

    A single tensor that is larger gets a file of its own. Other files of that name, whole or in parts, are removed.
    """
    shards: list[dict[str, Tensor]] = [{}]
    room = most_bytes
    for name, tensor in tensors.items():
        size = tensor.numel() * tensor.element_size() + HEADER_BYTES
        if size > room and shards[-1]:
            shards.append({})
            room = most_bytes
        shards[-1][name] = tensor
        room -= size
    count = len(shards)
    paths = [path] if count == 1 else [_shard(path, number, count) for number in range(1, count + 1)]
    for shard, target in zip(shards, paths, strict=True):
        write_tensors(shard, target)
    for old in {path, *path.parent.glob(f"{path.stem}-*-of-*{path.suffix}")} - set(paths):
        old.unlink(missing_ok=True)
    return paths


def weight_files(path: Path) -> list[Path]:
    """The files that hold the weights of `path`: itself, or all of its parts in order; empty if there are none.

    Raises:
        ValueError: If a part is missing.
    """
    if path.is_file():
        return [path]
    found = list(path.parent.glob(f"{path.stem}-*-of-*{path.suffix}"))
    if not found:
        return []
    count = max(int(number) if (number := file.stem.rpartition("-")[2]).isdecimal() else 0 for file in found)
    wanted = [_shard(path, number, count) for number in range(1, count + 1)]
    missing = [file.name for file in wanted if not file.is_file()]
    if missing or not wanted:
        raise ValueError(
            f"{missing[0] if missing else path.name} is missing; {len(found)} other parts are there"
        )
    return wanted


def read_tensors(files: Sequence[Path]) -> dict[str, Tensor]:
    """All tensors of some safetensors files, on the CPU; raises SafetensorError for a damaged one."""
    return {name: tensor for file in files for name, tensor in load_file(file).items()}


def _shard(path: Path, number: int, count: int) -> Path:
    return path.with_name(f"{path.stem}-{number}-of-{count}{path.suffix}")


def _apart(tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """On the CPU, and none sharing memory with another, which safetensors refuses."""
    out: dict[str, Tensor] = {}
    seen = set()
    for name, tensor in tensors.items():
        plain = tensor.detach().cpu().contiguous()
        place = plain.untyped_storage().data_ptr()
        out[name] = plain.clone() if place in seen else plain
        seen.add(place)
    return out


def _as_os_error(error: SafetensorError, path: Path) -> OSError:
    """safetensors wraps the system's errors, and keeps their number in the text alone."""
    found = re.search(r"os error (\d+)", str(error))
    number = int(found[1]) if found else errno.EIO
    return OSError(number, os.strerror(number) if found else str(error), str(path))
