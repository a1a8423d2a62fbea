"""`python -m videorlvr.reports.audit_page RESULT.json ... docs/audit.md`: what audits found, as a page.

The results are those of `videorlvr audit --json`; the page's figures go to a folder beside it, named like it.
Law: the page says what the results say, since it is printed from them; the same results, the same bytes.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videorlvr.audit.distortions import DISTORTIONS, UNCHANGED
from videorlvr.audit.result import AuditResult, Tally
from videorlvr.audit.tolerance import declared, strongest_survived
from videorlvr.base.files import write_bytes_atomic, write_text_atomic
from videorlvr.base.stats import wilson
from videorlvr.reports.audit_plots import pooled, tolerance_figure
from videorlvr.reports.worlds_page import markdown_table
from videorlvr.worlds import WORLDS
from videorlvr.worlds.declared import LARGE, MAX_FALSE_REFUSALS, SMALL, way_shown

FOOTER = "*Made by `python -m videorlvr.reports.audit_page`; run the audit again, do not edit this page.*"
MAX_REASONS = 4


@dataclass(frozen=True)
class Run:
    """One file: how it was made, and its audits."""

    command: str
    date: str
    seconds: int
    audits: tuple[AuditResult, ...]


def load(path: Path) -> Run:
    """The results in a file of `videorlvr audit --json`.

    Raises:
        ValueError: If it holds something else.
    """
    value: Any = json.loads(path.read_text())
    try:
        audits = tuple(AuditResult.from_json(audit) for audit in value["audits"])
        return Run(value["command"], value["date"], value["seconds"], audits)
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} is no file of 'videorlvr audit --json': {error}") from None


def at_most(count: int, total: int) -> str:
    """The upper end of the 95% interval, in percent."""
    return f"{100 * wilson(count, total)[1]:.2g}%" if total else ""


def summary_table(audits: Sequence[AuditResult]) -> str:
    def total(tallies: Sequence[Tally], name: str) -> str:
        videos = sum(tally.videos for tally in tallies)
        return f"{sum(getattr(tally, name) for tally in tallies)} of {videos}" if videos else "-"

    columns = (
        "audit",
        "problems",
        "different boards",
        "honest videos refused",
        "cheats accepted",
        "refused for another reason",
        "refused under the declared distortions",
        "distorted cheats accepted",
    )
    rows = [
        (
            result.name,
            result.problems,
            result.boards,
            total(result.valid, "refused"),
            total(result.cheats, "accepted"),
            sum(tally.refused_wrongly for tally in result.cheats),
            total(result.at_declared_strength, "refused"),
            total(result.distorted_cheats, "accepted"),
        )
        for result in audits
    ]
    return markdown_table(columns, rows)


def merged(parts: Sequence[Sequence[Tally]]) -> Iterator[tuple[str, int, int, int, int, Counter[str]]]:
    """name, videos, accepted, absent, wrong reasons, reasons: of several audits together, by name."""
    for name in dict.fromkeys(tally.name for part in parts for tally in part):
        same = [tally for part in parts for tally in part if tally.name == name]
        reasons: Counter[str] = Counter()
        for tally in same:
            reasons.update(tally.reasons)
        yield (
            name,
            sum(tally.videos for tally in same),
            sum(tally.accepted for tally in same),
            sum(tally.absent for tally in same),
            sum(tally.refused_wrongly for tally in same),
            reasons,
        )


def _listed(reasons: Counter[str]) -> str:
    shown = [f"`{reason}` {count}" for reason, count in reasons.most_common(MAX_REASONS)]
    return ", ".join([*shown, *(["..."] if len(reasons) > MAX_REASONS else [])])


def honest_table(audits: Sequence[AuditResult]) -> str:
    rows = [
        (name, videos, videos - accepted, at_most(videos - accepted, videos), absent, _listed(reasons))
        for name, videos, accepted, absent, _, reasons in merged([audit.valid for audit in audits])
    ]
    return markdown_table(("honest video", "made", "refused", "at most", "not for", "refused for"), rows)


def cheats_table(audits: Sequence[AuditResult]) -> str:
    rows = [
        (name, videos, accepted, at_most(accepted, videos), absent, wrong, _listed(reasons))
        for name, videos, accepted, absent, wrong, reasons in merged([audit.cheats for audit in audits])
    ]
    columns = ("cheat", "made", "accepted", "at most", "not for", "another reason", "refused for")
    return markdown_table(columns, rows)


def declared_table(audits: Sequence[AuditResult]) -> str:
    """Every world's declared tolerances, side by side; in brackets what these audits measured."""
    ways = [(world, way) for world, record in WORLDS.items() for way in record.declared]
    found = {(world, way): pooled(shown_so(audits, world, way)) for world, way in ways}

    def cell(world: str, way: str, name: str) -> str:
        strength = WORLDS[world].declared[way].get(name)
        points = found[world, way].get(name, {})
        measured = strongest_survived([(at, point.refused / point.videos) for at, point in points.items()])
        stated = "-" if strength is None else f"{strength:g}"
        return f"{stated} ({'-' if measured is None else f'{measured:g}'})" if points else stated

    rows = [
        (name, distortion.unit, *(cell(world, way, name) for world, way in ways))
        for name, distortion in DISTORTIONS.items()
        if name != UNCHANGED
    ]
    return markdown_table(("distortion", "unit", *(f"{world}, {way}" for world, way in ways)), rows)


def _world(audit: AuditResult) -> str:
    return audit.world.rpartition("-v")[0]


def shown_so(audits: Sequence[AuditResult], world: str, way: str) -> list[AuditResult]:
    """The audits of a world whose problems were shown in small or in large cells."""
    return [audit for audit in audits if (_world(audit), way_shown(audit.cells_px[0])) == (world, way)]


def kept_table(world: str, way: str, audits: Sequence[AuditResult]) -> str:
    """Oracle videos and cheats at the declared strengths, all levels together."""
    curves, strengths = pooled(audits), declared(WORLDS[world], audits[0].cells_px[0])
    cheats = {
        name: (videos, taken) for name, videos, taken, *_ in merged([a.distorted_cheats for a in audits])
    }
    rows = []
    for name, points in curves.items():
        point = points.get(strengths[name]) if name in strengths else None
        if point is None:
            continue
        strength = "" if name == UNCHANGED else f"{strengths[name]:g}"
        refused = (point.refused, at_most(point.refused, point.videos), point.undecidable)
        videos, accepted = cheats.get(name, (0, 0))
        fooled = (videos, accepted, at_most(accepted, videos)) if videos else ("", "", "")
        rows.append((name, strength, point.videos, *refused, *fooled))
    columns = ("distortion", "strength", "oracle videos", "refused", "at most", "of these undecidable")
    return markdown_table((*columns, "cheats", "accepted", "at most"), rows)


def world_sections(world: str, audits: Sequence[AuditResult], image: str) -> Iterator[str]:
    yield f"## {world}"
    if any(audit.tolerance for audit in audits):
        yield f"![Share of oracle videos accepted, by strength of each distortion]({image})"
    yield "### Honest videos"
    yield honest_table(audits)
    for way in (SMALL, LARGE):
        shown = [audit for audit in shown_so(audits, _world(audits[0]), way) if audit.tolerance]
        if shown:
            yield f"### At the declared strengths, {way}"
            yield kept_table(_world(audits[0]), way, shown)
    yield "### Cheats"
    yield cheats_table(audits)


INTRODUCTION = """How often the judge is wrong, measured. **Honest videos** are oracle videos and other valid
solutions, which must be accepted. **Cheats** must be refused, and for a reason of their own. Both are judged as
they are; distorted videos as `videorlvr score` judges files, which also looks for boards that were moved, resized or
padded. "At most" is the upper end of the 95% interval (Wilson) of the rate over problems as the generator draws
them; at `micro` it draws the same boards again and again. "Not for" counts problems that have no such video.
`videorlvr.audit.run` makes every single one again from its problem: `cheat_video`, `distorted_video`."""


def page(runs: Sequence[Run], images: str) -> str:
    """The Markdown of the page; figures are named `images`/WORLD.png."""
    audits = [audit for run in runs for audit in run.audits]
    commands = [f"- `{run.command}`, {run.date}, {run.seconds} s" for run in runs]
    judges = dict.fromkeys(f"{audit.package}, judge {audit.judge}" for audit in audits)
    worlds = dict.fromkeys(audit.world for audit in audits)
    sections = [
        "# Audit of the judge",
        INTRODUCTION,
        "\n".join(commands),
        f"Judged by {'; '.join(judges)}; worlds {', '.join(worlds)}.",
        "## Summary",
        summary_table(audits),
        "## Declared tolerance",
        f"Up to this strength, weaker ones included, at most {MAX_FALSE_REFUSALS:.1%} of oracle videos are refused; in "
        "brackets the strongest for which that held in the audits of this page (point estimate, levels pooled). One "
        "distortion at a time; `-` where the weakest is too much.",
        declared_table(audits),
    ]
    for world in dict.fromkeys(audit.world for audit in audits):
        own = [audit for audit in audits if audit.world == world]
        sections += world_sections(world, own, f"{images}/{_world(own[0])}.png")
    return "\n\n".join([*sections, FOOTER]) + "\n"


def write_page(results: Sequence[Path], out: Path) -> list[Path]:
    """Write the page and its figures; returns the files."""
    runs = [load(path) for path in results]
    audits = [audit for run in runs for audit in run.audits]
    folder = out.with_suffix("")
    written = []
    for world in dict.fromkeys(_world(audit) for audit in audits if audit.tolerance):
        image = folder / f"{world}.png"
        write_bytes_atomic(image, tolerance_figure([audit for audit in audits if _world(audit) == world]))
        written.append(image)
    write_text_atomic(out, page(runs, folder.name))
    return [out, *written]


def main(arguments: Sequence[str]) -> None:
    if len(arguments) < 2:
        raise SystemExit("usage: python -m videorlvr.reports.audit_page RESULT.json ... docs/audit.md")
    for path in write_page([Path(argument) for argument in arguments[:-1]], Path(arguments[-1])):
        print(path)


if __name__ == "__main__":
    main(sys.argv[1:])
