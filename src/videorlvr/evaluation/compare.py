"""Is B better than A? A paired answer: both played the same problems, so how hard they are cancels.

Law: problems are the unit. Samples of one problem are averaged first, intervals resample problems (within
worlds for the average), and the test counts problems on which one side did better. With one sample a
problem that count is McNemar's; with more it is the exact sign test on problems. What another judge, another
version of a world or another suite said is not compared, unless somebody says that he means it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.base import seeding, stats
from videorlvr.evaluation.folders import Evaluation
from videorlvr.evaluation.summary import Record, by_problem
from videorlvr.judge.fingerprint import FingerprintError, check_alike

ALPHA = 0.05
RULE = (
    f"a difference is called real when the exact McNemar p over all problems is below {ALPHA} and the 95% "
    "paired bootstrap interval of the average over worlds leaves out 0"
)
Floats = npt.NDArray[np.float64]


def compare_evaluations(
    a: Evaluation, b: Evaluation, *, label_a: str, label_b: str, across: bool = False
) -> dict[str, Any]:
    """`compare` of two evaluations on disk; it can say which parts of their fingerprints differ.

    Args:
        across: Compare in spite of different fingerprints, or of none.

    Raises:
        FingerprintError: If the two were not judged alike; it names what differs and the remedy.
        ValueError: As `compare`.
    """
    if not across:
        _check_judged_alike(a, b, label_a, label_b)
    return compare(a.records, b.records, label_a=label_a, label_b=label_b, across=across)


def _check_judged_alike(a: Evaluation, b: Evaluation, label_a: str, label_b: str) -> None:
    remedy = "evaluate both again with this release, or compare them all the same with --across (across=True)"
    for evaluation, label in ((a, label_a), (b, label_b)):
        if evaluation.fingerprint is None:
            raise FingerprintError(
                f"{label} says not what it was judged by ({evaluation.folder} has no fingerprint; it may be "
                f"from an older release): {remedy}"
            )
    assert a.fingerprint is not None
    assert b.fingerprint is not None
    try:
        check_alike(a.fingerprint, b.fingerprint, label_a, label_b)
    except FingerprintError as error:
        raise FingerprintError(f"{error}: {remedy}") from None


def compare(
    records_a: Sequence[Record],
    records_b: Sequence[Record],
    *,
    label_a: str = "A",
    label_b: str = "B",
    allow_partial: bool = False,
    across: bool = False,
    num_resamples: int = 10_000,
) -> dict[str, Any]:
    """Success rates of A and B on the same problems, their difference B - A, and what it is worth.

    Args:
        allow_partial: Compare on the (id, sample) pairs both have, instead of refusing other pairs.
        across: Compare in spite of different fingerprints in the records.

    Returns:
        `worlds` and `average`, each with n (problems), success_a, success_b, difference, low, high
        (95%), p, only_a, only_b (problems on which that side did better); `num_pairs`, `real`, `verdict`.

    Raises:
        FingerprintError: If the records were not all judged alike; `compare_evaluations` can say why.
        ValueError: If no pair is shared, or a pair is missing on one side and `allow_partial` is off.
    """
    if not across:
        _check_one_fingerprint([*records_a, *records_b], label_a, label_b)
    pairs_a, pairs_b = _keyed(records_a, label_a), _keyed(records_b, label_b)
    shared = [key for key in pairs_a if key in pairs_b]
    _check_pairs(pairs_a, pairs_b, shared, label_a, label_b, allow_partial)
    rates_a, rates_b = _rates(pairs_a[key] for key in shared), _rates(pairs_b[key] for key in shared)
    world_of_id = {key[0]: str(pairs_a[key]["world"]) for key in shared}
    names = list(dict.fromkeys(world_of_id.values()))
    strata = np.array([names.index(world_of_id[name]) for name in rates_a])
    a, b = np.array(list(rates_a.values())), np.array([rates_b[name] for name in rates_a])
    worlds = {
        name: _difference(a[strata == i], b[strata == i], strata[strata == i], name, num_resamples)
        for i, name in enumerate(names)
    }
    average = _difference(a, b, strata, "average", num_resamples)
    real = average["p"] < ALPHA and (average["low"] > 0 or average["high"] < 0)
    return {
        "label_a": label_a,
        "label_b": label_b,
        "num_pairs": len(shared),
        "worlds": worlds,
        "average": average,
        "real": real,
        "rule": RULE,
        "verdict": _verdict(average, real, label_a, label_b),
    }


def format_p(p: float) -> str:
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.4f}" if p < 0.1 else f"p = {p:.2f}"


def _check_one_fingerprint(records: Sequence[Record], label_a: str, label_b: str) -> None:
    """Records that have none are of a caller who made them himself; some with and some without are not alike."""
    found = sorted({str(record.get("fingerprint", "none")) for record in records})
    if len(found) > 1:
        raise FingerprintError(
            f"the records of {label_a} and {label_b} have fingerprints {', '.join(found[:4])}; expected one, "
            "since others were judged otherwise: evaluate both again, or allow it (across=True)"
        )


def _keyed(records: Sequence[Record], label: str) -> dict[tuple[str, int], Record]:
    keyed = {(record["id"], record["sample"]): record for record in records}
    if len(keyed) != len(records):
        raise ValueError(
            f"{label} has {len(records) - len(keyed)} records twice; expected one for each id and sample"
        )
    return keyed


def _check_pairs(
    pairs_a: Mapping[Any, Any],
    pairs_b: Mapping[Any, Any],
    shared: list[Any],
    label_a: str,
    label_b: str,
    allow_partial: bool,
) -> None:
    if not shared:
        raise ValueError(f"{label_a} and {label_b} share no problem: evaluate both on the same suite")
    only_a, only_b = len(pairs_a) - len(shared), len(pairs_b) - len(shared)
    if (only_a or only_b) and not allow_partial:
        raise ValueError(
            f"the suites differ: {len(shared)} pairs are shared, {only_a} are only in {label_a} and {only_b} "
            f"only in {label_b}; evaluate both alike, or allow a partial comparison (allow_partial=True)"
        )


def _rates(records: Iterable[Record]) -> dict[str, float]:
    """Success rate of each problem over its samples."""
    return {
        name: sum(bool(record["success"]) for record in group) / len(group)
        for name, group in by_problem(records).items()
    }


def _difference(
    a: Floats, b: Floats, strata: npt.NDArray[np.int64], name: str, num_resamples: int
) -> dict[str, Any]:
    labels = np.unique(strata)
    success_a = float(np.mean([a[strata == label].mean() for label in labels]))
    success_b = float(np.mean([b[strata == label].mean() for label in labels]))
    rng = seeding.rng("paired-bootstrap", name, len(a))
    low, high = stats.bootstrap_difference(a, b, rng, num_resamples, strata=strata)
    only_a, only_b = int((a > b).sum()), int((b > a).sum())
    return {
        "n": len(a),
        "success_a": success_a,
        "success_b": success_b,
        "difference": success_b - success_a,
        "low": low,
        "high": high,
        "p": stats.mcnemar_exact(only_a, only_b),
        "only_a": only_a,
        "only_b": only_b,
    }


def _verdict(average: Mapping[str, Any], real: bool, label_a: str, label_b: str) -> str:
    numbers = f"[{average['low']:+.3f}, {average['high']:+.3f}], McNemar {format_p(average['p'])}"
    if real:
        word = "better" if average["difference"] > 0 else "worse"
        size = abs(average["difference"])
        low, high = sorted((abs(average["low"]), abs(average["high"])))
        return (
            f"{label_b} is {word} than {label_a} by {size:.3f} [{low:.3f}, {high:.3f}], "
            f"McNemar {format_p(average['p'])}."
        )
    return (
        f"Between {label_a} and {label_b} there is no difference that the paired test calls real: "
        f"{average['difference']:+.3f} {numbers}."
    )
