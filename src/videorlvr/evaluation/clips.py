"""Which videos of an evaluation are kept, and where.

Law: the choice follows a rule that is fixed before anyone sees the videos and is printed beside them. It
looks at first samples only, and it is stable: a clip chosen from all records is chosen from every part of
them that holds it, so an evaluation may drop the others as it goes.
"""

from __future__ import annotations

import io
import math
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from videorlvr.base.files import open_regular, write_bytes_atomic
from videorlvr.worlds.api import Video

MAX_CLIPS_BYTES = 2**29
NUM_FIRST, NUM_EACH = 4, 3
RULE = (
    f"of each world, in suite order: the first {NUM_FIRST} problems whatever came out, "
    f"the first {NUM_EACH} successes and the first {NUM_EACH} failures; first samples only"
)


def chosen_ids(records: Iterable[Mapping[str, Any]]) -> list[str]:
    """Ids of the clips to keep, of records in suite order; see `RULE`."""
    seen: dict[tuple[str, str], int] = {}
    ids = []
    for record in records:
        if record["sample"] != 0:
            continue
        kinds = (("any", NUM_FIRST), ("success" if record["success"] else "failure", NUM_EACH))
        counts = [(record["world"], kind) for kind, _ in kinds]
        if any(seen.get(key, 0) < limit for key, (_, limit) in zip(counts, kinds, strict=True)):
            ids.append(record["id"])
        for key in counts:
            seen[key] = seen.get(key, 0) + 1
    return ids


def write_clips(path: Path, clips: Mapping[str, Video]) -> None:
    """Write videos uint8 [T, H, W, 3] by id, compressed, atomically."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **clips)
    write_bytes_atomic(path, buffer.getvalue())


def read_clips(path: Path) -> dict[str, Video]:
    """The videos by id; none if there is no such file.

    Raises:
        ValueError: If the file holds anything else, or more than `MAX_CLIPS_BYTES` once it is unpacked.
    """
    if not path.is_file():
        return {}
    try:
        with open_regular(path) as raw, zipfile.ZipFile(raw) as archive:
            _check_unpacked_size(archive)
            clips = {
                member.filename.removesuffix(".npy"): _clip(archive, member) for member in archive.infolist()
            }
    except Exception as error:  # a hostile archive makes its readers raise what they like
        raise ValueError(
            f"{path} holds no clips: {type(error).__name__} {error}; evaluate the run again"
        ) from None
    return clips


def _check_unpacked_size(archive: zipfile.ZipFile) -> None:
    """A member is never unpacked beyond the size that it states, so the stated sizes bound the memory."""
    unpacked = sum(member.file_size for member in archive.infolist())
    if unpacked > MAX_CLIPS_BYTES:
        raise ValueError(f"{unpacked} bytes of videos; expected at most {MAX_CLIPS_BYTES}")


def _clip(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Video:
    data = archive.read(member)
    header = io.BytesIO(data)
    np.lib.format.read_magic(header)
    shape, _, dtype = np.lib.format.read_array_header_1_0(header)
    # Checked before the array is made, since its header may state any size.
    if dtype != np.uint8 or len(shape) != 4 or shape[-1] != 3 or not 0 < math.prod(shape) <= len(data):
        raise ValueError(f"{member.filename:.80} is {dtype} of shape {shape}; expected uint8 [T, H, W, 3]")
    return np.asarray(np.load(io.BytesIO(data), allow_pickle=False))
