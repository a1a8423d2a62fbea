"""From addresses to files: what a model outside this package needs to be asked and judged.

A folder holds `manifest.jsonl` (a line a problem), first frames as PNG and oracle videos as lossless mp4.
Law: the manifest is written last and at once, so a folder without one is an export that did not finish.
Exporting again replaces an export of the same world, level and split, and nothing else.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from videorlvr.base.choices import unknown
from videorlvr.base.files import is_inside, open_regular, write_text_atomic
from videorlvr.base.media.png import write_png
from videorlvr.base.media.write import write_mp4
from videorlvr.base.outputs import Claimed, check_output_folder
from videorlvr.base.progress import track
from videorlvr.base.records import to_json
from videorlvr.worlds import world_of
from videorlvr.worlds.api import GIVEN, Problem, Split, World
from videorlvr.worlds.different import Part, different_boards
from videorlvr.worlds.problems import oracle_trace, shown_as
from videorlvr.worlds.render import first_frame, render_trace

DEFAULT_FPS = 8.0
MANIFEST_KEYS = (
    "id",
    "world",
    "version",
    "level",
    "split",
    "index",
    "prompt",
    "problem",
    "layout",
    "num_frames",
    "fps",
    "trace",
    "first_frame",
    "video",
)
FILES = (("first_frames", "png"), ("oracle", "mp4"))
"""Folder and suffix of what is written of each problem."""


def export(
    world: World,
    level: str,
    split: Split,
    count: int,
    out_dir: str | Path,
    *,
    start: int = 0,
    size: tuple[int, int] | None = None,
    align_px: int = 1,
    theme: str | None = None,
    fps: float = DEFAULT_FPS,
) -> Path:
    """Write `count` problems of a level's split, from the index `start` on; returns the manifest's path.

    No board comes twice, so where boards are few some indices are passed by.

    Args:
        size: (H, W) of all frames, the board letterboxed in them; None keeps the level's own canvas.
        align_px: Letterboxed cells lie on multiples of so many pixels where they can, one of `ALIGNMENTS`.
        theme: Colours; None keeps the level's. Prompts name what is shown.

    Raises:
        ValueError: For a level, split, theme, size or count that does not exist.
        OSError: If the folder cannot be written.
    """
    if count < 1:
        raise ValueError(f"count is {count}; expected at least 1 problem")
    if theme is not None and theme not in world.themes:
        raise unknown(f"theme of {world.name}", theme, world.themes)
    part = Part(world.name, level, split, count, start)
    listed = different_boards([part], f"an export of {count} problems")
    return write_problems(
        [shown_as(world, problem, size=size, align_px=align_px, theme=theme) for problem in listed],
        out_dir,
        fps=fps,
    )


def write_problems(
    listed: Sequence[Problem],
    out_dir: str | Path,
    *,
    fps: float = DEFAULT_FPS,
    more: Sequence[Mapping[str, Any]] = (),
    read: Iterable[str | Path] = (),
) -> Path:
    """Write these problems, as they are to be shown, with their manifest; returns its path.

    Args:
        more: Further keys of each problem's line.
        read: Files that the problems come from, which are not replaced.

    Raises:
        ValueError: If the folder cannot be written, or holds what an export of other problems or somebody else made.
        OSError: If the disk is full.
    """
    folder = Path(out_dir)
    manifest = folder / "manifest.jsonl"
    _check_folder(folder, manifest, listed, read)
    manifest.unlink(missing_ok=True)  # an old one would vouch for files that are being replaced
    lines = []
    for number, problem in enumerate(track(listed, "writing problems", total=len(listed))):
        line = _export_one(world_of(problem.address.world), problem, folder, fps)
        lines.append(json.dumps(to_json({**line, **(more[number] if more else {})}), allow_nan=False))
    write_text_atomic(manifest, "\n".join(lines) + "\n")
    return manifest


def _check_folder(
    folder: Path, manifest: Path, listed: Sequence[Problem], read: Iterable[str | Path]
) -> None:
    """What is replaced is an earlier export of these problems, and nothing else."""
    claimed = Claimed()
    for path in read:
        claimed.add(Path(path), "a file that is read,")
    names = [f"{inner}/{p.address.file_id}.{end}" for p in listed for inner, end in FILES]
    check_output_folder("--out", folder, [manifest.name, *names], claimed)
    for inner, _ in FILES:
        if not is_inside(folder / inner, folder):
            raise ValueError(
                f"'{folder / inner}' is a link that leads out of the folder: choose another, or remove the link"
            )
    if not manifest.exists():
        return
    ours = _place(dataclasses.asdict(listed[0].address))
    if (theirs := _first_place(manifest)) != ours:
        what = "/".join(theirs) if theirs else "something else"
        raise ValueError(
            f"'{manifest}' is the manifest of {what}, which an export of {'/'.join(ours)} would replace: choose "
            "another folder"
        )


def _first_place(manifest: Path) -> tuple[str, ...] | None:
    """Where the first problem of a manifest comes from; None if it is none of `export`."""
    try:
        with open_regular(manifest) as file:
            line = json.loads(file.readline(2**20))
        assert set(MANIFEST_KEYS) <= set(line)
        return _place(line)
    except (ValueError, AssertionError, TypeError):
        return None


def _place(line: Mapping[str, Any]) -> tuple[str, ...]:
    """World, level and split; boards that were given fit levels as they come."""
    parts = ("world", "split") if line["split"] == GIVEN else ("world", "level", "split")
    return tuple(str(line[part]) for part in parts)


def _export_one(world: World, problem: Problem, folder: Path, fps: float) -> dict[str, Any]:
    """Write one problem's files; returns its line of the manifest."""
    address, trace = problem.address, oracle_trace(world, problem)
    name = address.file_id
    picture, video = (f"{folder}/{name}.{suffix}" for folder, suffix in FILES)
    write_png(folder / picture, first_frame(world, problem))
    write_mp4(folder / video, render_trace(world, problem, trace), fps=fps, lossless=True)
    line = {
        "id": name,
        **dataclasses.asdict(address),
        "prompt": problem.prompt,
        "problem": problem.to_json(),
        "layout": dataclasses.asdict(problem.layout),
        "num_frames": problem.num_frames,
        "fps": fps,
        "trace": {"ground": problem.grid.ground, "figure": trace.figure},
        "first_frame": picture,
        "video": video,
    }
    assert tuple(line) == MANIFEST_KEYS
    return line
