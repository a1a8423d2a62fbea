"""The stages of `videorlvr quickstart`: the whole recipe, small enough for two CPU cores and ten minutes."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from videorlvr.recipes import micro
from videorlvr.training.config import GRPOConfig, SFTConfig


def shipped_sft() -> Path:
    """The run folder of the SFT policy for FlowFree and Sokoban that comes with the package."""
    return Path(str(files("videorlvr") / "assets" / "micro-sft"))


def maze_sft() -> SFTConfig:
    """Maze from scratch."""
    return micro.micro_maze_sft()


def maze_rl(init: Path) -> GRPOConfig:
    """Maze, from the policy just trained."""
    return micro.micro_maze_rl().model_copy(update={"init": str(init)})


def others_rl(init: Path) -> GRPOConfig:
    """FlowFree and Sokoban, from the policy that ships."""
    return micro.micro_rl().model_copy(update={"init": str(init)})
