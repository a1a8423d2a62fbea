"""Tables as plain data: the page, the terminal and other programs print the same rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from videorlvr.base.runs import POLICY
from videorlvr.evaluation.compare import format_p
from videorlvr.reports.cost import cost_in
from videorlvr.reports.load import Run

if TYPE_CHECKING:
    from rich.table import Table as RichTable

NO_VALUE = "n/a"
EVIDENCE = (
    "problems / puzzles (mirror images and turns are one) / as many independent problems as give an interval of this "
    "width; samples of a problem and images of a puzzle add to these as far as they disagree"
)


@dataclass(frozen=True)
class Table:
    """Columns and rows of text; the first column names the row. `note` says how to read the numbers."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def percent(value: float) -> str:
    return f"{100 * value:.1f}"


def with_interval(part: Mapping[str, Any]) -> str:
    """`62.0 [58.1, 65.8]`, in percent."""
    return f"{percent(part['success'])} [{percent(part['low'])}, {percent(part['high'])}]"


def on_suite(runs: Sequence[Run], suite: str) -> list[Run]:
    return [run for run in runs if suite in run.evaluations]


def results(run: Run, suite: str) -> Mapping[str, Any]:
    """The summarised results of a run on a suite, see `evaluation.summary`."""
    found: Mapping[str, Any] = run.evaluations[suite].summary["results"]
    return found


def worlds_of(runs: Sequence[Run], suite: str) -> list[str]:
    return list(
        dict.fromkeys(world for run in on_suite(runs, suite) for world in results(run, suite)["worlds"])
    )


def success_table(runs: Sequence[Run], suite: str) -> Table:
    """Success per world and on average: one row a player."""
    worlds = worlds_of(runs, suite)
    rows = []
    for run in on_suite(runs, suite):
        found = results(run, suite)
        cells = [with_interval(found["worlds"][w]) if w in found["worlds"] else NO_VALUE for w in worlds]
        last = (
            with_interval(found["overall"]) if len(worlds) > 1 else _evidence(found["worlds"].get(worlds[0]))
        )
        rows.append((run.label, *cells, last))
    note = (
        "Share of problems whose whole video obeys the rules and ends solved, in percent, with 95% intervals "
        "(Wilson, counting puzzles). "
        + ("Average: worlds weigh the same." if len(worlds) > 1 else f"n: {EVIDENCE}.")
    )
    columns = ("player", *worlds, "average" if len(worlds) > 1 else "n")
    return Table(f"Success on {suite}", columns, tuple(rows), note)


def evidence_table(runs: Sequence[Run], suite: str) -> Table:
    """How much evidence each interval rests on: problems, puzzles, and the problems that it is worth."""
    worlds = worlds_of(runs, suite)
    rows = [
        (run.label, *(_evidence(results(run, suite)["worlds"].get(world)) for world in worlds))
        for run in on_suite(runs, suite)
    ]
    return Table(f"Evidence on {suite}", ("player", *worlds), tuple(rows), f"n: {EVIDENCE}.")


def _evidence(part: Mapping[str, Any] | None) -> str:
    return NO_VALUE if part is None else f"{part['n']} / {part['puzzles']} / {part['effective_n']:.0f}"


def cost_table(runs: Sequence[Run]) -> Table:
    """What each trained run cost and where it began, so that nobody compares unlike efforts."""
    by_origin = {str((run.folder / POLICY).resolve()): run.label for run in runs}
    rows = []
    for run in runs:
        if not run.method:
            continue
        cost, init = cost_in(run.metrics), run.config.get("init")
        origin = by_origin.get(str(Path(init).resolve()), str(init)) if init else "anew"
        evaluations = f"{cost.evaluations:,}" if cost.evaluations else NO_VALUE
        seconds = f"{cost.seconds:,.0f}" if cost.seconds else NO_VALUE
        rows.append((run.label, origin, evaluations, seconds, str(run.config.get("seed", NO_VALUE))))
    columns = ("run", "went on from", "network evaluations", "seconds", "seed")
    return Table("What the runs cost", columns, tuple(rows), _cost_note(runs))


def _cost_note(runs: Sequence[Run]) -> str:
    """What the numbers and the seeds mean, and which runs stand alone."""
    begun = [(run.label, str(run.config["init"]), run.method) for run in runs if run.config.get("init")]
    alone = [
        label
        for label, init, method in begun
        if not any(other == init and by != method for _, other, by in begun)
    ]
    note = (
        "Network evaluations: a forward pass 1 and a backward pass 2 a video, validation left out. A seed varies a "
        "run's own weights, problems, batches and noise; runs that went on from one policy share its weights. "
        "Intervals are over puzzles and say nothing of how runs with other seeds scatter."
    )
    if alone:
        note += (
            f" Without a control: {', '.join(alone)}. What a run gained is known only beside another method that goes "
            "on from the same policy at the same cost."
        )
    return note


def summary_table(summary: Mapping[str, Any]) -> Table:
    """One evaluation: a row a world, with what refused its videos."""
    rows = []
    for world, part in summary["results"]["worlds"].items():
        refused = {reason: count for reason, count in part["reasons"].items() if reason}
        most = sorted(refused.items(), key=lambda item: -item[1])[:3]
        reasons = ", ".join(f"{reason} {count}" for reason, count in most)
        rows.append((world, _evidence(part), with_interval(part), percent(part["process"]), reasons))
    note = (
        "Success and the share of legal transitions, in percent, with 95% intervals (Wilson, counting puzzles). "
        f"n: {EVIDENCE}."
    )
    title = f"{summary['player']} on {summary['suite']}"
    return Table(title, ("world", "n", "success", "process", "most frequent refusals"), tuple(rows), note)


WORDS = {
    "exact": "is the reference",
    "lenient": "success, read leniently",
    "distinct": "different answers a problem",
    "distinct_right": "of these right",
}
"""What a summary of answers in words says of a world, beside counts such as tokens."""


def answers_table(summary: Mapping[str, Any]) -> Table:
    """Answers in words: how they compare with the reference, how they read leniently, and what they cost."""
    answers: Mapping[str, Mapping[str, float]] = summary["answers"]
    names = list(dict.fromkeys(name for part in answers.values() for name in part))
    rows = [
        (world, *(_word_cell(name, part[name]) if name in part else NO_VALUE for name in names))
        for world, part in answers.items()
    ]
    title = f"Answers of {summary['player']} on {summary['suite']}"
    note = (
        "Means over samples; shares in percent. Success above is strict, of the moves as they stand, and any valid "
        "solution counts; exact match with the reference and lenient reading are information."
    )
    return Table(title, ("world", *(WORDS.get(name, name) for name in names)), tuple(rows), note)


def _word_cell(name: str, value: float) -> str:
    return percent(value) if name in ("exact", "lenient", "cut") else f"{value:,.4g}"


def detail_table(runs: Sequence[Run], suite: str) -> Table:
    """Process, precision, recall and F1 on average over worlds, and pass@k where there are samples."""
    ks = list(
        dict.fromkeys(
            k for run in on_suite(runs, suite) for k in results(run, suite)["overall"]["pass_at"] if k != "1"
        )
    )
    rows = []
    for run in on_suite(runs, suite):
        overall = results(run, suite)["overall"]
        metrics, pass_at = overall["metrics"], overall["pass_at"]
        numbers = [overall["process"], *(metrics.get(name) for name in ("precision", "recall", "f1"))]
        numbers += [pass_at.get(k) for k in ks]
        rows.append((run.label, *(NO_VALUE if n is None else percent(n) for n in numbers)))
    note = (
        "In percent, averaged over worlds. Process: share of frame transitions that obey the rules. "
        "Precision, recall, F1: overlap of the last frame with one reference solution, mean of per-sample "
        "values; other solutions are as good, so these inform and do not judge."
    )
    columns = ("player", "process", "precision", "recall", "F1", *(f"pass@{k}" for k in ks))
    return Table(f"Beyond success on {suite}", columns, tuple(rows), note)


def reasons_table(runs: Sequence[Run], suite: str, limit: int = 8) -> Table:
    """Why videos were refused: one row a reason, one column a player, counts of videos."""
    shown = on_suite(runs, suite)
    counts = [results(run, suite)["overall"]["reasons"] for run in shown]
    totals = {name: sum(count.get(name, 0) for count in counts) for count in counts for name in count}
    order = sorted(totals, key=lambda name: (-totals[name], name))
    rows = [(name, *(str(count.get(name, 0)) for count in counts)) for name in order[:limit]]
    if order[limit:]:
        rest = (str(sum(count.get(name, 0) for name in order[limit:])) for count in counts)
        rows.append(("other reasons", *rest))
    note = "Number of refused videos by the first fault that the judge names."
    return Table(
        f"Reasons for refusal on {suite}", ("reason", *(run.label for run in shown)), tuple(rows), note
    )


def comparison_table(result: Mapping[str, Any], suite: str, *, with_rule: bool = True) -> Table:
    """A paired comparison: one row a world, and the average. with_rule: say how to read it."""
    a, b = result["label_a"], result["label_b"]
    parts = list(result["worlds"].items())
    if len(parts) > 1:
        parts.append(("average", result["average"]))
    rows = tuple(
        (
            name,
            _evidence(part) if "effective_n" in part else f"{part['n']} / {part['puzzles']}",
            percent(part["success_a"]),
            percent(part["success_b"]),
            f"{100 * part['difference']:+.1f} [{100 * part['low']:+.1f}, {100 * part['high']:+.1f}]",
            str(part["only_a"]),
            str(part["only_b"]),
            _p(part["p"]),
            *((_p(part["p_holm"]) if "p_holm" in part else NO_VALUE,) if len(parts) > 1 else ()),
        )
        for name, part in parts
    )
    corrected = (f"p of {len(result['worlds'])}",) if len(parts) > 1 else ()
    columns = ("world", "n", f"{a} %", f"{b} %", "difference", f"only {a}", f"only {b}", "p", *corrected)
    notes = []
    if with_rule:
        notes.append(
            "Paired by problem and sample; difference in percentage points, with 95% intervals that count puzzles. "
            f"Rule: {result['rule']}."
        )
    if result.get("settings_differ"):
        notes.append(f"The two were not run alike: {'; '.join(result['settings_differ'])}.")
    return Table(f"{b} against {a} on {suite}", columns, rows, " ".join(notes))


def _p(value: float) -> str:
    return format_p(value).removeprefix("p ").removeprefix("= ")


def rich_table(table: Table) -> RichTable:
    """The table for a terminal."""
    from rich.table import Table as RichTable

    out = RichTable(
        title=table.title, caption=table.note or None, title_justify="left", caption_justify="left"
    )
    for index, column in enumerate(table.columns):
        out.add_column(column, justify="left" if index == 0 else "right", no_wrap=True)
    for row in table.rows:
        out.add_row(*row)
    return out
