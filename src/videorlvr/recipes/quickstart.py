"""The stages of `videorlvr quickstart`, and how they are shortened on a slow machine.

RL is shown where it has a case: demonstrations are few, and problems with a judge are not. SFT learns Maze from
`demonstrations` solved boards and no others. From there RL goes on against the judge, on boards of which it is given no
solution; the control goes on with SFT on the same demonstrations, at as many network evaluations.

Law: what is shortened keeps the comparison fair, since the control follows what RL has spent, and it is said.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from videorlvr.evaluation.suites import suite_of
from videorlvr.methods import recipe_of
from videorlvr.models.shipped import shipped_sft
from videorlvr.training.config import RunConfig

__all__ = ["Size", "maze_more", "maze_rl", "maze_sft", "shipped_sft", "shortened"]

FORWARD_AND_BACKWARD = 3
FIXED_S = 40.0
"""Seconds that do not depend on the network's speed: starting, making and judging problems, the report."""
LEAST_SFT, LEAST_RL = 60, 2


@dataclass(frozen=True)
class Size:
    """How much quickstart does.

    Chosen on `val` (256 Mazes, one seed). After 550 steps of SFT, more SFT beats RL for 200 to 3,200 demonstrations.
    After 1,100 steps on 400 of them SFT has flattened at 53.5% and RL takes it to 57.4%; on `test` no arm wins.

    demonstrations: solved boards that SFT learns from.  suites: what is evaluated, the trained world first.
    changes: settings of every run that differ from the recipes', and `sft`, of those of SFT alone; for tests.
    """

    demonstrations: int = 400
    sft_steps: int = 1100
    rl_iterations: int = 20
    suites: tuple[str, ...] = ("micro-v2:maze", "micro-v2:flowfree", "micro-v2:sokoban")
    changes: dict[str, Any] = field(default_factory=dict)
    sft: dict[str, Any] = field(default_factory=dict)
    rl: dict[str, Any] = field(default_factory=dict)


def maze_sft(size: Size) -> RunConfig:
    """Maze from scratch, on a fixed set of demonstrations."""
    return _sft(size).changed(num_steps=size.sft_steps)


def maze_rl(size: Size, init: Path) -> RunConfig:
    """Maze, from the policy just trained, against the judge."""
    values = {"num_steps": size.rl_iterations, "init": str(init)}
    return recipe_of("micro-maze-rl").changed(**size.changes | size.rl | values)


def maze_more(size: Size, init: Path, evaluations: int) -> RunConfig:
    """The control: from the same policy, more SFT on the same demonstrations, at no fewer network evaluations than RL
    spent. Its peak learning rate is half of the first stage's, since the policy has learnt something; not tuned. Its
    batches and noise have a seed of their own."""
    config = _sft(size)
    batch = int(getattr(config, "batch"))  # noqa: B009
    return config.changed(
        model=None,
        init=str(init),
        seed=config.seed + 1,
        demonstration_seed=config.seed,
        lr=float(getattr(config, "lr")) / 2,  # noqa: B009
        num_steps=math.ceil(evaluations / (FORWARD_AND_BACKWARD * batch)),
    )


def _sft(size: Size) -> RunConfig:
    demonstrations = {"pool_start": size.demonstrations, "pool_grow": 0, "pool_size": size.demonstrations}
    return recipe_of("micro-maze-sft").changed(**size.changes | size.sft | demonstrations)


def rl_evaluations(size: Size) -> int:
    """Network evaluations of an RL run of this size: a forward pass a step of the sampler for the rollout, and a
    forward and a backward pass a trained step."""
    config: Any = maze_rl(size, Path("unknown"))
    videos = config.problems * config.group * config.epochs
    rollout = config.problems * config.group * config.sampling.steps
    return int(size.rl_iterations * (rollout + videos * FORWARD_AND_BACKWARD * config.num_trained))


def sft_evaluations(size: Size) -> int:
    config: Any = maze_sft(size)
    return int(size.sft_steps * FORWARD_AND_BACKWARD * config.batch)


def seconds_left(size: Size, rate: float, *, sft_done: bool = False) -> float:
    """Seconds that all of it takes at `rate` network evaluations a second; RL is paid twice, with its control."""
    evaluations = 2 * rl_evaluations(size) + (0 if sft_done else sft_evaluations(size))
    return fixed_seconds(size, rate) + evaluations / rate


def fixed_seconds(size: Size, rate: float) -> float:
    """Seconds that no shorter training saves: among them playing the suites, the first one by three policies."""
    config: Any = maze_sft(size)
    sizes = [suite_of(name).size for name in size.suites]
    return FIXED_S + float(config.sampling.steps) * (2 * sizes[0] + sum(sizes)) / rate


def shortened(size: Size, rate: float, seconds: float, *, sft_done: bool = False) -> Size:
    """The size that fits into `seconds`: SFT and RL shortened alike, or RL alone once SFT is done. Never longer."""
    fixed = fixed_seconds(size, rate)
    share = max(seconds - fixed, 0) / (seconds_left(size, rate, sft_done=sft_done) - fixed)
    if share >= 1:
        return size
    iterations = max(LEAST_RL, math.floor(size.rl_iterations * share))
    steps = size.sft_steps if sft_done else max(LEAST_SFT, math.floor(size.sft_steps * share))
    return replace(
        size, rl_iterations=min(size.rl_iterations, iterations), sft_steps=min(size.sft_steps, steps)
    )
