"""Complete runs of Plantain, and ways of playing with plans thrown away."""

from __future__ import annotations

from videorlvr.methods.text.plantain.config import PlantainConfig, RewindConfig
from videorlvr.models.language.config import LanguageConfig


def text_small_plan() -> PlantainConfig:
    """Maze 6x6 with a plan, a thought and an answer, a Llama of 3M parameters from scratch.

    Command: `videorlvr train text-small-plan`. Cost: a minute on a GPU.
    Result: not measured; study `plantain-mazes`.
    """
    return PlantainConfig(
        tasks=["maze:small"],  # type: ignore[list-item]
        model=LanguageConfig(width=256, depth=4, heads=4),
        trace="expand",
        num_steps=2000,
        batch=256,
        validate_every=1000,
    )


def plantain_rewind() -> RewindConfig:
    """A plan that breaks the rules is thrown away, twice at most.

    Command: `videorlvr evaluate RUN --player plantain-rewind`. Cost: some tokens a rejected plan.
    Result: not measured; study `plantain-mazes`.
    """
    return RewindConfig()


RECIPES = (text_small_plan,)
WAYS = (plantain_rewind,)
