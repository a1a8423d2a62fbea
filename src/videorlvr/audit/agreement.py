"""Do the judge and the second opinion agree, on traces of every kind?

Law: they agree on success, on whether all frames are legal, and on the first frame at fault, always. A
disagreement is a bug in one of the two, and is kept whole: `Disagreement.to_json` is enough to judge it again.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from videorlvr.audit import second
from videorlvr.audit.near_misses import legal_traces, strange_traces, tampered
from videorlvr.base import seeding
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Trace, Verdict
from videorlvr.worlds.problems import make_problem

MOST_TAMPERINGS = 3
"""Changes to one trace, one upon another."""
SHARE_OF_LEGAL = 8
"""A trace to be changed is one of the legal ones so many times as often as a strange one."""


def said(verdict: Verdict) -> second.Opinion:
    """A verdict in the words of an opinion: without its reason."""
    return second.Opinion(verdict.success, verdict.components.get("process") == 1, verdict.frame)


@dataclass(frozen=True)
class Disagreement:
    family: str
    problem: Problem
    trace: Trace
    verdict: Verdict
    opinion: second.Opinion

    def __str__(self) -> str:
        reason = self.verdict.reason or "success"
        return f"{self.problem.address}, {self.family}: {reason}, {said(self.verdict)}, but second {self.opinion}"

    def to_json(self) -> dict[str, Any]:
        return {
            "says": str(self),
            "problem": self.problem.to_json(),
            "ground": self.trace.ground.tolist(),
            "figure": self.trace.figure.tolist(),
        }


@dataclass
class Tally:
    """Traces, and successes after either side, by family; reasons that the judge gave."""

    traces: Counter[str] = field(default_factory=Counter)
    by_judge: Counter[str] = field(default_factory=Counter)
    by_second: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    disagreements: list[Disagreement] = field(default_factory=list)

    def add(self, family: str, problem: Problem, trace: Trace) -> None:
        verdict = judge(world_of(problem.address.world), problem, trace, EXACT)
        opinion = second.legal(problem, trace)
        self.traces[family] += 1
        self.by_judge[family] += verdict.success
        self.by_second[family] += opinion.success
        self.reasons[verdict.reason] += 1
        if said(verdict) != opinion:
            self.disagreements.append(Disagreement(family, problem, trace, verdict, opinion))

    def __iadd__(self, other: Tally) -> Tally:
        self.traces += other.traces
        self.by_judge += other.by_judge
        self.by_second += other.by_second
        self.reasons += other.reasons
        self.disagreements += other.disagreements
        return self


@dataclass(frozen=True)
class Task:
    """Traces of one problem.

    moves_per_frame: None for the level's own pace. extra: further traces (a model's, as they were read), to be
    judged and changed like the others.
    """

    world: str
    level: str
    index: int
    num_traces: int
    moves_per_frame: int | None = None
    extra: Sequence[Trace] = ()


def posed(task: Task) -> Problem:
    """The task's problem; at another pace than its level's it gets the frames that its solution needs."""
    world = world_of(task.world)
    problem = make_problem(world, task.level, "train", task.index)
    if task.moves_per_frame is None:
        return problem
    num_moves = len(world.play(problem.grid, problem.solution)) - 1
    num_frames = -(-num_moves // task.moves_per_frame) + 2 + task.index % 3
    return dataclasses.replace(problem, num_frames=num_frames, moves_per_frame=task.moves_per_frame)


def judge_twice(task: Task) -> Tally:
    """Both judges on `num_traces` traces of one problem: all kinds of whole traces, then changed ones."""
    world = world_of(task.world)
    problem = posed(task)
    rng = seeding.rng("judge-agreement", str(problem.address))
    legal = list(legal_traces(world, problem, rng))
    # At another pace than the level's a cheat may happen to be legal.
    strange = list(strange_traces(world, problem, rng)) if task.moves_per_frame is None else []
    made = [("a model's", trace) for trace in task.extra]
    tally = Tally()
    for family, trace in (legal + strange + made)[: task.num_traces]:
        tally.add(family, problem, trace)
    sources = [trace for _, trace in legal * SHARE_OF_LEGAL + strange if trace.num_frames > 1]
    while tally.traces.total() < task.num_traces:
        from_model = bool(made) and rng.random() < len(made) / (len(made) + len(legal))
        trace = made[rng.integers(len(made))][1] if from_model else sources[rng.integers(len(sources))]
        other = legal[rng.integers(len(legal))][1]
        family = ""
        for _ in range(int(rng.choice([1, 1, 1, 2, MOST_TAMPERINGS]))):
            if trace.num_frames < 2:
                break
            name, trace = tampered(world, trace, other, rng)
            family = name if not family else "several changes"
        tally.add("a model's, changed" if from_model else family, problem, trace)
    return tally


def total(tallies: Iterable[Tally]) -> Tally:
    out = Tally()
    for tally in tallies:
        out += tally
    return out


def tasks(
    world: str, level: str, count: int, *, per_problem: int, extra: Sequence[Sequence[Trace]] = ()
) -> list[Task]:
    """`count` traces of a level, over as many problems as that needs: half of them at the level's pace, half
    at one to four moves a frame. extra: further traces of the first problems, which keep their pace."""
    out = []
    for index, start in enumerate(range(0, count, per_problem)):
        given = extra[index] if index < len(extra) else ()
        pace = None if given or index % 2 == 0 else 1 + index // 2 % 4
        out.append(Task(world, level, index, min(per_problem, count - start), pace, given))
    return out
