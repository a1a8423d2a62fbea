"""The stages of `videorlvr quickstart`: the whole recipe, small enough for two CPU cores and ten minutes."""

from __future__ import annotations

from pathlib import Path

from videorlvr.methods import recipe_of
from videorlvr.models.shipped import shipped_sft
from videorlvr.training.config import RunConfig

__all__ = ["maze_rl", "maze_sft", "others_rl", "shipped_sft"]


def maze_sft() -> RunConfig:
    """Maze from scratch."""
    return recipe_of("micro-maze-sft")


def maze_rl(init: Path) -> RunConfig:
    """Maze, from the policy just trained."""
    return recipe_of("micro-maze-rl").changed(init=str(init))


def others_rl(init: Path) -> RunConfig:
    """FlowFree and Sokoban, from the policy that ships."""
    return recipe_of("micro-rl").changed(init=str(init))
