"""Answers that are text, in evaluations: judged by the same door, recorded with what was said, summed up.

Law: success is strict, of the moves as they stand. What a lenient reader finds is reported and decides nothing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from videorlvr.base.stats import rank_correlation
from videorlvr.judge.door import judge, judge_batch
from videorlvr.judge.tolerance import EXACT, Tolerance
from videorlvr.players.answers import Answer
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Verdict, Video, World
from videorlvr.worlds.game import legal_part, shown
from videorlvr.worlds.staging import staged
from videorlvr.worlds.verify import MAX_FRAMES

Answers = Video | list[Answer]
MAX_KEPT = 4096
"""Characters of an answer that a record keeps."""


def verdicts_of(problems: Sequence[Problem], answers: Answers, tolerance: Tolerance) -> list[Verdict]:
    """The verdict on each answer."""
    if isinstance(answers, np.ndarray):
        return judge_batch(problems, answers, tolerance)
    return [
        judge(world_of(problem.address.world), problem, answer.moves, tolerance)
        for problem, answer in zip(problems, answers, strict=True)
    ]


def said_of(world: World, problem: Problem, answer: Answer) -> dict[str, Any]:
    """What a record of an answer in words has besides its verdict."""
    lenient = {}
    if answer.lenient is not None:
        lenient = {"lenient": judge(world, problem, answer.lenient, EXACT).success}
    return {
        "moves": answer.moves[:MAX_KEPT],
        "text": answer.text[:MAX_KEPT],
        "exact": answer.moves == problem.solution,
        "counts": dict(answer.counts),
        **lenient,
    }


def clip_of(world: World, problem: Problem, answer: Answer) -> Video:
    """The moves as a video, as far as they are legal: for people, never for the judge."""
    states = shown(world.game(problem.grid), legal_part(world.game(problem.grid), answer.moves[:MAX_KEPT])[0])
    video = staged(world, problem, states[:MAX_FRAMES])
    assert video is not None
    return video


def words_in(records: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """World -> means over its records: exact match, lenient success, counts, and, of several samples, how many
    different answers and different right answers a problem has. {} of videos."""
    by_world: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for record in records:
        if "said" in record:
            by_world[record["world"]].append(record)
    return {world: _means(part) for world, part in by_world.items()}


def _means(records: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    said = [record["said"] for record in records]
    out = {"exact": _mean([float(each["exact"]) for each in said])}
    if all("lenient" in each for each in said):
        out["lenient"] = _mean([float(each["lenient"]) for each in said])
    for name in dict.fromkeys(name for each in said for name in each["counts"]):
        out[name] = _mean([float(each["counts"].get(name, 0.0)) for each in said])
    if all("thought" in each["counts"] for each in said):
        thought = [float(each["counts"]["thought"]) for each in said]
        out["thought_rises"] = rank_correlation([float(r["difficulty"]) for r in records], thought)
    problems: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for record in records:
        problems[record["id"]].append(record)
    if len(problems) < len(records):
        out["distinct"] = _mean(
            [float(len({r["said"]["moves"] for r in part})) for part in problems.values()]
        )
        out["distinct_right"] = _mean(
            [float(len({r["said"]["moves"] for r in part if r["success"]})) for part in problems.values()]
        )
    return out


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)
