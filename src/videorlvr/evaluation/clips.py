"""Which videos of an evaluation are kept, and where.

Law: the choice follows a rule that is fixed before anyone sees the videos and is printed beside them. It
looks at first samples only, and it is stable: a clip chosen from all records is chosen from every part of
them that holds it, so an evaluation may drop the others as it goes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from videorlvr.base.files import write_bytes_atomic
from videorlvr.worlds.api import Video

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
    """The videos by id; none if there is no such file."""
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}
