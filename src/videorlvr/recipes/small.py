"""Runs at `small` levels on one GPU: Maze 6x6 cells, FlowFree 5x5, Sokoban up to 7x7, one policy."""

from __future__ import annotations

from videorlvr.models.dit import DiTConfig
from videorlvr.players.policy import Sampling
from videorlvr.training.config import GRPOConfig, SFTConfig, Task

WORLDS = ("maze", "flowfree", "sokoban")
SAMPLING = Sampling(num_steps=10, shift=3.0)


def small_sft() -> SFTConfig:
    """SFT from scratch on all three worlds."""
    return SFTConfig(
        tasks=[Task(world=world, level="small") for world in WORLDS],
        model=DiTConfig(width=256, depth=8, heads=4),
        sampling=SAMPLING,
        batch=256,
        num_steps=3500,
        lr=8e-3,
        warmup=200,
        ema=0.998,
        pool_start=8192,
        pool_grow=60,
        pool_size=250_000,
        validate_every=875,
        num_val=256,
        compile=True,
    )


def small_rl() -> GRPOConfig:
    """SDE-GRPO with noise and gradient in the first 4 of 10 steps."""
    return GRPOConfig(
        tasks=[Task(world=world, level="small") for world in WORLDS],
        init="runs/small-sft/policy",
        sampling=SAMPLING,
        num_steps=40,
        problems=32,
        group=16,
        batch=256,
        window="early",
        num_trained=4,
        updates=2,
        lr=3e-5,
        validate_every=20,
        num_val=256,
        compile=True,
    )


def small_rl_all_steps() -> GRPOConfig:
    """The same with noise and gradient in every step but the last: what Early-Step Focus is compared with."""
    return small_rl().model_copy(update={"window": "all", "num_trained": None})
