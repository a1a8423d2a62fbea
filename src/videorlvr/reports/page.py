"""The report: one HTML file that explains a result to someone who was not there.

Law: self-contained and inert. No network, no scripts; every number comes from the run folders, every choice
of what to show follows a rule that the page states. The same runs give the same page.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videorlvr.base.choices import unknown
from videorlvr.base.files import write_text_atomic
from videorlvr.base.records import to_json
from videorlvr.evaluation.compare import compare_evaluations
from videorlvr.judge.fingerprint import Fingerprint, FingerprintError, differences
from videorlvr.reports import curves, filmstrips, plots, tables
from videorlvr.reports.load import LabelledRun, Run, load_run
from videorlvr.reports.tables import Table
from videorlvr.reports.templates import template

Comparison = tuple[str, str]
"""Labels of two runs: before, after."""


@dataclass(frozen=True)
class SuiteSection:
    """All that the page says about one suite. refusals: why some runs are not compared."""

    name: str
    tables: list[Table]
    success: str
    difficulty: str
    headlines: list[str]
    verdicts: list[str]
    comparisons: list[Table]
    refusals: list[str]
    judged: list[str]
    strips: list[filmstrips.Strip]


@dataclass(frozen=True)
class TrainingSection:
    """Curves of one run: (caption, svg)."""

    label: str
    figures: list[tuple[str, str]]


def write_report(
    runs: Sequence[LabelledRun],
    out: Path,
    *,
    comparisons: Sequence[Comparison] = (),
    title: str = "What the videos show",
    remarks: Sequence[str] = (),
) -> None:
    """Write the report of these runs to `out`, atomically.

    Args:
        runs: (label, run folder), in the order of the tables; baselines first reads best.
        comparisons: (label before, label after), paired on every suite that both were evaluated on; the
            first one is the headline.
        remarks: Sentences to stand below it.

    Raises:
        ValueError: If a folder is no run, labels repeat, or a comparison names an unknown label.
    """
    loaded = [load_run(label, Path(folder)) for label, folder in runs]
    by_label = {run.label: run for run in loaded}
    if not loaded or len(by_label) < len(loaded):
        raise ValueError(f"labels are {[run.label for run in loaded]}; expected at least one, each once")
    for label in (label for pair in comparisons for label in pair):
        if label not in by_label:
            raise unknown("run", label, by_label)
    pairs = [(by_label[before], by_label[after]) for before, after in comparisons]
    suites = list(dict.fromkeys(suite for run in reversed(loaded) for suite in run.evaluations))
    sections = [suite_section(loaded, pairs, suite) for suite in suites]
    html = template("page.html.j2").render(
        title=title,
        headline=headline(loaded, sections),
        remarks=remarks,
        cost=tables.cost_table(loaded),
        suites=sections,
        training=[section for run in loaded if (section := training_section(run)).figures],
        provenance=[provenance(run) for run in loaded],
        strips_rule=filmstrips.RULE,
    )
    write_text_atomic(out, html)


def suite_section(runs: Sequence[Run], pairs: Sequence[tuple[Run, Run]], suite: str) -> SuiteSection:
    here = [(a, b) for a, b in pairs if suite in a.evaluations and suite in b.evaluations]
    comparisons, refusals = compared(here, suite)
    models = [run for run in tables.on_suite(runs, suite) if run.method]
    shown = here[0] if here else tuple(models[-1:])
    return SuiteSection(
        name=suite,
        tables=[
            make(runs, suite)
            for make in (
                tables.success_table,
                tables.evidence_table,
                tables.detail_table,
                tables.reasons_table,
            )
        ],
        success=plots.success_plot(runs, suite),
        difficulty=plots.difficulty_plot(runs, suite),
        headlines=[_headline(result, suite) for result in comparisons],
        verdicts=[result["verdict"] for result in comparisons],
        comparisons=[
            tables.comparison_table(result, suite, with_rule=index == 0)
            for index, result in enumerate(comparisons)
        ],
        refusals=refusals,
        judged=judged_by(runs, suite),
        strips=filmstrips.strips([(run.label, run.evaluations[suite]) for run in shown]) if shown else [],
    )


def compared(pairs: Sequence[tuple[Run, Run]], suite: str) -> tuple[list[dict[str, Any]], list[str]]:
    """(comparisons, why some are not made) of pairs of runs that were evaluated on the suite."""
    found, refusals = [], []
    for a, b in pairs:
        one, two = a.evaluations[suite], b.evaluations[suite]
        try:
            found.append(compare_evaluations(one, two, label_a=a.label, label_b=b.label))
        except FingerprintError as error:
            refusals.append(str(error))
    return found, refusals


def judged_by(runs: Sequence[Run], suite: str) -> list[str]:
    """What the numbers of a suite were judged by: one sentence, or one a player and a warning."""
    found = [(run.label, run.evaluations[suite].fingerprint) for run in tables.on_suite(runs, suite)]
    if len({fingerprint.digest if fingerprint else "" for _, fingerprint in found}) == 1:
        return [f"All players here: {_judge(found[0][1])}."]
    lines = ["These players were not judged alike, so their numbers must not be compared."]
    first = next(fingerprint for _, fingerprint in found if fingerprint)
    for label, fingerprint in found:
        other = "; ".join(differences(first, fingerprint)) if fingerprint else ""
        lines.append(f"{label}: {_judge(fingerprint)}{f', unlike the first in {other}' if other else ''}.")
    return lines


def _judge(fingerprint: Fingerprint | None) -> str:
    if fingerprint is None:
        return "judged by an older release, which did not say how (no fingerprint)"
    worlds = ", ".join(f"{name}-v{version}" for name, version in fingerprint.worlds.items())
    return (
        f"fingerprint {fingerprint.digest} (judge {fingerprint.judge}; {worlds}; suite {fingerprint.suite} "
        f"{fingerprint.suite_hash})"
    )


def headline(runs: Sequence[Run], sections: Sequence[SuiteSection]) -> str:
    """The result in a sentence or two, of the first suite that has a comparison, else of the last player."""
    for section in sections:
        if section.headlines:
            return section.headlines[0]
    evaluated = [(run, section.name) for section in sections for run in tables.on_suite(runs, section.name)]
    if not evaluated:
        return "None of these runs has been evaluated yet."
    run, suite = evaluated[-1]
    overall = tables.results(run, suite)["overall"]
    return f"{run.label} solves {tables.with_interval(overall)} % of the problems of {suite}."


def _headline(result: Mapping[str, Any], suite: str) -> str:
    average = result["average"]
    rates = [f"{tables.percent(average[side])} %" for side in ("success_a", "success_b")]
    label_a, label_b = result["label_a"], result["label_b"]
    return f"{label_b} solves {rates[1]} of {suite}, {label_a} {rates[0]}. {result['verdict']}"


def training_section(run: Run) -> TrainingSection:
    figures = [
        ("Loss", curves.loss_curves(run)),
        ("Validation success", curves.validation_curves(run)),
        ("Reward and success of rollouts", curves.reward_curves(run)),
        ("Reward components of rollouts", curves.component_curves(run)),
        ("Health of the updates", curves.health_curves(run)),
    ]
    return TrainingSection(run.label, [(caption, figure) for caption, figure in figures if figure])


def provenance(run: Run) -> tuple[str, dict[str, str]]:
    """(label, JSON by name): settings, versions, and what judged the run."""
    evaluations = {
        suite: {key: value for key, value in evaluation.summary.items() if key not in ("results", "complete")}
        for suite, evaluation in run.evaluations.items()
    }
    parts = {"about": run.about, "config": run.config, "evaluations": evaluations}
    texts = {name: json.dumps(to_json(part), indent=2) for name, part in parts.items() if part}
    return run.label, texts
