"""Runs at the paper's board sizes on one GPU: Maze 3x3 to 10x10 cells (the paper's 7x7 to 21x21 squares, walls
included), FlowFree 5x5 to 8x8, Sokoban 6x6 to 10x10 with up to three boxes. Model, sampler and optimizer are those of
`small-sft`."""

from __future__ import annotations

from videorlvr.recipes.small import small_sft
from videorlvr.training.config import SFTConfig, Task


def _like_small(*worlds: str, level: str = "paper", **changes: object) -> SFTConfig:
    tasks = [Task(world=world, level=level) for world in worlds]
    return small_sft().model_copy(update={"tasks": tasks, **changes})


def paper_sft() -> SFTConfig:
    """SFT from scratch on Maze and FlowFree, one policy: a quarter of an hour on an H200."""
    return _like_small("maze", "flowfree", batch=128, num_steps=4800, validate_every=1200)


def sokoban_sft() -> SFTConfig:
    """SFT on small Sokoban: 16 frames where the paper's boards have 61, and fifteen times the samples a second."""
    return _like_small("sokoban", level="small", validate_every=1750)


def paper_sokoban_sft() -> SFTConfig:
    """The policy of `sokoban-sft` taken to the paper's sizes: ten minutes."""
    return _like_small(
        "sokoban",
        model=None,
        init="runs/sokoban-sft/policy",
        batch=48,
        num_steps=2900,
        lr=4e-3,
        warmup=100,
        pool_size=150_000,
        validate_every=1000,
        num_val=192,
    )
