"""The probe by itself: a record of each world and block of a policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from videorlvr.base import seeding
from videorlvr.base.spectrum import bootstrap, shape_of, variances
from videorlvr.methods.video.rankme.config import RankMeConfig
from videorlvr.models.api import Policy
from videorlvr.training.spectrum import hidden_states
from videorlvr.worlds.different import Part, different_boards

BATCH = 64


def look(config: RankMeConfig, policy: Policy) -> Iterator[dict[str, Any]]:
    """Records with both ranks, alpha and its fit, and the 95% interval of the rank by bootstrap over videos.

    Raises:
        ValueError: If the policy's network has no seam to look through.
    """
    for task in config.tasks:
        part = Part(task.world, task.level, "val", config.problems)
        problems = different_boards([part], "probe", workers=1)
        for site, features in hidden_states(policy, problems, batch=BATCH, sigma=config.sigma).items():
            samples, dimensions = features.shape[0] * features.shape[1], features.shape[2]
            fit = {"first": config.first, "last": config.last}
            shape = shape_of(variances(features.reshape(samples, dimensions)), **fit)
            rng = seeding.rng("rankme", task.world, task.level, site.block, site.loop)
            drawn = [one.rank for one in bootstrap(features, rng, draws=config.draws, **fit)]
            low, high = np.quantile(drawn, [0.025, 0.975])
            yield {
                "world": task.world,
                "level": task.level,
                "block": site.block,
                "loop": site.loop,
                "sigma": config.sigma,
                "samples": samples,
                "dimensions": dimensions,
                "rank": shape.rank,
                "rank_low": float(low),
                "rank_high": float(high),
                "rank_singular": shape.rank_singular,
                "alpha": shape.alpha if np.isfinite(shape.alpha) else None,
                "alpha_fit": shape.r_squared if np.isfinite(shape.r_squared) else None,
            }
