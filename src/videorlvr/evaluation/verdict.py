"""From the records of a study to its verdict, by the rule that the study states.

Law: nothing here asks how a verdict would please. Differences are taken seed by seed, the interval over seeds is
Student's (ratios on the logarithm), a criterion whose interval holds its bound is undecided, and what rests on a
missing number, one seed, a broken premise or unequal budgets is undecided, too.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from videorlvr.base.stats import student_interval
from videorlvr.evaluation.measures import MEASURES
from videorlvr.evaluation.study import Criterion, Study

Outcome = Literal["held", "not held", "undecided"]
Record = Mapping[str, Any]
"""One (arm, seed): `arm`, `seed`, `measures` by name."""


@dataclass(frozen=True)
class Interval:
    """mean: of the runs, or their mean difference or ratio; low, high: None with fewer than two runs."""

    mean: float
    low: float | None
    high: float | None
    num_runs: int


@dataclass(frozen=True)
class Finding:
    """One criterion on the records: what was found, and what it means for the criterion."""

    criterion: Criterion
    interval: Interval | None
    outcome: Outcome


def values_of(records: Sequence[Record], arm: str, measure: str) -> dict[int, float]:
    """Seed -> number of an arm; seeds that have none are left out."""
    found = {
        int(record["seed"]): record["measures"].get(measure) for record in records if record["arm"] == arm
    }
    return {seed: float(value) for seed, value in found.items() if value is not None}


def interval_of(values: Sequence[float], confidence: float) -> Interval | None:
    """Mean and Student's interval over runs."""
    if not values:
        return None
    if len(values) < 2:
        return Interval(values[0], None, None, 1)
    low, high = student_interval(values, confidence)
    return Interval(statistics.fmean(values), low, high, len(values))


def compared(criterion: Criterion, records: Sequence[Record], confidence: float) -> Interval | None:
    """The paired comparison of a criterion; None without a seed that has both arms.

    A ratio is the exponential of the mean difference of logarithms; None if a number is not positive.
    """
    ours = values_of(records, criterion.arm, criterion.measure)
    theirs = values_of(records, criterion.against, criterion.measure)
    pairs = [(ours[seed], theirs[seed]) for seed in sorted(ours.keys() & theirs.keys())]
    if criterion.by == "difference":
        return interval_of([a - b for a, b in pairs], confidence)
    if any(a <= 0 or b <= 0 for a, b in pairs):
        return None
    logs = interval_of([math.log(a / b) for a, b in pairs], confidence)
    if logs is None:
        return None
    low, high = (None if limit is None else math.exp(limit) for limit in (logs.low, logs.high))
    return Interval(math.exp(logs.mean), low, high, logs.num_runs)


def judged(criterion: Criterion, interval: Interval | None) -> Outcome:
    """Where the interval lies; on the bound itself is not beyond it."""
    if interval is None or interval.low is None or interval.high is None:
        return "undecided"
    if criterion.above is not None:
        beyond, short = interval.low > criterion.bound, interval.high <= criterion.bound
    else:
        beyond, short = interval.high < criterion.bound, interval.low >= criterion.bound
    return "held" if beyond else "not held" if short else "undecided"


def find(criterion: Criterion, records: Sequence[Record], confidence: float) -> Finding:
    interval = compared(criterion, records, confidence)
    return Finding(criterion, interval, judged(criterion, interval))


def missing(study: Study, records: Sequence[Record]) -> list[tuple[str, int]]:
    """(arm, seed) that have no record yet."""
    there = {(record["arm"], record["seed"]) for record in records}
    return [(arm, seed) for seed in study.seeds for arm in study.arms if (arm, seed) not in there]


def unequal(study: Study, records: Sequence[Record]) -> list[str]:
    """A sentence for each budget that the arms did not share."""
    out = []
    for measure in study.budget.equal:
        for seed in study.seeds:
            spent = {
                arm: values_of(records, arm, measure).get(seed)
                for arm in study.arms
                if arm not in study.budget.except_arms
            }
            known = [value for value in spent.values() if value is not None]
            if len(known) < len(spent) or max(known) - min(known) > study.budget.within * max(known):
                shown = ", ".join(
                    f"{arm} {'none' if value is None else f'{value:g}'}" for arm, value in spent.items()
                )
                out.append(f"{MEASURES[measure].title} differ at seed {seed}: {shown}")
    return out


@dataclass(frozen=True)
class Verdict:
    """outcome, and why in a sentence; the findings that it follows from."""

    outcome: Outcome
    sentence: str
    premises: tuple[Finding, ...]
    criteria: tuple[Finding, ...]
    asides: tuple[Finding, ...]


def verdict(study: Study, records: Sequence[Record]) -> Verdict:
    """The study's verdict on its records."""
    confidence = study.confidence
    premises, criteria, asides = (
        tuple(find(criterion, records, confidence) for criterion in group)
        for group in (study.premises, study.criteria, study.asides)
    )
    outcome, sentence = _outcome(study, records, premises, criteria)
    return Verdict(outcome, sentence, premises, criteria, asides)


def _outcome(
    study: Study, records: Sequence[Record], premises: Sequence[Finding], criteria: Sequence[Finding]
) -> tuple[Outcome, str]:
    left = missing(study, records)
    if left:
        return "undecided", f"{len(left)} of {len(study.arms) * len(study.seeds)} records are missing"
    spent = unequal(study, records)
    if spent:
        return "undecided", f"the arms did not have the same budget: {spent[0]}"
    for finding in premises:
        if finding.outcome != "held":
            return "undecided", f"a premise is {finding.outcome}: {finding.criterion.sentence}"
    outcomes: tuple[Outcome, ...] = ("not held", "undecided")
    for outcome in outcomes:
        found = [finding.criterion.sentence for finding in criteria if finding.outcome == outcome]
        if found:
            return outcome, "; ".join(found)
    return "held", "every criterion is held"


__all__ = [
    "Finding",
    "Interval",
    "Verdict",
    "compared",
    "interval_of",
    "judged",
    "missing",
    "unequal",
    "verdict",
]
