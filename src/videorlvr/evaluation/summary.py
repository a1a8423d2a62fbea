"""From records to the numbers of a results table.

Law: the unit of evidence is the puzzle up to symmetry. Samples of a problem and images of a puzzle count as one outcome
as far as they agree (`base.clusters`), worlds are averaged with equal weight, and every mean is a mean of per-sample
values. With one sample a problem, and no two problems of one puzzle, an interval is Wilson's over problems.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from videorlvr.base import clusters, stats

Record = Mapping[str, Any]

NUM_BINS = 3
PASS_AT = (1, 2, 4, 8)
AGGREGATION = {
    "success": "mean over samples, then over problems, then over worlds",
    "metrics": "mean of per-sample values, over problems, then over worlds",
    "intervals": "95%; Wilson at the effective number of problems, which counts puzzles (mirror images and samples "
    "of a problem are one piece of evidence as far as they agree); for the average of worlds the worlds' intervals are "
    "combined by square-and-add",
    "difficulty": "thirds of the suite's problems by solution length in moves, world by world",
}


def summarise(records: Sequence[Record]) -> dict[str, Any]:
    """Success, process, metrics, components, rewards, reasons, difficulty and pass@k of records.

    Raises:
        ValueError: If there are no records.
    """
    if not records:
        raise ValueError("there are no records to summarise: evaluate a suite first")
    by_world: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        by_world[record["world"]].append(record)
    worlds = {world: _of_world(part) for world, part in by_world.items()}
    return {"overall": _overall(list(worlds.values())), "worlds": worlds, "aggregation": AGGREGATION}


def by_problem(records: Iterable[Record]) -> dict[str, list[Record]]:
    """Records grouped by id, in order."""
    groups: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        groups[record["id"]].append(record)
    return dict(groups)


def puzzle_in(record: Record) -> str:
    """The puzzle of a record; its problem where an older release wrote it, which did not say."""
    return str(record.get("puzzle") or record["id"])


def _of_world(records: Sequence[Record]) -> dict[str, Any]:
    groups = by_problem(records)
    reasons = Counter(record["reason"] for record in records if not record["success"])
    return {
        "n": len(groups),
        "puzzles": len({puzzle_in(record) for record in records}),
        **rate(records),
        "process": _means(records, "components").get("process", 0.0),
        "metrics": _means(records, "metrics"),
        "components": _means(records, "components"),
        "rewards": _means(records, "rewards"),
        "pass_at": _pass_at(list(groups.values())),
        "reasons": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        "second_eye": dict(Counter(record["second_eye"] for record in records if record.get("second_eye"))),
        "difficulty": _by_difficulty(groups),
    }


def rate(records: Sequence[Record]) -> dict[str, float]:
    """Success rate of records, its 95% interval, and the effective number of problems that the interval is of."""
    outcomes = [float(record["success"]) for record in records]
    number = clusters.effective_number(outcomes, [puzzle_in(record) for record in records])
    low, high = stats.wilson(sum(outcomes) * (number / len(outcomes)), number)
    return {"success": _mean(outcomes), "low": low, "high": high, "effective_n": number}


def _means(records: Sequence[Record], field: str) -> dict[str, float]:
    """Mean of each named number over all records; a verdict that lacks one counts as 0 in it."""
    names = dict.fromkeys(name for record in records for name in record[field])
    return {name: _mean(record[field].get(name, 0.0) for record in records) for name in names}


def _pass_at(groups: Sequence[Sequence[Record]]) -> dict[str, float]:
    num_samples = min(len(group) for group in groups)
    return {
        str(k): _mean(
            stats.pass_at_k(len(group), sum(bool(record["success"]) for record in group), k)
            for group in groups
        )
        for k in PASS_AT
        if k <= num_samples
    }


def _by_difficulty(groups: Mapping[str, Sequence[Record]]) -> list[dict[str, Any]]:
    listed = list(groups.values())
    lengths = np.array([group[0]["difficulty"] for group in listed])
    edges = np.quantile(lengths, np.arange(1, NUM_BINS) / NUM_BINS, method="lower")
    bins = np.searchsorted(edges, lengths, side="left")
    return [
        {
            "moves": [int(lengths[bins == index].min()), int(lengths[bins == index].max())],
            "n": int((bins == index).sum()),
            **rate(
                [
                    record
                    for group, place in zip(listed, bins, strict=True)
                    if place == index
                    for record in group
                ]
            ),
        }
        for index in np.unique(bins)
    ]


def _overall(worlds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Averages over worlds with equal weights; with one world, that world's."""
    success, low, high = stats.mean_of([(world["success"], world["low"], world["high"]) for world in worlds])
    reasons: Counter[str] = Counter()
    for world in worlds:
        reasons.update(world["reasons"])
    return {
        "n": sum(world["n"] for world in worlds),
        "puzzles": sum(world["puzzles"] for world in worlds),
        "success": success,
        "low": low,
        "high": high,
        "process": _mean(world["process"] for world in worlds),
        "metrics": _shared_means(worlds, "metrics"),
        "rewards": _shared_means(worlds, "rewards"),
        "pass_at": _shared_means(worlds, "pass_at"),
        "reasons": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
    }


def _shared_means(worlds: Sequence[Mapping[str, Any]], field: str) -> dict[str, float]:
    """Means of the numbers that every world has."""
    names = [name for name in worlds[0][field] if all(name in world[field] for world in worlds)]
    return {name: _mean(world[field][name] for world in worlds) for name in names}


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return float(sum(listed) / len(listed))
