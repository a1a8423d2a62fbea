"""The probe by itself: a record of each world and layer of a language policy."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from videorlvr.base import seeding
from videorlvr.methods.text.rankme.config import TextRankMeConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.training.language.spectrum import text_states
from videorlvr.training.spectrum import shape_record
from videorlvr.worlds.different import Part, different_boards

BATCH = 128


def look(config: TextRankMeConfig, policy: Any) -> Iterator[dict[str, Any]]:
    """Records with both ranks, alpha and its fit, and the 95% interval of the rank by bootstrap over boards. Layer 0 is
    the embedding.

    Raises:
        ValueError: If the policy makes videos.
    """
    if not isinstance(policy, LanguagePolicy):
        raise ValueError("text-rankme looks into policies that write; this one makes videos: take rankme")
    for task in config.tasks:
        part = Part(task.world, task.level, "val", config.problems)
        problems = different_boards([part], "probe", workers=1)
        for layer, features in enumerate(text_states(policy, problems, batch=BATCH)):
            rng = seeding.rng("text-rankme", task.world, task.level, layer)
            yield {
                "world": task.world,
                "level": task.level,
                "layer": layer,
                **shape_record(features, rng, first=config.first, last=config.last, draws=config.draws),
            }
