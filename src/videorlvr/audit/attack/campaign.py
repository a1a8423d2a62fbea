"""Attacks on many scenes within a budget, and the best that each world and size gave.

Laws: the same seed and number of tries give the same result; a campaign that is interrupted has one, too. Whether an
attack was accepted, the judge itself says.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from videorlvr.audit.attack.scene import Scene, scenes
from videorlvr.audit.attack.search import evolve
from videorlvr.audit.attack.target import Target
from videorlvr.audit.attack.twin import descend
from videorlvr.base import seeding
from videorlvr.worlds.api import Video, World
from videorlvr.worlds.problems import make_problem, shown_as

WAYS = {"evolution": evolve, "gradient": descend}
NEAR = 1.25
"""An excess from which on the judge is asked."""
TRIES_A_TURN = 25
"""Tries on one scene before the next has its turn."""


@dataclass(frozen=True, eq=False)
class Attack:
    """What one scene gave. excess: the least that was found; accepted: whether the judge believed it, or any other."""

    scene: Scene
    way: str
    excess: float
    accepted: bool
    video: Video | None
    second_eye: str = ""

    def to_json(self) -> dict[str, Any]:
        return {
            "scene": self.scene.name,
            "problem": str(self.scene.problem.address),
            "way": self.way,
            "excess": None if np.isinf(self.excess) else round(self.excess, 3),
            "accepted": self.accepted,
            "second_eye": self.second_eye,
        }


@dataclass
class Campaign:
    """world, level, size, tolerance: who was attacked. tries, seconds: what it took. found: the best, by scene."""

    world: str
    level: str
    size: tuple[int, int] | None
    tolerance: str
    seed: int
    tries: int = 0
    seconds: float = 0.0
    fooled_one_eye: int = 0
    found: dict[str, Attack] = field(default_factory=dict)

    @property
    def accepted(self) -> list[Attack]:
        return [attack for attack in self.found.values() if attack.accepted]

    @property
    def best(self) -> Attack | None:
        """One that was accepted, or else the nearest."""
        return min(self.found.values(), key=lambda attack: (not attack.accepted, attack.excess), default=None)

    def to_json(self) -> dict[str, Any]:
        return {
            "world": self.world,
            "level": self.level,
            "size": self.size,
            "tolerance": self.tolerance,
            "seed": self.seed,
            "tries": self.tries,
            "seconds": round(self.seconds, 1),
            "accepted": len(self.accepted),
            "fooled_one_eye": self.fooled_one_eye,
            "scenes": [attack.to_json() for attack in self.found.values()],
        }


def attack(
    world: World,
    level: str,
    *,
    target: Target,
    size: tuple[int, int] | None = None,
    seed: int = 0,
    tries: int | None = None,
    seconds: float | None = None,
) -> Campaign:
    """Attack the judge on validation problems of a level until the budget is spent, or until it is interrupted.

    Raises:
        ValueError: If neither a number of tries nor of seconds is given, or the level has no illegal trace to show.
    """
    if tries is None and seconds is None:
        raise ValueError(
            "an attack has no budget: expected a number of tries or of seconds, such as --seconds 60"
        )
    campaign = Campaign(world.name, level, size, target.tolerance, seed)
    started = time.perf_counter()
    try:
        for part in _turns(world, level, size, seed, target):
            for scene, way, excess, video in part:
                campaign.tries += 1
                _keep(campaign, target, scene, way, excess, video)
                spent = time.perf_counter() - started
                if (tries is not None and campaign.tries >= tries) or (
                    seconds is not None and spent >= seconds
                ):
                    return campaign
    except KeyboardInterrupt:
        return campaign
    finally:
        campaign.seconds = time.perf_counter() - started
    return campaign


Try = tuple[Scene, str, float, Video | None]


def _turns(
    world: World, level: str, size: tuple[int, int] | None, seed: int, target: Target
) -> Iterator[Iterator[Try]]:
    """For ever: some tries on each scene in turn, each by both ways; a new problem every round."""
    running: list[tuple[Scene, str, Iterator[tuple[float, Video | None]]]] = []
    for round_ in itertools.count():
        problem = make_problem(world, level, "val", 1000 * seed + round_)
        problem = problem if size is None else shown_as(world, problem, size=size)
        for scene in scenes(world, problem):
            for way, make in WAYS.items():
                rng = seeding.rng("attack", way, scene.name, str(problem.address), str(seed))
                running.append((scene, way, make(scene, target, rng)))
        if not running and round_ > 20:
            raise ValueError(
                f"level '{level}' of {world.name} has no illegal traces to show: take another level"
            )
        for scene, way, source in running[-60:]:
            yield ((scene, way, *one) for one in itertools.islice(source, TRIES_A_TURN))


def _keep(
    campaign: Campaign, target: Target, scene: Scene, way: str, excess: float, video: Video | None
) -> None:
    name = f"{scene.name}, {scene.problem.address}"
    known = campaign.found.get(name)
    if video is None or (known is not None and (known.accepted or excess >= known.excess)):
        campaign.found.setdefault(name, Attack(scene, way, np.inf, False, None))
        return
    accepted, eye = False, ""
    if excess <= NEAR:
        verdict = target.verdict(scene.world, scene.problem, video, target.tolerance)
        accepted, eye = verdict.success, verdict.second_eye
        campaign.fooled_one_eye += eye != ""
    campaign.found[name] = Attack(scene, way, excess, accepted, video, eye)
