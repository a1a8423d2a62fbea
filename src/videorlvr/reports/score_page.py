"""A page about videos that were scored: figures, and the cases in which the judge is most likely to be wrong.

Law: self-contained and inert, as every page; cases follow a rule that is printed beside them. A file that could
not be judged to the end is counted and never opened again: here is no process that it may take with it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videorlvr.base.files import write_text_atomic
from videorlvr.base.video import animated_webp
from videorlvr.evaluation.candidates import find_videos
from videorlvr.evaluation.examine import CANNOT_BE_SURE, UNDECIDABLE, examine
from videorlvr.evaluation.manifest import Entry, read_manifest
from videorlvr.evaluation.overlay import overlay
from videorlvr.evaluation.score import REASONS_OF_LOST
from videorlvr.reports.filmstrips import FPS, data_url
from videorlvr.reports.tables import NO_VALUE, Table, percent
from videorlvr.reports.templates import template
from videorlvr.worlds import WORLDS

Record = Mapping[str, Any]

MAX_CASES = 6
PANEL_PX, QUALITY = 200, 85
MAX_SHOWN_FRAMES = 150
NOTHING_TO_SHOW = frozenset(
    {*REASONS_OF_LOST.values(), *("missing_file", "unreadable_video", "too_many_frames")}
)
"""Files that could not be read, or that the judge's process did not survive: they are not read again here."""


@dataclass(frozen=True)
class Case:
    """One video with what the judge saw. outcome: "solved", "refused" or "undecidable"."""

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


def write_score_page(result: Mapping[str, Any], manifest: str | Path, videos: str | Path, out: Path) -> None:
    """Write the page about a result of `evaluation.score.score` on this manifest and folder, atomically."""
    entries = {entry.id: entry for entry in read_manifest(manifest)}
    files = find_videos(Path(videos), entries)
    summary = result["summary"]
    sections = [
        Section(title, rule, tuple(case for record in chosen for case in _cases(record, entries, files)))
        for title, rule, chosen in choose(result["records"])
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
    shown = [record for record in records if record["reason"] not in NOTHING_TO_SHOW]
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


def _cases(record: Record, entries: Mapping[str, Entry], files: Mapping[str, list[Path]]) -> Iterable[Case]:
    """The case of a record, if there is anything to see."""
    problem = entries[record["id"]].problem
    finding = examine(problem, files[record["id"]])
    if finding.video is None:
        return
    frames = overlay(problem, finding, panel_px=PANEL_PX)
    step = -(-len(frames) // MAX_SHOWN_FRAMES)
    picture = data_url("webp", animated_webp(frames[::step], fps=FPS, quality=QUALITY))
    if record["success"]:
        yield Case(record["id"], picture, "solved", f", confidence {record['confidence']:.2f}")
    elif record["reason"] == UNDECIDABLE:
        yield Case(record["id"], picture, UNDECIDABLE, f": {record['why']}")
    else:
        where = f", frame {record['frame']}" if record["frame"] is not None else ""
        yield Case(record["id"], picture, "refused", f": {record['reason']}{where}")


def headline(summary: Mapping[str, Any]) -> str:
    part = f"{summary['successes']} of {summary['count']} videos are solved: {_rate(summary)} %."
    if summary["undecidable"]:
        low, high = summary["bounds"]
        part += (
            f" Of {summary['undecidable']} the judge cannot be sure, so the rate lies between {percent(low)} and "
            f"{percent(high)} %."
        )
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
        "95% Wilson intervals; what is undecidable counts as not solved. Bounds: the rates if all undecidable "
        "videos were refused, and if all were successes."
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
