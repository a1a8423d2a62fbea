"""What the worker processes of `score` do: check one line of a manifest, judge one video, draw what the judge saw.

Law: a by-product never changes a verdict. An overlay that cannot be drawn or written is said beside the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videorlvr.base.isolated import Lost
from videorlvr.evaluation.anew import difference, first_frame_fault
from videorlvr.evaluation.journal import NOT_WANTED, NOTHING_TO_DRAW
from videorlvr.evaluation.manifest import Entry
from videorlvr.evaluation.overlay import write_overlay
from videorlvr.evaluation.verdicts import record_of
from videorlvr.judge.decoded import UNDECIDABLE
from videorlvr.judge.door import inspect
from videorlvr.judge.finding import Finding
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Verdict

MAX_VIDEO_S, MAX_VIDEO_MB = 300.0, 2048
"""What judging one video may take, in seconds of processor time and in memory. A video at the limits of
`base.media` stays within them."""

NO_END = "the judge did not come to an end: "


@dataclass(frozen=True)
class Job:
    """A problem, the files that are named after it, and where to write its overlay, if one is wanted."""

    entry: Entry
    files: list[Path]
    overlay: Path | None = None


@dataclass(frozen=True)
class Answer:
    """A record, what became of the overlay (its path, or a word of `evaluation.journal`), and why not otherwise."""

    record: dict[str, Any]
    overlay: str = NOT_WANTED
    fault: str = ""


def check_job(job: tuple[Entry, Path]) -> str:
    """What is wrong with an entry of a manifest in that folder; "" if nothing is, `MISSING` if its first frame is."""
    entry, folder = job
    return difference(entry.problem) or first_frame_fault(entry, folder)


def judge_job(job: Job) -> Answer:
    problem = job.entry.problem
    finding = inspect(world_of(problem.address.world), problem, job.files, DECLARED)
    record = record_of(job.entry, finding)
    if job.overlay is None:
        return Answer(record)
    if finding.video is None:
        return Answer(record, NOTHING_TO_DRAW)
    try:
        write_overlay(job.overlay, problem, finding)
    except Exception as error:  # whatever it is, it is no verdict
        return Answer(record, fault=f"{type(error).__name__}: {error}"[:300])
    return Answer(record, str(job.overlay))


def lost(lost: Lost) -> Finding:
    """The finding on a video that its process did not survive: nothing is known of what it shows."""
    return Finding(Verdict(False, UNDECIDABLE), why=NO_END + lost.detail)


def was_lost(record: Mapping[str, Any]) -> bool:
    return str(record["why"]).startswith(NO_END)
