"""Players that need no model: the ceiling, chance, and doing nothing.

A player makes one video a problem. Law: what it does with a problem depends on the problem's address and
the sample index alone, never on the other problems of the batch, so batches can be cut and resumed freely.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from videorlvr.base import seeding
from videorlvr.base.choices import unknown
from videorlvr.worlds.api import Problem, Trace, Video, World
from videorlvr.worlds.problems import pace
from videorlvr.worlds.render import first_frame, oracle_video, render_trace

Player = Callable[[World, list[Problem], int], Video]
"""(world, problems, sample index) -> uint8 [B, T, H, W, 3]. The problems share layout and num_frames."""


def oracle(world: World, problems: list[Problem], sample: int) -> Video:
    """The reference solutions. Below 1.0, the judge and not the player is wrong."""
    return np.stack([oracle_video(world, problem) for problem in problems])


def random_legal(world: World, problems: list[Problem], sample: int) -> Video:
    """Legal moves without a plan, as many as the frames can show: what rules alone are worth."""
    return np.stack([_random_video(world, problem, sample) for problem in problems])


def _random_video(world: World, problem: Problem, sample: int) -> Video:
    rng = seeding.rng("random-legal", str(problem.address), sample)
    budget = problem.moves_per_frame * (problem.num_frames - 1)
    states = world.play(problem.grid, world.random_moves(problem.grid, budget, rng))
    figures = pace(states, num_frames=problem.num_frames, moves_per_frame=problem.moves_per_frame)
    return render_trace(world, problem, Trace.exact(problem.grid.ground, figures))


def frozen_frame(world: World, problems: list[Problem], sample: int) -> Video:
    """The given frame, held: no rule is broken and nothing is solved."""
    return np.stack(
        [np.repeat(first_frame(world, problem)[None], problem.num_frames, axis=0) for problem in problems]
    )


BASELINES: dict[str, Player] = {
    "oracle": oracle,
    "random-legal": random_legal,
    "frozen-frame": frozen_frame,
}


def baseline_of(name: str) -> Player:
    """The baseline of that name.

    Raises:
        ChoiceError: naming the nearest baseline.
    """
    if name not in BASELINES:
        raise unknown("baseline", name, BASELINES)
    return BASELINES[name]
