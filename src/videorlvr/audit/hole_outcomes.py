"""What the published rules and the judge say of the videos of `holes`, counted.

Law: the videos are those of the audit (`cheat_video`, `valid_video`), so each can be made again from its problem; the
same holes, level and count give the same numbers.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from videorlvr.audit.holes import Hole
from videorlvr.audit.run import cheat_video, valid_video
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Problem, Split, Video, World
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

FULL_MARKS = 0.999


@dataclass(frozen=True)
class Outcome:
    """One video kind of one world under one hole's rule.

    made: problems that have such a video. reward: what the rule gives them, on average; oracle: and the oracle.
    full: how many get full marks of the rule. accepted: how many the judge accepts.
    """

    hole: str
    world: str
    kind: str
    video: str
    level: str
    problems: int
    made: int
    reward: float
    oracle: float
    full: int
    accepted: int
    bar: float

    @property
    def is_fooled(self) -> bool:
        """Does the published rule do what is said of it?"""
        return self.made > 0 and (
            self.reward >= self.bar if self.kind == "cheat" else self.reward <= self.bar
        )

    @property
    def is_held(self) -> bool:
        """Does the judge accept no cheat, and every variant?"""
        return self.accepted == (0 if self.kind == "cheat" else self.made)

    def to_json(self) -> dict[str, Any]:
        return {**dataclasses.asdict(self), "is_fooled": self.is_fooled, "is_held": self.is_held}


@lru_cache(maxsize=16)
def problems_of(world: str, level: str, split: Split, count: int) -> tuple[Problem, ...]:
    return tuple(make_problem(WORLDS[world], level, split, index) for index in range(count))


def videos_of(hole: Hole) -> Iterator[tuple[str, str, str]]:
    """(world, "cheat" or "variant", name) of every video kind that a hole names."""
    kinds: tuple[tuple[str, Mapping[str, tuple[str, ...]]], ...]
    kinds = (("cheat", hole.cheats), ("variant", hole.variants))
    for kind, names in kinds:
        for world, listed in names.items():
            yield from ((world, kind, name) for name in listed)


def video_of(world: World, problem: Problem, kind: str, name: str) -> Video | None:
    """The audit's video of a cheat or variant, None where the problem has none.

    Raises:
        ValueError: If the world has no cheat or variant of that name.
    """
    for cheat in world.cheats if kind == "cheat" else ():
        if cheat.name == name:
            return cheat_video(world, problem, cheat)
    for variant in world.variants if kind == "variant" else ():
        if variant.name == name:
            return valid_video(world, problem, variant)
    raise ValueError(f"world '{world.name}' has no {kind} '{name}': its page lists those it has")


def outcomes(hole: Hole, *, level: str, count: int, split: Split = "test") -> Iterator[Outcome]:
    """Each video kind of a hole on the problems 0 to count - 1 of a level."""
    level, oracles = hole.level or level, dict[str, float]()
    for name, kind, video in videos_of(hole):
        world, problems = WORLDS[name], problems_of(name, level, split, count)
        if name not in oracles:
            oracles[name] = _mean([hole.rule(world, each, oracle_video(world, each)) for each in problems])
        rewards, accepted = list[float](), 0
        for problem in problems:
            shown = video_of(world, problem, kind, video)
            if shown is not None:
                rewards.append(hole.rule(world, problem, shown))
                accepted += int(judge(world, problem, shown, EXACT).success)
        full = sum(int(reward >= FULL_MARKS) for reward in rewards)
        yield Outcome(
            hole.name, name, kind, video, level, count, len(rewards), _mean(rewards), oracles[name], full,
            accepted, hole.bar,
        )  # fmt: skip


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
