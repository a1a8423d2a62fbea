"""Which records of two players belong together: those of one problem and one sample.

Law: order does not matter, and nothing is left out in silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from videorlvr.evaluation.summary import Record, puzzle_in
from videorlvr.judge.fingerprint import FingerprintError

Pair = tuple[Record, Record]


def pairs_of(
    records_a: Sequence[Record],
    records_b: Sequence[Record],
    label_a: str,
    label_b: str,
    *,
    allow_partial: bool,
    across: bool,
) -> dict[str, list[Pair]]:
    """World -> pairs, in the order of A.

    Raises:
        FingerprintError, ValueError: As `compare.compare`.
    """
    if not across:
        _check_one_fingerprint([*records_a, *records_b], label_a, label_b)
    of_a, of_b = _keyed(records_a, label_a), _keyed(records_b, label_b)
    shared = [key for key in of_a if key in of_b]
    _check_pairs(of_a, of_b, shared, label_a, label_b, allow_partial)
    by_world: dict[str, list[Pair]] = {}
    for key in shared:
        by_world.setdefault(str(of_a[key]["world"]), []).append((of_a[key], of_b[key]))
    return by_world


def puzzle_of_pair(pair: Pair) -> str:
    """From whichever side says it: one of them may be of an older release."""
    return next((str(record["puzzle"]) for record in pair if record.get("puzzle")), puzzle_in(pair[0]))


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
