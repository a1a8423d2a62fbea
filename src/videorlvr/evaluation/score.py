"""Scoring anyone's videos: a manifest of problems, a folder of videos named by id, a verdict for each problem.

Law: every problem of the manifest gets one record, in the manifest's order. A video that is missing,
broken or of the wrong shape is a verdict with that reason, and the others are still judged; so is one that
crashes the process that reads it, or never lets go of it. With a journal, a run that was stopped at any moment goes
on, and its result is the one it would have had, bit for bit.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from videorlvr import __version__
from videorlvr.base.isolated import Lost, as_answered
from videorlvr.base.outputs import Claimed
from videorlvr.base.progress import track
from videorlvr.evaluation.candidates import find_videos
from videorlvr.evaluation.checks import Checked, check_problems, num_foreign
from videorlvr.evaluation.journal import NOTHING_TO_DRAW, Journal, key_of
from videorlvr.evaluation.manifest import Entry, read_manifest
from videorlvr.evaluation.verdicts import record_of, summary_of
from videorlvr.evaluation.work import MAX_VIDEO_MB, MAX_VIDEO_S, Answer, Job, judge_job, lost
from videorlvr.judge.fingerprint import Fingerprint, fingerprint_of
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import world_of

RECORD = 3
"""Raised when records say something else than before, so that a journal holds one kind."""


def score(
    manifest: str | Path,
    videos: str | Path,
    *,
    overlay: str | Path | None = None,
    workers: int | None = None,
    journal: Journal | None = None,
    entries: Sequence[Entry] | None = None,
    checked: Checked | None = None,
) -> dict[str, Any]:
    """Judge the video in the folder `videos` that is named after each problem of a manifest.

    A video may be of any kind that `base.media.read` reads, and have any number of frames that shows the
    solution at no more than twice its pace. Other sizes, bars, small shifts and changes of colour are taken
    back where the first frame shows how, see `examine`.

    Args:
        overlay: Folder for `<id>.mp4`: each video with what the judge saw beside it. It is not checked here that
            this replaces nothing: see `base.outputs`.
        workers: Processes, at least one; None takes one a core. See `base.isolated` for what this asks of a
            script that calls it.
        journal: Where verdicts are kept as they come, and taken from where they are there already.
        entries: Of the manifest, where it has been read.
        checked: Where it is remembered that they are what they should be.

    Returns:
        {"summary": ..., "records": [...], "unwritten": {id: why}}, JSON values only; see `summary_of` and
        `record_of`. unwritten: overlays that could not be drawn or written. The summary also says how many problems
        are foreign, of no address of ours, and how many first frames were compared with theirs or are missing.

    Raises:
        FileNotFoundError: If the manifest or the folder does not exist.
        ValueError: `file:line: ...` for a line of the manifest that cannot be judged.
    """
    entries = read_manifest(manifest) if entries is None else entries
    files = find_videos(Path(videos), [entry.id for entry in entries])
    first_frames = check_problems(entries, manifest, workers=workers, checked=checked)
    sha256 = _sha256(manifest)
    fingerprint = _fingerprint(entries, sha256)
    out = None if overlay is None else Path(os.path.abspath(overlay))
    jobs = [Job(entry, files[entry.id], out and out / f"{entry.id}.mp4") for entry in entries]
    answers: list[Answer | None] = [None] * len(jobs)
    judged = _judged(jobs, fingerprint, journal, workers)
    for index, answer in track(judged, "judging videos", total=len(jobs)):
        answers[index] = answer
    done = [answer for answer in answers if answer is not None]
    assert len(done) == len(jobs)
    stamp = {"tolerance": fingerprint.tolerance, "fingerprint": fingerprint.digest}
    records = [answer.record | stamp for answer in done]
    summary = summary_of(records) | {"foreign": num_foreign(entries), "first_frames": first_frames}
    summary |= {"manifest_sha256": sha256, "fingerprint": fingerprint.to_json()}
    unwritten = {answer.record["id"]: answer.fault for answer in done if answer.fault}
    return {"summary": summary, "records": records, "unwritten": unwritten}


def _judged(
    jobs: Sequence[Job], fingerprint: Fingerprint, journal: Journal | None, workers: int | None
) -> Iterator[tuple[int, Answer]]:
    """(index, answer) of every job, as they come: first what the journal holds."""
    if journal is None:
        yield from _worked_out(jobs, list(range(len(jobs))), workers)
        return
    judge = {
        "package": __version__,
        "record": RECORD,
        "judge": fingerprint.judge,
        "tolerance": fingerprint.tolerance,
    }
    limits = {"s": MAX_VIDEO_S, "mb": MAX_VIDEO_MB}
    keys = [
        key_of(job.entry.to_json(), job.files, judge | limits | {"worlds": dict(fingerprint.worlds)})
        for job in jobs
    ]
    left = []
    for index, (job, key) in enumerate(zip(jobs, keys, strict=True)):
        line = journal.kept.get(key)
        if line is None or not _is_drawn(job, line["overlay"]):
            left.append(index)
        else:
            yield index, Answer(line["record"], line["overlay"])
    for index, answer in _worked_out(jobs, left, workers):
        journal.add(keys[index], answer.record, answer.overlay)
        yield index, answer


def _is_drawn(job: Job, overlay: str) -> bool:
    """Is the overlay that this job wants there already?"""
    if job.overlay is None or overlay == NOTHING_TO_DRAW:
        return True
    return overlay == str(job.overlay) and job.overlay.is_file()


def _worked_out(
    jobs: Sequence[Job], indices: Sequence[int], workers: int | None
) -> Iterator[tuple[int, Answer]]:
    """(index, answer) of some jobs. What is lost where it was also to be drawn is judged again without that: an
    overlay may take more than the video."""
    lost_in_drawing: dict[int, Lost] = {}
    for index, answer in _isolated(jobs, indices, workers):
        if isinstance(answer, Lost) and jobs[index].overlay is not None:
            lost_in_drawing[index] = answer
        else:
            yield index, _answer(jobs[index], answer)
    plain = [Job(job.entry, job.files) for job in jobs]
    for index, answer in _isolated(plain, list(lost_in_drawing), workers):
        record = _answer(jobs[index], answer).record
        if isinstance(answer, Lost):
            yield index, Answer(record, NOTHING_TO_DRAW)
        else:
            yield index, Answer(record, fault=lost_in_drawing[index].detail)


def _isolated(
    jobs: Sequence[Job], indices: Sequence[int], workers: int | None
) -> Iterator[tuple[int, Answer | Lost]]:
    wanted = [jobs[index] for index in indices]
    for place, answer in as_answered(
        judge_job, wanted, workers=workers, cpu_s=MAX_VIDEO_S, memory_mb=MAX_VIDEO_MB
    ):
        yield indices[place], answer


def _answer(job: Job, answer: Answer | Lost) -> Answer:
    return Answer(record_of(job.entry, lost(answer))) if isinstance(answer, Lost) else answer


def _sha256(manifest: str | Path) -> str:
    with open(manifest, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fingerprint(entries: Sequence[Entry], manifest_sha256: str) -> Fingerprint:
    """Verdicts only, no rewards; the manifest stands for the suite."""
    names = dict.fromkeys(entry.problem.address.world for entry in entries)
    worlds = [world_of(name) for name in names]
    return fingerprint_of(
        worlds, tolerance=DECLARED, rewards=[], suite="manifest", suite_hash=manifest_sha256[:16]
    )


def inputs_of(entries: Sequence[Entry], manifest: str | Path, videos: str | Path) -> Claimed:
    """What scoring reads, and must not replace. Of what the manifest says of its files, paths only are believed.

    Raises:
        FileNotFoundError: If the folder does not exist.
    """
    claimed, folder = Claimed(), Path(manifest).parent
    claimed.add(Path(manifest), "the manifest")
    for files in find_videos(Path(videos), [entry.id for entry in entries]).values():
        for file in files:
            claimed.add(file, "the video")
    for entry in entries:
        for name in filter(None, (entry.first_frame, entry.oracle)):
            claimed.add(folder / name, "a file of the manifest,")
    return claimed
