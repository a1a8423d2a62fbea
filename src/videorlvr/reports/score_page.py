"""A page about videos that were scored: figures, and the cases in which the judge is most likely to be wrong.

Law: self-contained and inert, as every page; cases follow a rule that is printed beside them. Strangers' files are
read in processes that may die, as for their verdicts: one that takes its process with it now, though it did not
then, is shown as lost.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videorlvr.base.files import write_text_atomic
from videorlvr.base.isolated import Lost, map_isolated
from videorlvr.base.media.write import animated_webp
from videorlvr.evaluation.candidates import find_videos
from videorlvr.evaluation.manifest import Entry, read_manifest
from videorlvr.evaluation.overlay import overlay
from videorlvr.evaluation.work import MAX_VIDEO_MB, MAX_VIDEO_S, was_lost
from videorlvr.judge.decoded import UNDECIDABLE
from videorlvr.judge.door import inspect
from videorlvr.judge.files import CANNOT_BE_SURE
from videorlvr.judge.second_eye import BLIND
from videorlvr.judge.tolerance import DECLARED
from videorlvr.reports.filmstrips import FPS, data_url
from videorlvr.reports.tables import NO_VALUE, Table, percent
from videorlvr.reports.templates import template
from videorlvr.worlds import WORLDS, world_of
from videorlvr.worlds.api import Problem

Record = Mapping[str, Any]

MAX_CASES = 6
PANEL_PX, QUALITY = 200, 85
MAX_SHOWN_FRAMES = 150
NOTHING_TO_SHOW = frozenset(
    {"missing_file", "unreadable_video", "unsupported_format", "too_many_frames", "too_large"}
)
"""Files that could not be read. Like those that the judge's process did not survive, they are not read again here."""


@dataclass(frozen=True)
class Case:
    """One video with what the judge saw. outcome: "solved", "refused" or "undecidable"; picture: "" if it was lost."""

    id: str
    picture: str
    outcome: str
    detail: str


@dataclass(frozen=True)
class Section:
    """Cases that were chosen by one rule."""

    title: str
    rule: str
    cases: tuple[Case, ...]


def write_score_page(
    result: Mapping[str, Any],
    manifest: str | Path,
    videos: str | Path,
    out: Path,
    *,
    workers: int | None = None,
    cpu_s: float = MAX_VIDEO_S,
    memory_mb: int = MAX_VIDEO_MB,
    entries: Sequence[Entry] | None = None,
) -> None:
    """Write the page about a result of `evaluation.score.score` on this manifest and folder, atomically.

    workers, cpu_s, memory_mb: processes that read the files shown, and what one file may take; see
        `base.isolated`.
    entries: of the manifest, where it has been read.
    """
    problems = {entry.id: entry.problem for entry in entries or read_manifest(manifest)}
    files = find_videos(Path(videos), problems)
    summary, chosen = result["summary"], choose(result["records"])
    jobs = [(problems[record["id"]], files[record["id"]]) for _, _, records in chosen for record in records]
    pictures = map_isolated(picture_of, jobs, workers=workers, cpu_s=cpu_s, memory_mb=memory_mb)
    sections = [
        Section(title, rule, tuple(case for record in records for case in _cases(record, next(pictures))))
        for title, rule, records in chosen
    ]
    html = template("score_page.html.j2").render(
        headline=headline(summary),
        rates=rates_table(summary),
        refusals=refusals_table(summary),
        sections=[section for section in sections if section.cases],
        judge=summary["judge"],
        manifest_sha256=summary["manifest_sha256"],
    )
    write_text_atomic(out, html)


def choose(records: Sequence[Record]) -> list[tuple[str, str, list[Record]]]:
    """Title, rule and records of each section."""
    shown = [r for r in records if r["reason"] not in NOTHING_TO_SHOW and not was_lost(r)]
    solved = sorted((r for r in shown if r["success"]), key=lambda record: float(record["confidence"]))
    refused = {r["reason"]: r for r in reversed(shown) if r["reason"] not in ("", UNDECIDABLE)}
    undecidable = [r for r in shown if r["reason"] == UNDECIDABLE]
    return [
        (
            "Least sure successes",
            f"The {MAX_CASES} successes of lowest confidence: the most likely to be wrong.",
            solved[:MAX_CASES],
        ),
        (
            "Refusals",
            "Of each reason for refusal, the first video of the manifest.",
            sorted(refused.values(), key=lambda record: str(record["reason"])),
        ),
        (
            "Undecidable",
            f"The first {MAX_CASES} videos of the manifest of which the judge could not be sure.",
            undecidable[:MAX_CASES],
        ),
    ]


def picture_of(job: tuple[Problem, list[Path]]) -> bytes | None:
    """What the judge saw of a problem's files, as an animated WebP; None where there is nothing to see."""
    problem, files = job
    finding = inspect(world_of(problem.address.world), problem, files, DECLARED)
    if finding.video is None:
        return None
    frames = overlay(problem, finding, panel_px=PANEL_PX, at_most=MAX_SHOWN_FRAMES)
    return animated_webp(frames, fps=FPS, quality=QUALITY)


def _cases(record: Record, picture: bytes | Lost | None) -> Iterable[Case]:
    """The case of a record, if there is anything to see, or if what there was is lost."""
    if picture is None:
        return
    if record["success"]:
        eyes = ", seen by one eye alone" if record.get("second_eye") == BLIND else ""
        outcome, detail = "solved", f", confidence {record['confidence']:.2f}{eyes}"
    elif record["reason"] == UNDECIDABLE:
        outcome, detail = UNDECIDABLE, f": {record['why']}"
    else:
        where = f", frame {record['frame']}" if record["frame"] is not None else ""
        why = f": {record['why']}" if record.get("why") else ""
        outcome, detail = "refused", f": {record['reason']}{where}{why}"
    if isinstance(picture, Lost):
        detail += f"; not shown, since the file was lost when it was read for this page ({picture.detail})"
        picture = b""
    yield Case(record["id"], data_url("webp", picture) if picture else "", outcome, detail)


def headline(summary: Mapping[str, Any]) -> str:
    part = f"{summary['successes']} of {summary['count']} videos are solved: {_rate(summary)} %."
    if summary["undecidable"]:
        low, high = summary["bounds"]
        part += (
            f" Of {summary['undecidable']} the judge cannot be sure, so the rate lies between {percent(low)} and "
            f"{percent(high)} %."
        )
    blind = summary.get("second_eye", {}).get(BLIND, 0)
    if blind:
        part += f" {blind} of the successes are seen by one eye alone: the second is blind to such colours or pixels."
    return part


def _rate(part: Mapping[str, Any]) -> str:
    low, high = part["interval_95"]
    return f"{percent(part['success_rate'])} [{percent(low)}, {percent(high)}]"


def rates_table(summary: Mapping[str, Any]) -> Table:
    parts = dict(summary["by_level"])
    if len(parts) > 1:
        parts["all"] = summary
    rows = tuple(
        (
            name,
            str(part["count"]),
            str(part["successes"]),
            _rate(part),
            str(part["undecidable"]),
            f"{percent(part['bounds'][0])} to {percent(part['bounds'][1])}"
            if part["undecidable"]
            else NO_VALUE,
        )
        for name, part in parts.items()
    )
    columns = ("level", "videos", "solved", "solved %", "undecidable", "bounds %")
    note = (
        "95% Wilson intervals, in which samples and images of a puzzle count as one as far as they agree; what is "
        "undecidable counts as not solved. Bounds: the rates if all undecidable videos were refused, and if all were "
        "successes."
    )
    return Table("Success", columns, rows, note)


def refusals_table(summary: Mapping[str, Any]) -> Table:
    meanings = {name: text for world in WORLDS.values() for name, text in world.reasons.items()}
    meanings[UNDECIDABLE] = CANNOT_BE_SURE
    rows = tuple(
        (reason, str(count), percent(count / summary["count"]), meanings.get(reason, ""))
        for reason, count in summary["reasons"].items()
    )
    return Table("Not solved, by reason", ("reason", "videos", "%", "meaning"), rows)
