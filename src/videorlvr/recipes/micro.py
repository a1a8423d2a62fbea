"""Runs at `micro` levels, for a CPU with two cores: what quickstart is made of."""

from __future__ import annotations

from videorlvr.models.dit import DiTConfig
from videorlvr.players.policy import Sampling
from videorlvr.training.config import GRPOConfig, SFTConfig, Task

MODEL = DiTConfig(width=128, depth=6, heads=4)
SAMPLING = Sampling(num_steps=5, shift=3.0)


def micro_maze_sft() -> SFTConfig:
    """Maze 3x3 from scratch."""
    return SFTConfig(
        tasks=[Task(world="maze", level="micro")],
        model=MODEL,
        sampling=SAMPLING,
        batch=32,
        num_steps=550,
        lr=8e-3,
        warmup=50,
        ema=0.99,
        pool_start=1024,
        pool_grow=8,
        pool_size=8192,
    )


def micro_sft() -> SFTConfig:
    """One policy for FlowFree and Sokoban: the checkpoint that ships. It stops early, so that RL has room."""
    return SFTConfig(
        tasks=[Task(world=world, level="micro") for world in ("flowfree", "sokoban")],
        model=MODEL,
        sampling=SAMPLING,
        batch=256,
        num_steps=500,
        lr=8e-3,
        warmup=100,
        ema=0.99,
        pool_start=8192,
        pool_size=100_000,
        validate_every=250,
        num_val=256,
        compile=True,
    )


def micro_maze_rl() -> GRPOConfig:
    """RL on Maze 3x3, from `micro-maze-sft`: two and a half minutes on two cores. lr 3e-4 falls apart."""
    return GRPOConfig(
        tasks=[Task(world="maze", level="micro")],
        init="runs/micro-maze-sft/policy",
        sampling=SAMPLING,
        num_steps=40,
        problems=32,
        group=8,
        batch=64,
        num_trained=2,
        noise_scale=1.0,
        updates=2,
        lr=1e-4,
    )


def micro_rl() -> GRPOConfig:
    """RL on FlowFree and Sokoban, from the checkpoint that ships. lr 1e-4 falls apart here."""
    return GRPOConfig(
        tasks=[Task(world=world, level="micro") for world in ("flowfree", "sokoban")],
        init="runs/micro-sft/policy",
        sampling=SAMPLING,
        num_steps=8,
        problems=16,
        group=8,
        batch=64,
        num_trained=2,
        noise_scale=1.0,
        updates=2,
        lr=3e-5,
    )
