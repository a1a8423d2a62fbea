"""From addresses to files: what a model outside this package needs to be asked and judged.

A folder holds `manifest.jsonl` (a line a problem), first frames as PNG and oracle videos as lossless mp4.
Law: the manifest is written last and at once, so a folder without one is an export that did not finish;
exporting again overwrites it.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from videorlvr.base.files import write_text_atomic
from videorlvr.base.media.png import write_png
from videorlvr.base.media.write import write_mp4
from videorlvr.base.progress import track
from videorlvr.base.records import to_json
from videorlvr.worlds.api import Problem, Split, World
from videorlvr.worlds.problems import make_problem, oracle_trace, shown_as
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


def export(
    world: World,
    level: str,
    split: Split,
    count: int,
    out_dir: str | Path,
    *,
    start: int = 0,
    size: tuple[int, int] | None = None,
    theme: str | None = None,
    fps: float = DEFAULT_FPS,
) -> Path:
    """Write the problems `start` to `start + count - 1` of a level's split; returns the manifest's path.

    Args:
        size: (H, W) of all frames, the board letterboxed in them; None keeps the level's own canvas.
        theme: Colours; None keeps the level's. Prompts name what is shown.

    Raises:
        ValueError: For a level, split, theme, size or count that does not exist.
        OSError: If the folder cannot be written.
    """
    if count < 1:
        raise ValueError(f"count is {count}; expected at least 1 problem")
    folder = Path(out_dir)
    manifest = folder / "manifest.jsonl"
    lines: list[str] = []
    for index in track(range(start, start + count), f"exporting {world.id}/{level}", total=count):
        problem = shown_as(world, make_problem(world, level, split, index), size=size, theme=theme)
        if not lines:
            manifest.unlink(missing_ok=True)  # an old one would vouch for files that are being replaced
        lines.append(json.dumps(to_json(_export_one(world, problem, folder, fps)), allow_nan=False))
    write_text_atomic(manifest, "\n".join(lines) + "\n")
    return manifest


def _export_one(world: World, problem: Problem, folder: Path, fps: float) -> dict[str, Any]:
    """Write one problem's files; returns its line of the manifest."""
    address, trace = problem.address, oracle_trace(world, problem)
    name = address.file_id
    picture, video = f"first_frames/{name}.png", f"oracle/{name}.mp4"
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
