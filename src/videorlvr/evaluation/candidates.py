"""Which files are whose: the videos of a folder by the ids of a manifest."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from videorlvr.base.media.formats import SUFFIXES


def find_videos(folder: Path, ids: Iterable[str]) -> dict[str, list[Path]]:
    """For each id its candidates, by name: `<id>` with a suffix of a video, in any case, or the folder `<id>`.

    A folder without pictures beside a file is passed by, and so is a file with another suffix: notes of a model's
    script, say. Where there is nothing else, it is the candidate all the same, and its verdict says what it is.

    The folder is listed once, since a manifest may hold many thousands of ids.

    Raises:
        OSError: If the folder does not exist or is none.
    """
    known = dict.fromkeys(ids)
    found: dict[str, list[Path]] = defaultdict(list)
    with os.scandir(folder) as listing:
        for item in sorted(listing, key=lambda item: item.name):
            stem = os.path.splitext(item.name)[0]
            name = item.name if item.name in known and (item.is_dir() or stem not in known) else stem
            if name in known:
                found[name].append(folder / item.name)
    return {name: _candidates(name, found[name]) if name in found else [] for name in known}


def _candidates(name: str, files: list[Path]) -> list[Path]:
    videos = [file for file in files if file.suffix.lower() in SUFFIXES or file.name == name]
    if len(videos) > 1:
        videos = [file for file in videos if _holds_something(file)] or videos[:1]
    return videos or files[:1]


def _holds_something(file: Path) -> bool:
    """A file, or a folder with pictures."""
    try:
        with os.scandir(file) as listing:
            return any(item.name.lower().endswith(".png") and item.name[0] != "." for item in listing)
    except OSError:  # no folder, or none that can be read, which its verdict will say
        return True
