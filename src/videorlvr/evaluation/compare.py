"""Is B better than A? A paired answer: both played the same problems, so how hard they are cancels.

Law: pairs are of one problem and one sample, puzzles are the unit. What happens to images of a puzzle and to samples of
a problem counts as one piece of evidence as far as it agrees, in the interval (Tango's, at the effective number of
pairs) and in the test (signs of whole puzzles). With one pair a puzzle the test is McNemar's. What another judge,
another version of a world or another suite said is not compared, unless somebody says that he means it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.base import clusters, paired, stats
from videorlvr.evaluation.folders import Evaluation
from videorlvr.evaluation.pairs import Pair, pairs_of, puzzle_of_pair
from videorlvr.evaluation.summary import Record
from videorlvr.judge.fingerprint import FingerprintError, check_alike

ALPHA = 0.05
RULE = (
    f"a difference is called real when p of the exact test over puzzles (McNemar's, where each is there once) is below "
    f"{ALPHA} and the 95% interval (Tango's) leaves out 0; for single worlds p is corrected for their number (Holm)"
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
    result = compare(a.records, b.records, label_a=label_a, label_b=label_b, across=across)
    return result | {"settings_differ": settings_that_differ(a.summary, b.summary)}


def settings_that_differ(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """How the two players were run, where not alike: `sampling.steps (5, 2)`. Not wrong to compare, but to be said."""
    one, two = (_flat(summary.get("settings") or {}) for summary in (a, b))
    if not one or not two:
        return []  # a player without settings, or records of a release that did not keep them
    return [
        f"{key} ({one.get(key)}, {two.get(key)})"
        for key in dict.fromkeys([*one, *two])
        if one.get(key) != two.get(key)
    ]


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


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested settings by their dotted names."""
    out: dict[str, Any] = {}
    for key, value in settings.items():
        out |= _flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {f"{prefix}{key}": value}
    return out


def compare(
    records_a: Sequence[Record],
    records_b: Sequence[Record],
    *,
    label_a: str = "A",
    label_b: str = "B",
    allow_partial: bool = False,
    across: bool = False,
) -> dict[str, Any]:
    """Success rates of A and B on the same problems, their difference B - A, and what it is worth.

    Args:
        allow_partial: Compare on the (id, sample) pairs both have, instead of refusing other pairs.
        across: Compare in spite of different fingerprints in the records.

    Returns:
        `worlds` and `average`, each with n (problems), puzzles, success_a, success_b, difference, low, high (95%), p,
        only_a, only_b (problems on which that side did better); worlds also with p_holm, real and effective_n (pairs);
        `num_pairs`, `real` (of the average), `verdict`.

    Raises:
        FingerprintError: If the records were not all judged alike; `compare_evaluations` can say why.
        ValueError: If no pair is shared, or a pair is missing on one side and `allow_partial` is off.
    """
    by_world = pairs_of(records_a, records_b, label_a, label_b, allow_partial=allow_partial, across=across)
    worlds = {name: _difference(pairs) for name, pairs in by_world.items()}
    for part, p_holm in zip(
        worlds.values(), stats.holm([part["p"] for part in worlds.values()]), strict=True
    ):
        part |= {"p_holm": p_holm, "real": _is_real(p_holm, part)}
    average = _average(by_world, list(worlds.values()))
    real = _is_real(average["p"], average)
    return {
        "label_a": label_a,
        "label_b": label_b,
        "num_pairs": sum(map(len, by_world.values())),
        "worlds": worlds,
        "average": average,
        "real": real,
        "rule": RULE,
        "verdict": _verdict(worlds, average, real, label_a, label_b),
    }


def _is_real(p: float, part: Mapping[str, Any]) -> bool:
    return bool(p < ALPHA and (part["low"] > 0 or part["high"] < 0))


def format_p(p: float) -> str:
    return "p < 0.0001" if p < 1e-4 else f"p = {p:.4f}" if p < 0.1 else f"p = {p:.2f}"


def _difference(pairs: Sequence[Pair]) -> dict[str, Any]:
    """One world."""
    a, b = (np.array([float(pair[side]["success"]) for pair in pairs]) for side in (0, 1))
    puzzles = [puzzle_of_pair(pair) for pair in pairs]
    number = clusters.effective_number(b - a, puzzles)
    share = number / len(pairs)
    low, high = paired.tango(float((a > b).sum()) * share, float((b > a).sum()) * share, number)
    by_problem: dict[str, float] = {}
    for pair, gap in zip(pairs, b - a, strict=True):
        by_problem[pair[0]["id"]] = by_problem.get(pair[0]["id"], 0.0) + gap
    return {
        "n": len(by_problem),
        "puzzles": len(set(puzzles)),
        "effective_n": number,
        "success_a": float(a.mean()),
        "success_b": float(b.mean()),
        "difference": float(b.mean() - a.mean()),
        "low": low,
        "high": high,
        "p": clusters.sign_flip(b - a, puzzles),
        "only_a": sum(gap < 0 for gap in by_problem.values()),
        "only_b": sum(gap > 0 for gap in by_problem.values()),
    }


def _average(by_world: Mapping[str, Sequence[Pair]], worlds: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """All worlds with equal weights, in the interval and in the test: each world's differences are weighed so that its
    mean counts the same."""
    difference, low, high = stats.mean_of(
        [(part["difference"], part["low"], part["high"]) for part in worlds]
    )
    most = max(len(pairs) for pairs in by_world.values())
    weighed = [
        (most / len(pairs)) * (float(b["success"]) - float(a["success"]))
        for pairs in by_world.values()
        for a, b in pairs
    ]
    puzzles = [f"{world} {puzzle_of_pair(pair)}" for world, pairs in by_world.items() for pair in pairs]
    return {
        **{key: sum(part[key] for part in worlds) for key in ("n", "puzzles", "only_a", "only_b")},
        **{side: sum(part[side] for part in worlds) / len(worlds) for side in ("success_a", "success_b")},
        "difference": difference,
        "low": low,
        "high": high,
        "p": clusters.sign_flip(weighed, puzzles),
    }


def _verdict(
    worlds: Mapping[str, Mapping[str, Any]],
    average: Mapping[str, Any],
    real: bool,
    label_a: str,
    label_b: str,
) -> str:
    """A sentence on the average, and one on the worlds that carry it, if there is more than one."""
    if real:
        word = "better" if average["difference"] > 0 else "worse"
        low, high = sorted((abs(average["low"]), abs(average["high"])))
        said = (
            f"{label_b} is {word} than {label_a} by {100 * abs(average['difference']):.1f} points "
            f"[{100 * low:.1f}, {100 * high:.1f}], {format_p(average['p'])}."
        )
    else:
        said = (
            f"Between {label_a} and {label_b} there is no difference that the paired test calls real: "
            f"{100 * average['difference']:+.1f} points [{100 * average['low']:+.1f}, {100 * average['high']:+.1f}], "
            f"{format_p(average['p'])}."
        )
    if len(worlds) == 1:
        return said
    moved = [
        f"{name} ({100 * part['difference']:+.1f}, {format_p(part['p_holm'])})"
        for name, part in worlds.items()
        if part["real"]
    ]
    return f"{said} Worlds that differ, each p corrected for {len(worlds)}: {', '.join(moved) or 'none'}."
