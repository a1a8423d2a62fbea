"""What an evaluation leaves in its folder, and what of it a later call may keep.

Law: records are kept for the same player, settings, weights, suite and judge, and for nothing else; `complete` is false
from the first record to the last.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import videorlvr
from videorlvr.base import runs
from videorlvr.base.files import write_text_atomic
from videorlvr.base.records import read_json_object, read_jsonl, to_json, write_json
from videorlvr.evaluation.answers import words_in
from videorlvr.evaluation.clips import RULE
from videorlvr.evaluation.puzzles import puzzle_of
from videorlvr.evaluation.summary import AGGREGATION, summarise
from videorlvr.players.sampling import stored_of_today
from videorlvr.worlds.api import Problem

Key = tuple[str, int]
"""(id, sample) of a record."""


def settings_of(player: object) -> dict[str, Any] | None:
    """What a player says its videos depend on beside its weights; None for one that says nothing."""
    identity = getattr(player, "identity", None)
    return None if identity is None else dict(to_json(identity))


def is_all(previous: dict[str, Any], done: dict[Key, Any], samples: int, order: list[Key]) -> bool:
    """Is there nothing left to do? An older release's records say no puzzle, and its summary counts otherwise."""
    return (
        previous["complete"]
        and previous["samples"] == samples
        and done.keys() == set(order)
        and previous["results"].get("aggregation") == AGGREGATION
        and all("puzzle" in record for record in done.values())
    )


def say_puzzles(done: dict[Key, Any], listed: list[Problem]) -> None:
    """Bring records of an older release up to date."""
    by_id = {str(problem.address): problem for problem in listed}
    for key, record in done.items():
        if "puzzle" not in record and key[0] in by_id:
            record["puzzle"] = puzzle_of(by_id[key[0]])


def so_far(out: Path, identity: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[Key, Any]]:
    """(summary, records) that an earlier call left of the same evaluation; (None, {}) if there are none."""
    previous = _previous(out, identity)
    return previous, _done(out, previous)


def _previous(out: Path, identity: dict[str, Any]) -> dict[str, Any] | None:
    """The summary in `out` if it is of the same evaluation."""
    path = out / runs.SUMMARY
    found = of_today(read_json_object(path)) if path.is_file() else None
    same = found is not None and all(found.get(key) == value for key, value in to_json(identity).items())
    return found if same else None


def of_today(summary: dict[str, Any]) -> dict[str, Any]:
    """A stored summary, its player's settings in today's words."""
    settings = summary.get("settings")
    return summary | ({"settings": stored_of_today(settings)} if isinstance(settings, dict) else {})


def _done(out: Path, previous: dict[str, Any] | None) -> dict[Key, Any]:
    path = out / runs.RECORDS
    records = read_jsonl(path) if previous and path.is_file() else []
    return {(record["id"], record["sample"]): record for record in records}


def start(out: Path, identity: dict[str, Any], samples: int, done: dict[Key, Any], order: list[Key]) -> None:
    """The state from which a killed evaluation can go on; records that are not asked for are dropped."""
    for key in done.keys() - set(order):
        del done[key]
    write_records(out, list(done.values()))
    write_json(out / runs.SUMMARY, {"complete": False, **identity, "samples": samples})


def write_records(out: Path, records: list[dict[str, Any]]) -> None:
    """All records, in suite order, in place of what was appended as they came."""
    text = "".join(json.dumps(record, allow_nan=False) + "\n" for record in records)
    write_text_atomic(out / runs.RECORDS, text)


def finish(
    out: Path, identity: dict[str, Any], samples: int, records: list[dict[str, Any]]
) -> dict[str, Any]:
    """Write the summary of a finished evaluation, and return it."""
    summary = {
        "complete": True,
        **identity,
        "samples": samples,
        "package": videorlvr.__version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "clips_rule": RULE,
        "results": summarise(records),
        **({"answers": words} if (words := words_in(records)) else {}),
    }
    write_json(out / runs.SUMMARY, summary)
    return dict(to_json(summary))
