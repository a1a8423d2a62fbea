"""The card of a study as text: Markdown that reads in a terminal and on a page.

Law: every number comes from the card, and the rule stands beside what was found.
"""

from __future__ import annotations

from typing import Any

from videorlvr.evaluation.measures import MEASURES
from videorlvr.evaluation.study import Criterion, Study
from videorlvr.reports.worlds_page import markdown_table

Card = dict[str, Any]
SHOWN = ("success", "process", "steps", "network_evaluations", "seconds_a_step", "seconds")
"""Measures of the arms' table, where any arm has them."""


def number(value: float | None, digits: int, sign: str = "") -> str:
    return "none" if value is None else f"{value:{sign}.{digits}f}"


def with_interval(entry: dict[str, Any] | None, digits: int) -> str:
    """`0.712 [0.650, 0.774]`; without interval where one run gives none."""
    if entry is None:
        return "none"
    if entry["low"] is None or entry["low"] == entry["high"]:
        return number(entry["mean"], digits)
    return (
        f"{number(entry['mean'], digits)} [{number(entry['low'], digits)}, {number(entry['high'], digits)}]"
    )


def arms_table(card: Card) -> tuple[list[str], list[list[str]]]:
    """Columns and rows: an arm a row, a measure a column."""
    measures = [name for name in SHOWN if any(name in arm["measures"] for arm in card["arms"])]
    columns = ["arm", "role", "what", *(MEASURES[name].title for name in measures)]
    rows = []
    for arm in card["arms"]:
        cells = [with_interval(arm["measures"].get(name), MEASURES[name].digits) for name in measures]
        rows.append([arm["name"], arm["role"], arm["what"], *cells])
    return columns, rows


def findings_table(card: Card) -> tuple[list[str], list[list[str]]]:
    """Columns and rows: premises, criteria and asides, each with what was found."""
    rows = []
    for part, name in (("premises", "premise"), ("criteria", "criterion"), ("asides", "aside")):
        for finding in card[part]:
            shown = with_interval({"mean": finding["estimate"], **finding}, 3)
            outcome = "" if card["pilot"] else finding["outcome"]
            rows.append([name, finding["sentence"], shown, outcome, finding["why"]])
    return ["", "rule", "found", "outcome", "why"], rows


def headline(card: Card) -> str:
    if card["verdict"] is None:
        return f"Pilot: {card['sentence']}."
    return f"{card['verdict'].capitalize()}: {card['sentence']}."


def dots(card: Card) -> Any:
    """Success of every run as a dot, an arm a row, with its mean and interval: an SVG that may stand in a page."""
    from markupsafe import Markup

    rows = [(arm, arm["measures"]["success"]) for arm in card["arms"] if "success" in arm["measures"]]
    if not rows:
        return Markup("")
    left, width, high = 90, 470, 26
    shapes = []
    for index, (arm, found) in enumerate(rows):
        y = high * index + 18
        limits = [min(max(found[key], 0.0), 1.0) for key in ("low", "high") if found[key] is not None]
        xs = [left + width * value for value in limits]
        name = Markup('<text x="{}" y="{}" text-anchor="end">{}</text>').format(left - 12, y + 4, arm["name"])
        line = (
            '<line class="interval" x1="{0:.1f}" x2="{1:.1f}" y1="{2}" y2="{2}"/>'.format(*xs, y)
            if xs
            else ""
        )
        mean = left + width * found["mean"]
        shapes += [
            name,
            line,
            f'<line class="mean" x1="{mean:.1f}" x2="{mean:.1f}" y1="{y - 7}" y2="{y + 7}"/>',
        ]
        for seed, value in found["by_seed"].items():
            title = f"<title>seed {int(seed)}: {value:.3f}</title>"
            shapes.append(f'<circle cx="{left + width * value:.1f}" cy="{y}" r="3.5">{title}</circle>')
    foot = high * len(rows) + 8
    ticks = [
        f'<text x="{left + width * tick / 4:.1f}" y="{foot + 14}" text-anchor="middle">{25 * tick}%</text>'
        f'<line class="tick" x1="{left + width * tick / 4:.1f}" x2="{left + width * tick / 4:.1f}" y1="4" y2="{foot}"/>'
        for tick in range(5)
    ]
    style = (
        "text{font:12px system-ui,sans-serif;fill:currentColor}.tick{stroke:currentColor;opacity:.15}"
        ".interval{stroke:currentColor;opacity:.45;stroke-width:5}.mean{stroke:currentColor;stroke-width:2}"
        "circle{fill:none;stroke:currentColor;stroke-width:1.5}"
    )
    label = "Success of every run, by arm, with mean and interval"
    return Markup(
        f'<svg viewBox="0 0 600 {foot + 20}" width="600" role="img" aria-label="{label}"><style>{style}</style>'
        + "".join([*ticks, *shapes])
        + "</svg>"
    )


def provenance(card: Card) -> str:
    """Who ran it, when, on what; what an older record does not say is left out."""
    about = card["about"]
    versions = ", ".join(f"{name} {value}" for name, value in about.get("versions", {}).items())
    parts = [
        ("command", f"`{about['command']}`" if "command" in about else ""),
        ("date", about.get("date", "")),
        ("commit", (about.get("commit") or "")[:12]),
        ("device", about.get("device", "")),
        ("side by side", str(about.get("side_by_side", ""))),
        ("versions", versions),
        ("judged by", ", ".join(card["fingerprints"])),
    ]
    return "; ".join(f"{name} {value}" for name, value in parts if value)


def markdown_of(card: Card) -> str:
    """The whole card."""
    budget = card["budget"]
    seeds = ", ".join(map(str, card["seeds"])) or "none yet"
    problems = " to ".join(map(str, card["num_problems"])) or "no"
    parts = [
        f"# {card['study']}",
        f"**{headline(card)}**",
        f"*Question*: {card['question']}",
        f"*Claim*: {card['claim']}",
        markdown_table(*arms_table(card)),
        f"Means over runs with {card['confidence']:.0%} intervals (Student's, the run is the unit); seeds {seeds}; "
        f"{problems} problems of {card['suite']}, {card['samples']} videos each.",
        markdown_table(*findings_table(card)),
        "Each rule was stated before the runs; differences and ratios are taken seed by seed. A rule is held if the "
        "whole interval lies beyond its bound, not held if it lies on the other side, else undecided. All criteria "
        "must be held, which needs no correction for their number; asides are not corrected for theirs.",
        f"*Budget*: equal between arms: {', '.join(MEASURES[name].title for name in budget['equal']) or 'nothing'}; "
        f"expected to take {budget['seconds']:.0f} s on {budget['on']}.",
        f"*Simulated*: {card['simulated'] or 'nothing'}.",
        f"*Made by*: {provenance(card)}.",
    ]
    return "\n\n".join(parts) + "\n"


def statement_lines(study: Study) -> list[str]:
    """What a study would run and by what rule it would be judged."""

    def rules(name: str, group: tuple[Criterion, ...]) -> list[str]:
        return [f"{name}: {criterion.sentence} ({criterion.why})" for criterion in group]

    lines = [f"{study.name}: {study.question}", f"claim: {study.claim}", ""]
    lines += [f"arm {name} ({arm.role}): {arm.what}" for name, arm in study.arms.items()]
    for name, run in study.runs.items():
        settings = " ".join(f"--{key} {value}" for key, value in run.settings.items())
        start = f", from the policy of run {run.after}" if run.after else ""
        lines.append(f"run {name}: videorlvr train {run.recipe} {settings}{start}".rstrip())
    lines += [
        "",
        f"seeds {', '.join(map(str, study.seeds))}; measured on {study.suite}, samples a problem: {study.samples}",
    ]
    lines += (
        rules("premise", study.premises) + rules("criterion", study.criteria) + rules("aside", study.asides)
    )
    return [*lines, f"expected to take {study.budget.seconds:.0f} s on {study.budget.on}"]
