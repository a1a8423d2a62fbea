"""The configuration of a trial: the very one, with as few problems as fill its batches and a first step of full size.

Law: shapes stay (batch, group, window, sampler, model), so that memory and seconds are the run's.
"""

from __future__ import annotations

import math
from typing import Any

from pydantic import ValidationError

from videorlvr.training.config import RunConfig

FULL_STEP: dict[str, Any] = {
    "updates": 1,  # the first one alone is on-policy, where a ratio must be 1
    "epochs": 1,
    "warmup": 0,  # a step of full length: what a warm-up rounds away says nothing
    "warm_moments": 0,
    "log_every": 1,
    "validate_every": 0,
    "pool_grow": 0,
    "tracker": "none",
    "max_s": None,
}
LEAST_GROUPS = 4
"""Of each world: with fewer, a share of silent groups says nothing."""


def tiny(config: RunConfig, *, num_ranks: int = 1) -> RunConfig:
    """The trial's configuration; a change that this method's configuration cannot bear is left out."""
    fields, out = type(config).model_fields, config
    batch = int(getattr(config, "batch", 1))
    wanted = dict(FULL_STEP)
    for key in ("pool_start", "demonstrations"):
        wanted[key] = min(batch, int(getattr(config, key, 0) or 0))
    if "problems" in fields:
        wanted["problems"] = fewest_problems(config, num_ranks)
    for key, value in wanted.items():
        if key in fields and getattr(out, key) != value:
            try:
                out = out.changed(**{key: value})
            except ValidationError:
                continue
    return out


def fewest_problems(config: Any, num_ranks: int) -> int:
    """Problems that fill whole batches on every rank, and make a few groups."""
    group = int(getattr(config, "group", 1))
    step = int(config.batch) // math.gcd(int(config.batch), group) * num_ranks
    return min(int(config.problems), step * math.ceil(LEAST_GROUPS / step))


def times_longer(config: Any, trial: Any) -> tuple[float, float]:
    """How many times the rollouts, and the updates, of an iteration are those of the trial's."""
    work = getattr(config, "problems", 1) / getattr(trial, "problems", 1)
    return work, work * getattr(config, "epochs", 1) / getattr(trial, "epochs", 1)
