"""The probe by itself: a record of each world and block of a policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from videorlvr.base import seeding
from videorlvr.methods.video.rankme.config import RankMeConfig
from videorlvr.models.api import Policy
from videorlvr.training.spectrum import hidden_states, shape_record
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
            rng = seeding.rng("rankme", task.world, task.level, site.block, site.loop)
            yield {
                "world": task.world,
                "level": task.level,
                "block": site.block,
                "loop": site.loop,
                "sigma": config.sigma,
                **shape_record(features, rng, first=config.first, last=config.last, draws=config.draws),
            }
