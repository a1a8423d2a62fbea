"""Complete runs of SDE-GRPO. Costs are of one run, its SFT left out."""

from __future__ import annotations

from videorlvr.methods.video.sde_grpo.config import GRPOConfig
from videorlvr.players.sampling import Sampling
from videorlvr.training.config import Task

MICRO_SAMPLING = Sampling(steps=5, shift=3.0)


def micro_maze_rl() -> GRPOConfig:
    """Maze 3x3, from `micro-maze-sft`. lr 3e-4 falls apart.

    Command: `videorlvr train micro-maze-rl`. Cost: two and a half minutes on two CPU cores.
    Result: 71.5 to 75.5% on micro-v2:maze in three seeds, from 58.5%; the same compute of more SFT
    (`micro-maze-sft-more`) reaches 95.5%.
    """
    return GRPOConfig(
        tasks=[Task(world="maze", level="micro")],
        init="runs/micro-maze-sft/policy",
        sampling=MICRO_SAMPLING,
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
    """FlowFree and Sokoban at `micro`, from the checkpoint that ships. lr 1e-4 falls apart here.

    Command: `videorlvr train micro-rl`, after `micro-sft`. Cost: half a minute on two CPU cores.
    Result: 45.5% on micro-v2:flowfree and 74.0% on micro-v2:sokoban, from 47.0% and 73.0%: no difference.
    """
    return GRPOConfig(
        tasks=[Task(world=world, level="micro") for world in ("flowfree", "sokoban")],
        init="runs/micro-sft/policy",
        sampling=MICRO_SAMPLING,
        num_steps=8,
        problems=16,
        group=8,
        batch=64,
        num_trained=2,
        noise_scale=1.0,
        updates=2,
        lr=3e-5,
    )


def small_rl() -> GRPOConfig:
    """Noise and gradient in the first 4 of 10 steps, on all three worlds at `small`.

    Command: `videorlvr train small-rl`, after `small-sft`. Cost: four minutes on an H200.
    Result: Sokoban 85.3 to 86.4% on small-v2 in three seeds, from 83.5%; Maze and FlowFree, at 99.9 and 99.8%,
    have nothing left to learn.
    """
    return GRPOConfig(
        tasks=[Task(world=world, level="small") for world in ("maze", "flowfree", "sokoban")],
        init="runs/small-sft/policy",
        sampling=Sampling(steps=10, shift=3.0),
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
    """Noise and gradient in every step but the last: what Early-Step Focus is compared with.

    Command: `videorlvr train small-rl-all-steps`, after `small-sft`. Cost: an iteration takes as long as 1.6 of
    `small-rl`. Result: no better than `small-rl` (docs/log.md).
    """
    return small_rl().changed(window="all", num_trained=None)


def wan_rl() -> GRPOConfig:
    """The adapter of `wan-sft`, early steps alone: noise and gradient in 4 steps of 20.

    Command: `videorlvr train wan-rl`, after `wan-sft`. Cost: by the parts in docs/wan.md, four minutes an iteration on
    an H200. Result: not measured.
    """
    return GRPOConfig(
        tasks=[
            Task(world=world, level="small", size=(256, 256), frames=33)
            for world in ("maze", "flowfree", "sokoban")
        ],
        init="runs/wan-sft/policy",
        sampling=Sampling(steps=20, shift=5.0),
        num_steps=100,
        problems=8,
        group=16,
        batch=16,
        window="early",
        num_trained=4,
        lr=1e-5,
        warmup=3,
        validate_every=20,
        num_val=32,
        save_every_s=600,
        compile=True,
    )


RECIPES = (wan_rl, micro_maze_rl, micro_rl, small_rl, small_rl_all_steps)
