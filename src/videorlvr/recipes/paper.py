"""Runs at the paper's board sizes on one GPU: Maze 3x3 to 10x10 cells (the paper's 7x7 to 21x21 squares, walls
included), FlowFree 5x5 to 8x8, Sokoban 6x6 to 10x10 with up to three boxes."""

from __future__ import annotations

from videorlvr.policies.dit import DiTConfig
from videorlvr.recipes.small import SAMPLING, WORLDS, small_sft
from videorlvr.training.config import SFTConfig, Task


def paper_sft() -> SFTConfig:
    """SFT from scratch on Maze and FlowFree, one policy: a quarter of an hour on an H200."""
    return SFTConfig(
        tasks=[Task(world=world, level="paper") for world in WORLDS[:2]],
        model=DiTConfig(width=256, depth=8, heads=4),
        sampling=SAMPLING,
        batch=128,
        num_steps=4800,
        lr=8e-3,
        warmup=200,
        ema=0.998,
        pool_start=8192,
        pool_grow=60,
        pool_size=250_000,
        validate_every=1200,
        num_val=256,
        compile=True,
    )


def sokoban_sft() -> SFTConfig:
    """SFT on small Sokoban: 16 frames where the paper's boards have 61, so eight times the samples a second."""
    return small_sft().model_copy(
        update={"tasks": [Task(world="sokoban", level="small")], "validate_every": 1750}
    )


def paper_sokoban_sft() -> SFTConfig:
    """The same policy taken to the paper's sizes."""
    return SFTConfig(
        tasks=[Task(world="sokoban", level="paper")],
        init="runs/sokoban-sft/policy",
        sampling=SAMPLING,
        batch=48,
        num_steps=2900,
        lr=4e-3,
        warmup=100,
        ema=0.998,
        pool_start=8192,
        pool_grow=60,
        pool_size=150_000,
        validate_every=1000,
        num_val=192,
        compile=True,
    )
