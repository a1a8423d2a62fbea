"""Complete runs as functions that return a configuration. `RECIPES` is the one list."""

from __future__ import annotations

from collections.abc import Callable

from videorlvr.base.choices import unknown
from videorlvr.recipes import micro, paper, small
from videorlvr.training.config import Config

RECIPES: dict[str, Callable[[], Config]] = {
    recipe.__name__.replace("_", "-"): recipe
    for recipe in (
        micro.micro_sft,
        micro.micro_maze_sft,
        micro.micro_rl,
        micro.micro_maze_rl,
        small.small_sft,
        small.small_rl,
        small.small_rl_all_steps,
        paper.paper_sft,
        paper.sokoban_sft,
        paper.paper_sokoban_sft,
    )
}


def recipe_of(name: str) -> Config:
    """The configuration of a recipe.

    Raises:
        ChoiceError: naming the nearest recipe.
    """
    if name not in RECIPES:
        raise unknown("recipe", name, RECIPES)
    return RECIPES[name]()
