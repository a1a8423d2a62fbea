"""Which files are whose: the videos of a folder by the ids of a manifest."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from videorlvr.base.media.read import SUFFIXES


def find_videos(folder: Path, ids: Iterable[str]) -> dict[str, list[Path]]:
    """For each id its candidates, by name: `<id>` with a suffix of a video, in any case, or the folder `<id>`.

    The folder is listed once, since a manifest may hold many thousands of ids.

    Raises:
        OSError: If the folder does not exist or is none.
    """
    known = dict.fromkeys(ids)
    found: dict[str, list[Path]] = defaultdict(list)
    with os.scandir(folder) as listing:
        for item in sorted(listing, key=lambda item: item.name):
            stem, suffix = os.path.splitext(item.name)
            name = item.name if item.name in known and item.is_dir() else stem
            if name in known and (name == item.name or suffix.lower() in SUFFIXES):
                found[name].append(folder / item.name)
    return {name: found.get(name, []) for name in known}
