"""Scoring anyone's videos: a manifest of problems, a folder of videos named by id, a verdict for each problem.

Law: every problem of the manifest gets one record, in the manifest's order. A video that is missing,
broken or of the wrong shape is a verdict with that reason, and the others are still judged; so is one that
crashes the process that reads it, or never lets go of it.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from videorlvr import __version__
from videorlvr.base.isolated import Lost, map_isolated
from videorlvr.base.progress import track
from videorlvr.base.records import to_json
from videorlvr.base.stats import wilson
from videorlvr.evaluation.candidates import find_videos
from videorlvr.evaluation.manifest import Entry, read_manifest
from videorlvr.evaluation.overlay import write_overlay
from videorlvr.judge.door import inspect
from videorlvr.judge.files import UNDECIDABLE, Finding
from videorlvr.judge.fingerprint import Fingerprint, fingerprint_of
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Verdict

Job = tuple[Entry, list[Path], Path | None]
"""A problem, the files that are named after it, and the folder for its overlay."""

MAX_VIDEO_S, MAX_VIDEO_MB = 60.0, 4096
"""What judging one video may take. A video at the limits of `base.media`, 250 frames of 1080p, stays within them."""
REASONS_OF_LOST = {"crashed": "judge_crashed", "timed_out": "took_too_long", "out_of_memory": "too_large"}


def score(
    manifest: str | Path,
    videos: str | Path,
    *,
    overlay: str | Path | None = None,
    workers: int | None = None,
) -> dict[str, Any]:
    """Judge the video in the folder `videos` that is named after each problem of a manifest.

    A video may be of any kind that `base.media.read` reads, and have any number of frames that shows the
    solution at no more than twice its pace. Other sizes, bars, small shifts and changes of colour are taken
    back where the first frame shows how, see `examine`.

    Args:
        overlay: Folder for `<id>.mp4`: each video with what the judge saw beside it.
        workers: Processes, at least one; None takes one a core. See `base.isolated` for what this asks of a
            script that calls it.

    Returns:
        {"summary": ..., "records": [...]}, JSON values only; see `summary_of` and `record_of`.

    Raises:
        FileNotFoundError: If the manifest or the folder does not exist.
        ValueError: `file:line: ...` for a line of the manifest that cannot be judged.
    """
    entries = read_manifest(manifest)
    files = find_videos(Path(videos), [entry.id for entry in entries])
    out = None if overlay is None else Path(overlay)
    jobs: list[Job] = [(entry, files[entry.id], out) for entry in entries]
    with open(manifest, "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    fingerprint = _fingerprint(entries, sha256)
    answers = map_isolated(_judge_job, jobs, workers=workers, cpu_s=MAX_VIDEO_S, memory_mb=MAX_VIDEO_MB)
    judged = zip(entries, track(answers, "judging videos", total=len(jobs)), strict=True)
    records = [
        (record_of(entry, lost(answer)) if isinstance(answer, Lost) else answer)
        | {"tolerance": fingerprint.tolerance, "fingerprint": fingerprint.digest}
        for entry, answer in judged
    ]
    summary = summary_of(records)
    summary |= {"manifest_sha256": sha256, "fingerprint": fingerprint.to_json()}
    return {"summary": summary, "records": records}


def _fingerprint(entries: Sequence[Entry], manifest_sha256: str) -> Fingerprint:
    """Verdicts only, no rewards; the manifest stands for the suite."""
    names = dict.fromkeys(entry.problem.address.world for entry in entries)
    worlds = [world_of(name) for name in names]
    return fingerprint_of(
        worlds, tolerance=DECLARED, rewards=[], suite="manifest", suite_hash=manifest_sha256[:16]
    )


def lost(answer: Lost) -> Finding:
    """The finding on a video that its process did not survive."""
    return Finding(Verdict(False, REASONS_OF_LOST[answer.reason]), why=answer.detail)


def _judge_job(job: Job) -> dict[str, Any]:
    entry, files, overlay = job
    world = world_of(entry.problem.address.world)
    finding = inspect(world, entry.problem, files, DECLARED)
    if overlay is not None and finding.video is not None:
        write_overlay(overlay / f"{entry.id}.mp4", entry.problem, finding)
    return record_of(entry, finding)


def record_of(entry: Entry, finding: Finding) -> dict[str, Any]:
    """One problem's line of the result: its verdict, and the names it is counted under.

    why: a sentence where the reason is `undecidable` or the judge was lost, else empty.
    """
    address, verdict = entry.problem.address, finding.verdict
    record = {
        "id": entry.id,
        "world": f"{address.world}-v{address.version}",
        "level": address.level,
        "success": verdict.success,
        "reason": verdict.reason,
        "why": finding.why,
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
    """count, successes, success_rate, and its Wilson 95% interval [low, high].

    What is undecidable counts as no success. `undecidable` is how many those are, `bounds` the rates if all of
    them were refused and if all of them were successes.
    """
    count = len(records)
    successes = sum(bool(record["success"]) for record in records)
    undecidable = sum(record["reason"] == UNDECIDABLE for record in records)
    return {
        "count": count,
        "successes": successes,
        "success_rate": successes / count if count else None,
        "interval_95": list(wilson(successes, count)),
        "undecidable": undecidable,
        "bounds": [successes / count, (successes + undecidable) / count] if count else None,
    }
