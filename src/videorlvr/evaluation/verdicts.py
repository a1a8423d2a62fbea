"""From verdicts on files to numbers: the record of a problem, and counts and rates over records."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from videorlvr import __version__
from videorlvr.base.clusters import effective_number
from videorlvr.base.records import to_json
from videorlvr.base.stats import wilson
from videorlvr.evaluation.manifest import Entry
from videorlvr.evaluation.puzzles import puzzle_of
from videorlvr.judge.decoded import UNDECIDABLE
from videorlvr.judge.finding import Finding
from videorlvr.worlds.api import GIVEN


def record_of(entry: Entry, finding: Finding) -> dict[str, Any]:
    """One problem's line of the result: its verdict, and the names it is counted under.

    why: a sentence where the file, or what the judge could make of it, is at fault; else empty. level: boards that
        people gave are at the pace of one of ours, and are named apart: `hard/given`. puzzle: see `puzzle_of`.
    """
    address, verdict = entry.problem.address, finding.verdict
    record = {
        "id": entry.id,
        "world": f"{address.world}-v{address.version}",
        "level": f"{address.level}/{GIVEN}" if address.split == GIVEN else address.level,
        "puzzle": puzzle_of(entry.problem),
        "success": verdict.success,
        "reason": verdict.reason,
        "why": finding.why or verdict.why,
        "second_eye": verdict.second_eye,
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
    `second_eye`, what a second reader of pixels saw of successes (`judge.second_eye`); `reasons`, the number of
    refusals by reason, most frequent first; `judge`, who said so.
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
        "second_eye": dict(Counter(record["second_eye"] for record in records if record.get("second_eye"))),
        "reasons": dict(sorted(refusals.items(), key=lambda item: (-item[1], item[0]))),
        "judge": {"package": f"videorlvr {__version__}", "worlds": list(names)},
    }


def rate_of(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """count, successes, success_rate, and its Wilson 95% interval [low, high] at the effective number of videos:
    samples of a problem and images of a puzzle are one piece of evidence as far as they agree. puzzles: how many.

    What is undecidable counts as no success. `undecidable` is how many those are, `bounds` the rates if all of
    them were refused and if all of them were successes.
    """
    count = len(records)
    successes = sum(bool(record["success"]) for record in records)
    undecidable = sum(record["reason"] == UNDECIDABLE for record in records)
    puzzles = [str(record["puzzle"]) for record in records]
    number = (
        effective_number([float(bool(record["success"])) for record in records], puzzles) if count else 0.0
    )
    return {
        "count": count,
        "puzzles": len(set(puzzles)),
        "successes": successes,
        "success_rate": successes / count if count else None,
        "interval_95": list(wilson(successes / count * number if count else 0, number)),
        "undecidable": undecidable,
        "bounds": [successes / count, (successes + undecidable) / count] if count else None,
    }
