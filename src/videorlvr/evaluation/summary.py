"""From records to the numbers of a results table.

Law: the unit of evidence is the problem. Several samples of one problem are averaged before an interval is
taken, worlds are averaged with equal weight, and every mean is a mean of per-sample values.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from videorlvr.base import seeding, stats

Record = Mapping[str, Any]

NUM_BINS = 3
PASS_AT = (1, 2, 4, 8)
AGGREGATION = {
    "success": "mean over samples, then over problems, then over worlds",
    "metrics": "mean of per-sample values, over problems, then over worlds",
    "intervals": "95%; Wilson over problems (bootstrap over problems where samples disagree); "
    "for the average of worlds the worlds' intervals are combined by square-and-add",
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


def _of_world(records: Sequence[Record]) -> dict[str, Any]:
    groups = by_problem(records)
    rates = [_mean(float(record["success"]) for record in group) for group in groups.values()]
    reasons = Counter(record["reason"] for record in records if not record["success"])
    return {
        "n": len(groups),
        **rate(rates),
        "process": _means(records, "components").get("process", 0.0),
        "metrics": _means(records, "metrics"),
        "components": _means(records, "components"),
        "rewards": _means(records, "rewards"),
        "pass_at": _pass_at(list(groups.values())),
        "reasons": dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        "difficulty": _by_difficulty(groups),
    }


def rate(rates: Sequence[float]) -> dict[str, float]:
    """Mean and 95% interval of the success rates of problems, each in [0, 1]."""
    mean = _mean(rates)
    if all(value in (0.0, 1.0) for value in rates):
        low, high = stats.wilson(round(sum(rates)), len(rates))
    else:
        low, high = stats.mean_interval(rates, seeding.rng("success-interval", len(rates)))
    return {"success": mean, "low": low, "high": high}


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
    lengths = np.array([group[0]["difficulty"] for group in groups.values()])
    rates = np.array([_mean(float(record["success"]) for record in group) for group in groups.values()])
    edges = np.quantile(lengths, np.arange(1, NUM_BINS) / NUM_BINS, method="lower")
    bins = np.searchsorted(edges, lengths, side="left")
    return [
        {
            "moves": [int(lengths[bins == index].min()), int(lengths[bins == index].max())],
            "n": int((bins == index).sum()),
            **rate([float(value) for value in rates[bins == index]]),
        }
        for index in np.unique(bins)
    ]


def _overall(worlds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Averages over worlds with equal weights.

    The interval is Zou and Donner's square-and-add: the distances from estimate to limit of
    independent estimates add up as squares. With one world it is that world's interval.

    Source: G. Y. Zou and A. Donner, "Construction of confidence limits about effect measures",
        Statistics in Medicine 27 (2008).
    """
    success = _mean(world["success"] for world in worlds)
    below = sum((world["success"] - world["low"]) ** 2 for world in worlds) ** 0.5 / len(worlds)
    above = sum((world["high"] - world["success"]) ** 2 for world in worlds) ** 0.5 / len(worlds)
    reasons: Counter[str] = Counter()
    for world in worlds:
        reasons.update(world["reasons"])
    return {
        "n": sum(world["n"] for world in worlds),
        "success": success,
        "low": success - below,
        "high": success + above,
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
