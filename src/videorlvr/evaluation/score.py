"""Scoring anyone's videos: a manifest of problems, a folder of `<id>.mp4`, a verdict for each problem.

Law: every problem of the manifest gets one record, in the manifest's order. A video that is missing,
broken or of the wrong shape is a verdict with that reason, and the others are still judged.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from videorlvr import __version__
from videorlvr.base.records import to_json
from videorlvr.base.stats import wilson
from videorlvr.base.video import VideoError, read_mp4
from videorlvr.evaluation.manifest import Entry, read_manifest
from videorlvr.evaluation.progress import map_in_order
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Layout, Verdict
from videorlvr.worlds.problems import judge_video

MAX_ASPECT_ERROR = 0.02
"""How far a video's width / height may be from the layout's, as a share of it."""

REASON_OF_FILE = {"no_frames": "too_few_frames"}
"""Where a file's fault has another name among the reasons of verdicts."""


def score(manifest: str | Path, videos: str | Path, *, workers: int | None = None) -> dict[str, Any]:
    """Judge `videos/<id>.mp4` for every problem of a manifest.

    A video may have any number of frames that shows the solution at no more than twice its pace, and any
    resolution of the layout's aspect ratio.

    Args:
        workers: Processes; None takes one a core. Fewer than 64 videos are judged in this process.

    Returns:
        {"summary": ..., "records": [...]}, JSON values only; see `summary_of` and `record_of`.

    Raises:
        FileNotFoundError: If the manifest or the folder does not exist.
        ValueError: `file:line: ...` for a line of the manifest that cannot be judged.
    """
    entries = read_manifest(manifest)
    folder = Path(videos)
    if not folder.is_dir():
        code = errno.ENOTDIR if folder.exists() else errno.ENOENT
        raise OSError(code, os.strerror(code), str(folder))
    jobs = [(entry, folder / f"{entry.id}.mp4") for entry in entries]
    records = list(map_in_order(_judge_job, jobs, "judging videos", workers=workers))
    summary = summary_of(records)
    summary["manifest_sha256"] = hashlib.sha256(Path(manifest).read_bytes()).hexdigest()
    return {"summary": summary, "records": records}


def _judge_job(job: tuple[Entry, Path]) -> dict[str, Any]:
    entry, path = job
    return record_of(entry, judge_file(entry, path))


def judge_file(entry: Entry, path: Path) -> Verdict:
    """The verdict on one file. Never raises for what is wrong with the file."""
    world, layout = world_of(entry.problem.address.world), entry.problem.layout
    size = (layout.height_px, layout.width_px)
    try:
        video, _ = read_mp4(path)
        if video.shape[1:3] != size:
            if not same_aspect(video.shape[1], video.shape[2], layout):
                return Verdict(False, "wrong_size")
            # Read again: resizing as part of decoding keeps the colours of subsampled video truest.
            video, _ = read_mp4(path, size=size)
    except VideoError as error:
        return Verdict(False, REASON_OF_FILE.get(error.reason, error.reason))
    return judge_video(world, entry.problem, video)


def same_aspect(height_px: int, width_px: int, layout: Layout) -> bool:
    wanted = layout.width_px / layout.height_px
    return abs(width_px / height_px - wanted) <= MAX_ASPECT_ERROR * wanted


def record_of(entry: Entry, verdict: Verdict) -> dict[str, Any]:
    """One problem's line of the result: its verdict, and the names it is counted under."""
    address = entry.problem.address
    record = {
        "id": entry.id,
        "world": f"{address.world}-v{address.version}",
        "level": address.level,
        "success": verdict.success,
        "reason": verdict.reason,
        "frame": verdict.frame,
        "confidence": verdict.confidence,
        "components": verdict.components,
        "metrics": verdict.metrics,
    }
    result: dict[str, Any] = to_json(record)
    return result


def summary_of(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Counts and rates of all records, of each world and of each level.

    Keys: those of `rate_of`; `by_world` and `by_level`, the same for each world id and `world/level`;
    `reasons`, the number of refusals by reason, most frequent first; `judge`, who said so.
    """
    names = dict.fromkeys(record["world"] for record in records)
    levels = dict.fromkeys((record["world"], record["level"]) for record in records)
    refusals = Counter(record["reason"] for record in records if not record["success"])
    return {
        **rate_of(records),
        "by_world": {name: rate_of([r for r in records if r["world"] == name]) for name in names},
        "by_level": {
            f"{name}/{level}": rate_of([r for r in records if (r["world"], r["level"]) == (name, level)])
            for name, level in levels
        },
        "reasons": dict(sorted(refusals.items(), key=lambda item: (-item[1], item[0]))),
        "judge": {"package": f"videorlvr {__version__}", "worlds": list(names)},
    }


def rate_of(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """count, successes, success_rate, and its Wilson 95% interval [low, high]."""
    successes = sum(bool(record["success"]) for record in records)
    return {
        "count": len(records),
        "successes": successes,
        "success_rate": successes / len(records) if records else None,
        "interval_95": list(wilson(successes, len(records))),
    }
