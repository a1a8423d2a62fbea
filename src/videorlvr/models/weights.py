"""Tensors to a file and back to nobody's surprise: safetensors, written whole or not at all.

Law: a reader meets the old file or the new one, and whoever may read the folder may read the file.
"""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Mapping
from pathlib import Path

from safetensors import SafetensorError
from safetensors.torch import save_file
from torch import Tensor


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
