"""Play a suite, judge every video, and write down each verdict.

Law: an evaluation that was interrupted and run again writes the very records of one that was not. The
batches are fixed by the suite, not by what is left to do, and a player's noise comes from address and sample
index, so the order of work leaves no trace; records are sorted into suite order at the end.

While it runs, `summary.json` says `complete: false`, and `records.jsonl` grows in the order of play.
"""

from __future__ import annotations

import dataclasses
import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import videorlvr
from videorlvr.base import runs
from videorlvr.base.files import write_text_atomic
from videorlvr.base.lock import only_process_in
from videorlvr.base.progress import track
from videorlvr.base.records import append_jsonl, read_json_object, read_jsonl, to_json, write_json
from videorlvr.evaluation.clips import RULE, chosen_ids, read_clips, write_clips
from videorlvr.evaluation.puzzles import puzzle_of
from videorlvr.evaluation.suites import Suite, problems, suite_hash
from videorlvr.evaluation.summary import AGGREGATION, summarise
from videorlvr.judge.door import judge_batch
from videorlvr.judge.fingerprint import Fingerprint, fingerprint_of
from videorlvr.judge.tolerance import EXACT, Tolerance
from videorlvr.players.baselines import Player
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Verdict, Video, World

Key = tuple[str, int]
"""(id, sample) of a record."""


@dataclass(frozen=True)
class Batch:
    """Problems that are played together: one world, layout, length and theme, one sample index."""

    world: World
    problems: tuple[Problem, ...]
    sample: int

    @property
    def keys(self) -> list[Key]:
        return [(str(problem.address), self.sample) for problem in self.problems]


def plan(listed: list[Problem], *, samples: int, batch_size: int) -> list[Batch]:
    """The batches of an evaluation; the same for the same suite whatever was done before."""
    buckets: dict[Any, list[Problem]] = defaultdict(list)
    for problem in listed:
        buckets[problem.address.world, problem.layout, problem.num_frames, problem.theme].append(problem)
    return [
        Batch(world_of(key[0]), tuple(bucket[start : start + batch_size]), sample)
        for key, bucket in buckets.items()
        for start in range(0, len(bucket), batch_size)
        for sample in range(samples)
    ]


def play(player: Player, batch: Batch) -> Video:
    """The player's videos of a batch.

    Raises:
        ValueError: If the player did not return one uint8 video a problem.
    """
    videos = player(batch.world, list(batch.problems), batch.sample)
    if videos.dtype != np.uint8 or videos.ndim != 5 or len(videos) != len(batch.problems):
        raise ValueError(
            f"the player returned {videos.dtype} of shape {videos.shape} for {len(batch.problems)} problems; "
            "expected uint8 [B, T, H, W, 3] with one video a problem"
        )
    return videos


def record_of(
    world: World, problem: Problem, sample: int, verdict: Verdict, *, stamp: Fingerprint
) -> dict[str, Any]:
    """One line of `records.jsonl`. difficulty: length of the reference solution in moves. fingerprint: the
    digest of what it was judged by, the `stamp`, spelled out in `summary.json`."""
    address = problem.address
    record = {
        "id": str(address),
        "world": address.world,
        "level": address.level,
        "index": address.index,
        "sample": sample,
        "puzzle": puzzle_of(problem),
        "difficulty": len(world.play(problem.grid, problem.solution)) - 1,
        **{field.name: getattr(verdict, field.name) for field in dataclasses.fields(verdict)},
        "rewards": {name: reward(verdict.components) for name, reward in world.rewards.items()},
        "tolerance": stamp.tolerance,
        "fingerprint": stamp.digest,
    }
    return dict(to_json(record))


def evaluate(
    player: Player,
    suite: Suite,
    *,
    name: str,
    out: Path,
    samples: int = 1,
    batch_size: int = 64,
    checkpoint: str | None = None,
    tolerance: Tolerance = EXACT,
) -> dict[str, Any]:
    """Play, judge and record a suite in the folder `out`; return the summary.

    Finished work is kept if `out` holds records of the same fingerprint (judge, worlds, rewards, suite),
    player name, settings and checkpoint; what else is in these files is replaced.

    Args:
        player: Its `identity`, where it has one, says what its videos depend on beside its weights: a mapping of JSON
            values such as sampler, device and number type. It is kept in the summary as `settings`.
        name: The player's name, for people.
        samples: Videos a problem; sample i has its own noise.
        checkpoint: Hash of the player's weights, None for a player without any.
        tolerance: What its videos may survive: `exact` where it makes pixels, `declared` where an autoencoder does.

    Raises:
        ValueError: If `samples` or `batch_size` is below 1, the player breaks its contract, or another process
            evaluates into `out`.
    """
    if samples < 1 or batch_size < 1:
        raise ValueError(f"samples is {samples} and batch_size {batch_size}; expected both >= 1")
    listed = problems(suite)
    order = [(str(problem.address), sample) for problem in listed for sample in range(samples)]
    stamp = fingerprint_of_suite(suite, tolerance)
    identity = {
        "player": name,
        "checkpoint": checkpoint,
        "settings": settings_of(player),
        "suite": suite.name,
        "fingerprint": stamp.to_json(),
    }
    previous, done = _so_far(out, identity)
    if previous and _is_all(previous, done, samples, order):
        return previous
    with only_process_in(out):
        previous, done = _so_far(out, identity)  # again: another process may have been at it until now
        _say_puzzles(done, listed)
        clips = read_clips(out / runs.CLIPS) if previous and previous["complete"] else {}
        _start(out, identity, samples, done, order)
        batches = plan(listed, samples=samples, batch_size=batch_size)
        left = [batch for batch in batches if not all(key in done for key in batch.keys)]
        for batch in track(left, f"{name} on {suite.name}", total=len(left)):
            clips |= _play_and_record(player, batch, out, done, tolerance, stamp)
            wanted = chosen_ids(done[key] for key in order if key in done)
            clips = {name: clips[name] for name in wanted if name in clips}
        records = [done[key] for key in order]
        _write_lines(out, records)
        write_clips(out / runs.CLIPS, _complete_clips(player, batches, clips, chosen_ids(records)))
        return _finish(out, identity, samples, records)


def _play_and_record(
    player: Player,
    batch: Batch,
    out: Path,
    done: dict[Key, Any],
    tolerance: Tolerance,
    stamp: Fingerprint,
) -> dict[str, Video]:
    """Adds the batch's records to the file and to `done`; returns its videos by id, if first samples."""
    videos = play(player, batch)
    verdicts = judge_batch(batch.problems, videos, tolerance)
    for key, problem, verdict in zip(batch.keys, batch.problems, verdicts, strict=True):
        if key not in done:
            done[key] = record_of(batch.world, problem, batch.sample, verdict, stamp=stamp)
            append_jsonl(out / runs.RECORDS, done[key])
    return {key[0]: video for key, video in zip(batch.keys, videos, strict=True) if key[1] == 0}


def _complete_clips(
    player: Player, batches: list[Batch], clips: dict[str, Video], wanted: list[str]
) -> dict[str, Video]:
    """Clips of batches that an earlier, interrupted call played are played again, whole batches at a time."""
    missing = set(wanted) - clips.keys()
    for batch in batches:
        if batch.sample == 0 and not missing.isdisjoint(key[0] for key in batch.keys):
            videos = play(player, batch)
            clips |= {key[0]: video for key, video in zip(batch.keys, videos, strict=True)}
    return {name: clips[name] for name in wanted}


def fingerprint_of_suite(suite: Suite, tolerance: Tolerance) -> Fingerprint:
    """What an evaluation on the suite would be judged by now."""
    worlds = [world_of(name) for name in dict.fromkeys(part.world for part in suite.parts)]
    return fingerprint_of(worlds, tolerance=tolerance, suite=suite.name, suite_hash=suite_hash(suite))


def settings_of(player: Player) -> dict[str, Any] | None:
    """What a player says its videos depend on beside its weights; None for one that says nothing."""
    identity = getattr(player, "identity", None)
    return None if identity is None else dict(to_json(identity))


def _is_all(previous: dict[str, Any], done: dict[Key, Any], samples: int, order: list[Key]) -> bool:
    """Is there nothing left to do? An older release's records say no puzzle, and its summary counts otherwise."""
    return (
        previous["complete"]
        and previous["samples"] == samples
        and done.keys() == set(order)
        and previous["results"].get("aggregation") == AGGREGATION
        and all("puzzle" in record for record in done.values())
    )


def _say_puzzles(done: dict[Key, Any], listed: list[Problem]) -> None:
    by_id = {str(problem.address): problem for problem in listed}
    for key, record in done.items():
        if "puzzle" not in record and key[0] in by_id:
            record["puzzle"] = puzzle_of(by_id[key[0]])


def _so_far(out: Path, identity: dict[str, Any]) -> tuple[dict[str, Any] | None, dict[Key, Any]]:
    previous = _previous(out, identity)
    return previous, _done(out, previous)


def _previous(out: Path, identity: dict[str, Any]) -> dict[str, Any] | None:
    """The summary in `out` if it is of the same evaluation."""
    path = out / runs.SUMMARY
    found = read_json_object(path) if path.is_file() else None
    same = found is not None and all(found.get(key) == value for key, value in to_json(identity).items())
    return found if same else None


def _done(out: Path, previous: dict[str, Any] | None) -> dict[Key, Any]:
    path = out / runs.RECORDS
    records = read_jsonl(path) if previous and path.is_file() else []
    return {(record["id"], record["sample"]): record for record in records}


def _start(out: Path, identity: dict[str, Any], samples: int, done: dict[Key, Any], order: list[Key]) -> None:
    """The state from which a killed evaluation can go on; records that are not asked for are dropped."""
    for key in done.keys() - set(order):
        del done[key]
    _write_lines(out, list(done.values()))
    write_json(out / runs.SUMMARY, {"complete": False, **identity, "samples": samples})


def _write_lines(out: Path, records: list[dict[str, Any]]) -> None:
    text = "".join(json.dumps(record, allow_nan=False) + "\n" for record in records)
    write_text_atomic(out / runs.RECORDS, text)


def _finish(
    out: Path, identity: dict[str, Any], samples: int, records: list[dict[str, Any]]
) -> dict[str, Any]:
    summary = {
        "complete": True,
        **identity,
        "samples": samples,
        "package": videorlvr.__version__,
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "clips_rule": RULE,
        "results": summarise(records),
    }
    write_json(out / runs.SUMMARY, summary)
    return dict(to_json(summary))


__all__ = ["Batch", "evaluate", "plan", "play", "record_of", "summarise"]
