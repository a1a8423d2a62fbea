"""Play a suite, judge every video, and write down each verdict.

Law: an evaluation that was interrupted and run again writes the very records of one that was not. The
batches are fixed by the suite, not by what is left to do, and a player's noise comes from address and sample
index, so the order of work leaves no trace; records are sorted into suite order at the end.

While it runs, `summary.json` says `complete: false`, and `records.jsonl` grows in the order of play.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from videorlvr.base import runs
from videorlvr.base.lock import only_process_in
from videorlvr.base.progress import track
from videorlvr.base.records import append_jsonl, to_json
from videorlvr.evaluation import kept
from videorlvr.evaluation.answers import Answers, clip_of, said_of, verdicts_of
from videorlvr.evaluation.clips import chosen_ids, read_clips, write_clips
from videorlvr.evaluation.kept import Key
from videorlvr.evaluation.puzzles import puzzle_of
from videorlvr.evaluation.suites import Suite, problems, suite_hash
from videorlvr.evaluation.together import ALONE, Together
from videorlvr.judge.fingerprint import Fingerprint, fingerprint_of
from videorlvr.judge.tolerance import EXACT, Tolerance
from videorlvr.players.answers import Answer, TextPlayer
from videorlvr.players.baselines import Player
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Verdict, Video, World


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


def play(player: Player | TextPlayer, batch: Batch) -> Answers:
    """The player's answers to a batch: videos, or text.

    Raises:
        ValueError: If the player did not return one uint8 video, or one `Answer`, a problem.
    """
    videos = player(batch.world, list(batch.problems), batch.sample)
    if isinstance(videos, list):
        if len(videos) != len(batch.problems):
            raise ValueError(
                f"the player gave {len(videos)} answers to {len(batch.problems)} problems; expected one each"
            )
        return videos
    if videos.dtype != np.uint8 or videos.ndim != 5 or len(videos) != len(batch.problems):
        raise ValueError(
            f"the player returned {videos.dtype} of shape {videos.shape} for {len(batch.problems)} problems; "
            "expected uint8 [B, T, H, W, 3] with one video a problem"
        )
    return videos


def record_of(
    world: World,
    problem: Problem,
    sample: int,
    verdict: Verdict,
    *,
    stamp: Fingerprint,
    answer: Answer | None = None,
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
        **({} if answer is None else {"said": said_of(world, problem, answer)}),
    }
    return dict(to_json(record))


def evaluate(
    player: Player | TextPlayer,
    suite: Suite,
    *,
    name: str,
    out: Path,
    samples: int = 1,
    batch_size: int = 64,
    checkpoint: str | None = None,
    tolerance: Tolerance = EXACT,
    ranks: Together = ALONE,
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
        ranks: Processes that evaluate together, each with a player of the same policy, a batch each in turn; the
            first one writes. The records are those of one process, since a batch is played whole.

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
        "settings": kept.settings_of(player),
        "suite": suite.name,
        "fingerprint": stamp.to_json(),
    }
    leads = ranks.rank == 0
    previous, done = kept.so_far(out, identity) if leads else (None, {})
    if leads and previous and kept.is_all(previous, done, samples, order):
        return dict(ranks.everyones_values(previous)[0])
    if (finished := ranks.everyones_values(None)[0]) is not None:
        return dict(finished)
    with only_process_in(out) if leads else nullcontext():
        clips = {}
        if leads:
            previous, done = kept.so_far(
                out, identity
            )  # again: another process may have been at it until now
            kept.say_puzzles(done, listed)
            clips = read_clips(out / runs.CLIPS) if previous and previous["complete"] else {}
            kept.start(out, identity, samples, done, order)
        batches = plan(listed, samples=samples, batch_size=batch_size)
        left = _Left(player, batches, out, tolerance, stamp, order)
        done, clips = left.play(f"{name} on {suite.name}", ranks.everyones_values(done)[0], clips, ranks)
        summary = None
        if leads:
            records = [done[key] for key in order]
            kept.write_records(out, records)
            write_clips(out / runs.CLIPS, _complete_clips(player, batches, clips, chosen_ids(records)))
            summary = kept.finish(out, identity, samples, records)
        return dict(ranks.everyones_values(summary)[0])


@dataclass(frozen=True)
class _Left:
    """What of an evaluation is yet to be played."""

    player: Player | TextPlayer
    batches: list[Batch]
    out: Path
    tolerance: Tolerance
    stamp: Fingerprint
    order: list[Key]

    def play(
        self, label: str, done: dict[Key, Any], clips: dict[str, Video], ranks: Together
    ) -> tuple[dict[Key, Any], dict[str, Video]]:
        """All records, and the clips that are wanted of those that were played, on each rank. The first one writes
        records down, all ranks' of a turn at once."""
        left = [batch for batch in self.batches if not all(key in done for key in batch.keys)]
        turns = [left[start : start + ranks.size] for start in range(0, len(left), ranks.size)]
        for turn in track(turns, label, total=len(turns)) if ranks.rank == 0 else turns:
            own: dict[Key, Any] = {}
            if ranks.rank < len(turn):
                own, seen = _play_and_judge(self.player, turn[ranks.rank], done, self.tolerance, self.stamp)
                clips = clips | seen
            for records in ranks.everyones_values(own):
                done |= records
                if ranks.rank == 0:
                    for record in records.values():
                        append_jsonl(self.out / runs.RECORDS, record)
            wanted = chosen_ids(done[key] for key in self.order if key in done)
            clips = {name: clips[name] for name in wanted if name in clips}
        return done, {name: clip for part in ranks.everyones_values(clips) for name, clip in part.items()}


def _play_and_judge(
    player: Player | TextPlayer, batch: Batch, done: dict[Key, Any], tolerance: Tolerance, stamp: Fingerprint
) -> tuple[dict[Key, Any], dict[str, Video]]:
    """The records of a batch that are not there yet; its videos by id, if first samples."""
    answers = play(player, batch)
    verdicts = verdicts_of(batch.problems, answers, tolerance)
    records = {}
    for key, problem, verdict, answer in zip(batch.keys, batch.problems, verdicts, answers, strict=True):
        if key not in done:
            words = answer if isinstance(answer, Answer) else None
            records[key] = record_of(batch.world, problem, batch.sample, verdict, stamp=stamp, answer=words)
    return records, _clips(batch, answers) if batch.sample == 0 else {}


def _clips(batch: Batch, answers: Answers) -> dict[str, Video]:
    """What a batch's answers look like, by id."""
    return {
        key[0]: clip_of(batch.world, problem, answer) if isinstance(answer, Answer) else answer
        for key, problem, answer in zip(batch.keys, batch.problems, answers, strict=True)
    }


def _complete_clips(
    player: Player | TextPlayer, batches: list[Batch], clips: dict[str, Video], wanted: list[str]
) -> dict[str, Video]:
    """Clips of batches that an earlier, interrupted call played are played again, whole batches at a time."""
    missing = set(wanted) - clips.keys()
    for batch in batches:
        if batch.sample == 0 and not missing.isdisjoint(key[0] for key in batch.keys):
            clips |= _clips(batch, play(player, batch))
    return {name: clips[name] for name in wanted}


def fingerprint_of_suite(suite: Suite, tolerance: Tolerance) -> Fingerprint:
    """What an evaluation on the suite would be judged by now."""
    worlds = [world_of(name) for name in dict.fromkeys(part.world for part in suite.parts)]
    return fingerprint_of(worlds, tolerance=tolerance, suite=suite.name, suite_hash=suite_hash(suite))


__all__ = ["Batch", "evaluate", "plan", "play", "record_of"]
