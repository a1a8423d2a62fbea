"""How often the judge is wrong: honest videos that it refuses, cheats that it accepts, distortions it survives.

Laws:

- the same world, level, split, size and counts give the same result, on any number of processes;
- a video that makes a world's code raise is a finding of the audit, not its end.

The unit is the problem. Everything that is made of one (variants, cheats, distorted videos) is drawn from a
generator named by its address, so every single video can be made again: see `valid_video`, `cheat_video`.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from videorlvr import __version__
from videorlvr.audit.distortions import DISTORTIONS, Distortion
from videorlvr.audit.result import AuditResult, Tally
from videorlvr.audit.tolerance import declared
from videorlvr.base import seeding
from videorlvr.base.progress import map_in_order
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import DECLARED, EXACT, Tolerance
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Cheat, Problem, Split, Variant, Video, World
from videorlvr.worlds.problems import level_of, make_problem, shown_as
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.verify import JUDGE_VERSION

Kind = Literal["valid", "cheat", "distorted", "distorted cheat"]
ORACLE = "oracle"
CHEATS_A_DISTORTION = 2
"""Cheats, drawn anew for each problem, that are sent through each distortion at its declared strength."""
FORMAL = {"wrong_size", "wrong_values", "too_few_frames", "too_many_frames"}
"""Reasons of cheats that are not distorted: as files, with another number of frames, they may well be right."""
MOST_DISTORTED = 100
DISTORTIONS_A_JOB = 4
"""Distortions that one piece of work tries on its problem; small, so that Ctrl-C does not wait."""


@dataclass(frozen=True)
class Plan:
    """What is audited: everything that a piece of work needs to know besides its problem."""

    world: str
    level: str
    split: Split
    size: tuple[int, int] | None


@dataclass(frozen=True)
class Outcome:
    """One video's fate. reason: "" accepted, None if the problem has no such video. own: is the reason its own."""

    kind: Kind
    name: str
    strength: float | None
    reason: str | None
    own: bool
    example: str


def audit(
    world: World,
    level: str,
    *,
    count: int = 100,
    distorted: int | None = None,
    at_declared: int | None = None,
    split: Split = "test",
    size: tuple[int, int] | None = None,
    workers: int | None = None,
) -> AuditResult:
    """Audit the judge on the problems 0 to count - 1 of a level's split.

    Args:
        distorted: How many of them also go through all distortions at all strengths, which is most of the work;
            None takes a tenth, at most `MOST_DISTORTED`.
        at_declared: How many, those included, go through all distortions at the declared strength; None takes no
            more. Curves need few problems at many strengths, the proof of a declaration many at one.
        size: (H, W) of frames, the board letterboxed in them; None keeps the level's own.
        workers: Processes; None takes one a core. A world that is not in `WORLDS` stays in this one.

    Raises:
        ValueError: For a level, split, size or count that does not exist.
    """
    level_of(world, level)
    distorted = min(-(-count // 10), MOST_DISTORTED) if distorted is None else distorted
    at_declared = distorted if at_declared is None else at_declared
    if count < 1 or not 0 <= distorted <= at_declared <= count:
        raise ValueError(
            f"of {count} problems {distorted} are to be distorted and {at_declared} as much as is declared; "
            "expected 0 <= distorted <= at_declared <= count"
        )
    plan = Plan(world.name, level, split, size)
    problem_of(world, plan, 0)  # a size or split that does not exist is found before the work begins
    names = list(DISTORTIONS)
    starts = range(0, len(names), DISTORTIONS_A_JOB)
    groups = [tuple(names[start : start + DISTORTIONS_A_JOB]) for start in starts]
    jobs: list[Job] = [(plan, index, (), False) for index in range(count)]
    jobs += [(plan, index, group, index < distorted) for index in range(at_declared) for group in groups]
    label = f"auditing {world.id}/{level}"
    if WORLDS.get(world.name) is world:
        parts = list(map_in_order(_work, jobs, label, workers=workers, chunk=1))
    else:
        parts = list(map_in_order(lambda job: examine(world, *job), jobs, label, workers=1))
    return _result(world, plan, (count, distorted, at_declared), parts)


Job = tuple[Plan, int, tuple[str, ...], bool]
"""Plan, index of the problem, the distortions to try on it, and whether at all strengths or at the declared one;
without any distortion its clean videos are judged."""
Part = tuple[bytes, int, list[Outcome]]
"""What stands for the board, its cells in px, and what became of its videos."""


def _work(job: Job) -> Part:
    return examine(WORLDS[job[0].world], *job)


def problem_of(world: World, plan: Plan, index: int) -> Problem:
    return shown_as(world, make_problem(world, plan.level, plan.split, index), size=plan.size)


def examine(world: World, plan: Plan, index: int, distortions: tuple[str, ...], all_strengths: bool) -> Part:
    """All videos of one problem that a job asks for, made and judged."""
    problem = problem_of(world, plan, index)
    if distortions:
        found = [
            outcome
            for name in distortions
            for outcome in _distort(world, problem, DISTORTIONS[name], all_strengths)
        ]
    else:
        found = [*_honest(world, problem), *_dishonest(world, problem)]
    return hashlib.sha256(world.canonical(problem.grid)).digest()[:8], problem.layout.cell_px, found


def valid_video(world: World, problem: Problem, variant: Variant) -> Video | None:
    """The audit's video of a variant."""
    return variant.make(world, problem, seeding.rng("variant", variant.name, str(problem.address)))


def cheat_video(world: World, problem: Problem, cheat: Cheat) -> Video | None:
    """The audit's video of a cheat; the same as that of the law `cheats_are_refused`."""
    return cheat.make(world, problem, seeding.rng("cheat", cheat.name, str(problem.address)))


def distorted_video(
    world: World, problem: Problem, distortion: Distortion, strength: float, video: Video
) -> Video:
    """The audit's distortion of a video of this problem."""
    rng = seeding.rng("distortion", distortion.name, str(problem.address))
    return distortion.make(world, problem, video, strength, rng)


def _reason(
    world: World, problem: Problem, make: Callable[[], Video | None], tolerance: Tolerance
) -> str | None:
    """The reason of refusal, "" for a success, None for no video."""
    try:
        video = make()
        if video is None:
            return None
        verdict = judge(world, problem, video, tolerance)
        return "" if verdict.success else verdict.reason or "(no reason)"
    except Exception as error:  # of any kind: a world's code is what is being examined
        return f"raised {type(error).__name__}"


def _honest(world: World, problem: Problem) -> Iterator[Outcome]:
    where = str(problem.address)
    reason = _reason(world, problem, partial(oracle_video, world, problem), EXACT)
    yield Outcome("valid", ORACLE, None, reason, True, where)
    for variant in world.variants:
        reason = _reason(world, problem, partial(valid_video, world, problem, variant), EXACT)
        yield Outcome("valid", variant.name, None, reason, True, where)


def _dishonest(world: World, problem: Problem) -> Iterator[Outcome]:
    for cheat in world.cheats:
        reason = _reason(world, problem, partial(cheat_video, world, problem, cheat), EXACT)
        yield Outcome("cheat", cheat.name, None, reason, reason in cheat.reasons, str(problem.address))


def _distort(
    world: World, problem: Problem, distortion: Distortion, all_strengths: bool
) -> Iterator[Outcome]:
    """The oracle under a distortion, and a few cheats under its declared strength; as scored."""
    oracle, where = oracle_video(world, problem), str(problem.address)
    change = partial(distorted_video, world, problem, distortion)
    allowed = declared(world, problem.layout.cell_px).get(distortion.name)
    for strength in distortion.strengths:
        if all_strengths or strength == allowed:
            reason = _reason(world, problem, partial(change, strength, oracle), DECLARED)
            yield Outcome("distorted", distortion.name, strength, reason, True, where)
    if allowed is None or not distortion.keeps_frames:
        return
    rng = seeding.rng("cheats to distort", distortion.name, where)
    able = [cheat for cheat in world.cheats if not FORMAL & set(cheat.reasons)]
    for number in rng.permutation(len(able))[:CHEATS_A_DISTORTION]:
        make = partial(_distorted_cheat, world, problem, able[number], partial(change, allowed))
        example = f"{where} ({able[number].name})"
        reason = _reason(world, problem, make, DECLARED)
        yield Outcome("distorted cheat", distortion.name, allowed, reason, True, example)


def _distorted_cheat(
    world: World, problem: Problem, cheat: Cheat, change: Callable[[Video], Video]
) -> Video | None:
    """None too where the cheat lies in numbers that no file can hold."""
    video = cheat_video(world, problem, cheat)
    return None if video is None or video.dtype != np.uint8 else change(video)


def _result(world: World, plan: Plan, counts: tuple[int, int, int], parts: Sequence[Part]) -> AuditResult:
    count, distorted, at_declared = counts
    groups: dict[Kind, dict[tuple[str, float | None], list[Outcome]]] = {}
    for *_, outcomes in parts:
        for outcome in outcomes:
            same = groups.setdefault(outcome.kind, {}).setdefault((outcome.name, outcome.strength), [])
            same.append(outcome)

    def tallies(kind: Kind) -> tuple[Tally, ...]:
        return tuple(_tally(*key, found) for key, found in groups.get(kind, {}).items())

    cells_px = [cell_px for _, cell_px, _ in parts]
    return AuditResult(
        world=world.id,
        package=f"videorlvr {__version__}",
        judge=JUDGE_VERSION,
        level=plan.level,
        split=plan.split,
        size=plan.size,
        cells_px=(min(cells_px), max(cells_px)),
        problems=count,
        boards=len({board for board, *_ in parts}),
        distorted=distorted,
        at_declared=at_declared,
        declared=declared(world, min(cells_px)),
        valid=tallies("valid"),
        cheats=tallies("cheat"),
        tolerance=tallies("distorted"),
        distorted_cheats=tallies("distorted cheat"),
    )


def _tally(name: str, strength: float | None, outcomes: Sequence[Outcome]) -> Tally:
    judged = [outcome for outcome in outcomes if outcome.reason is not None]
    reasons = Counter(outcome.reason for outcome in judged if outcome.reason)
    examples: dict[str, str] = {}
    for outcome in judged:
        examples.setdefault(outcome.reason or "accepted", outcome.example)
    return Tally(
        name=name,
        strength=strength,
        videos=len(judged),
        accepted=len(judged) - reasons.total(),
        absent=len(outcomes) - len(judged),
        reasons=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
        wrong_reasons=dict(Counter(o.reason for o in judged if o.reason and not o.own)),
        examples=examples,
    )
