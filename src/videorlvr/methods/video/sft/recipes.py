"""Complete SFT runs. Costs are of one run; results are success on the level's test suite."""

from __future__ import annotations

from videorlvr.methods.video.sft.config import SFTConfig
from videorlvr.models.config import DiTConfig, LoopedConfig
from videorlvr.models.wan.config import WAN22_5B, WanConfig
from videorlvr.players.sampling import Sampling
from videorlvr.training.config import Task

MICRO_MODEL = DiTConfig(width=128, depth=6, heads=4)
MICRO_SAMPLING = Sampling(steps=5, shift=3.0)
SMALL_SAMPLING = Sampling(steps=10, shift=3.0)
SMALL_WORLDS = ("maze", "flowfree", "sokoban")


def _tasks(level: str, *worlds: str) -> list[Task]:
    return [Task(world=world, level=level) for world in worlds]


def micro_maze_sft() -> SFTConfig:
    """Maze 3x3 from scratch; quickstart begins with it on four hundred boards and no others.

    Command: `videorlvr train micro-maze-sft`. Cost: two minutes on two CPU cores.
    Result: 58.5% on micro-v2:maze; it stops early, where RL and more SFT both have room.
    """
    return SFTConfig(
        tasks=_tasks("micro", "maze"),
        model=MICRO_MODEL,
        sampling=MICRO_SAMPLING,
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
    """One policy for FlowFree and Sokoban at `micro`: the checkpoint that ships.

    Command: `videorlvr train micro-sft`. Cost: a minute on an H200.
    Result: 47.0% on micro-v2:flowfree, 73.0% on micro-v2:sokoban; it stops early, so that RL has room.
    """
    return SFTConfig(
        tasks=_tasks("micro", "flowfree", "sokoban"),
        model=MICRO_MODEL,
        sampling=MICRO_SAMPLING,
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


def small_sft() -> SFTConfig:
    """Maze 6x6 cells, FlowFree 5x5 and Sokoban up to 7x7, one policy from scratch.

    Command: `videorlvr train small-sft`. Cost: eight minutes on an H200.
    Result: Maze 99.9, FlowFree 99.8, Sokoban 83.5% on small-v2.
    """
    return SFTConfig(
        tasks=_tasks("small", *SMALL_WORLDS),
        model=DiTConfig(width=256, depth=8, heads=4),
        sampling=SMALL_SAMPLING,
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


def paper_sft() -> SFTConfig:
    """Maze and FlowFree at the paper's board sizes, one policy from scratch.

    Command: `videorlvr train paper-sft`. Cost: a quarter of an hour on an H200.
    Result: Maze 91.4, FlowFree 60.4% on paper-v2.
    """
    return small_sft().changed(
        tasks=_tasks("paper", "maze", "flowfree"), batch=128, num_steps=4800, validate_every=1200
    )


def sokoban_sft() -> SFTConfig:
    """Sokoban at `small`: 16 frames where the paper's boards have 61, and fifteen times the samples a second.

    Command: `videorlvr train sokoban-sft`. Cost: five minutes on an H200.
    Result: 91.8% of 256 validation problems; `paper-sokoban-sft` goes on from it.
    """
    return small_sft().changed(tasks=_tasks("small", "sokoban"), validate_every=1750)


def paper_sokoban_sft() -> SFTConfig:
    """The policy of `sokoban-sft` taken to the paper's board sizes.

    Command: `videorlvr train paper-sokoban-sft`. Cost: ten minutes on an H200.
    Result: 51.9% on paper-v2:sokoban.
    """
    return small_sft().changed(
        tasks=_tasks("paper", "sokoban"),
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


def micro_maze_sft_more() -> SFTConfig:
    """`micro-maze-sft` continued for as many network evaluations as `micro-maze-rl` takes, 93,000: its control.

    Command: `videorlvr train micro-maze-sft-more`, after `micro-maze-sft`. Cost: three minutes on two CPU cores.
    Result: 95.5% on micro-v2:maze after half of it, from 58.5%, under judge 2.
    """
    return micro_maze_sft().changed(
        model=None, init="runs/micro-maze-sft/policy", num_steps=970, lr=4e-3, pool_start=5416
    )


def micro_sft_more() -> SFTConfig:
    """`micro-sft` continued for as many network evaluations as `micro-rl` takes: its control.

    Command: `videorlvr train micro-sft-more`, after `micro-sft`. Cost: half a minute on two CPU cores.
    Result: not measured yet.
    """
    return micro_sft().changed(
        model=None,
        init="runs/micro-sft/policy",
        batch=64,
        num_steps=40,
        lr=4e-3,
        warmup=5,
        validate_every=0,
        compile=False,
    )


def small_sft_more() -> SFTConfig:
    """`small-sft` continued for as many network evaluations as `small-rl` takes: its control.

    Command: `videorlvr train small-sft-more`, after `small-sft`. Cost: a minute and a half on an H200.
    Result: not measured yet.
    """
    return small_sft().changed(
        model=None, init="runs/small-sft/policy", num_steps=480, lr=4e-3, warmup=50, validate_every=240
    )


def flowfree_10k_sft() -> SFTConfig:
    """FlowFree at the paper's boards from 10,000 demonstrations: where `flowfree-awm` begins.

    Command: `videorlvr train flowfree-10k-sft`. Cost: six minutes on an H100.
    Result: 60.0% of 1,000 test problems, and still rising: 10,000 problems do not limit it yet.
    """
    return SFTConfig(
        tasks=_tasks("paper", "flowfree"),
        model=DiTConfig(width=256, depth=8, heads=4),
        sampling=SMALL_SAMPLING,
        batch=128,
        num_steps=5310,
        lr=8e-3,
        ema=0.998,
        pool_start=10_000,
        pool_grow=0,
        pool_size=10_000,
        validate_every=1770,
        num_val=256,
        compile=True,
    )


def maze_few_sft() -> SFTConfig:
    """Maze at the paper's boards from 1,000 demonstrations: where `maze-few-awm` begins.

    Command: `videorlvr train maze-few-sft`. Cost: three minutes on an H100.
    Result: 56.1% of 1,000 test problems, and no more by going on: 56.9% after 870 steps more.
    """
    return flowfree_10k_sft().changed(
        tasks=["maze:paper"], num_steps=1540, pool_start=1_000, pool_size=1_000, validate_every=770
    )


def paper_h200_flowfree() -> SFTConfig:
    """FlowFree at the paper's boards in a third of an hour, from scratch: a part of `paper-h200`.

    Command: `videorlvr train paper-h200-flowfree`. Cost: 13 minutes on an H200 (10,380 steps).
    Result: 98.8% on paper-v2:flowfree, 100% of 200 problems within eight samples.
    """
    return SFTConfig(
        tasks=_tasks("paper", "flowfree"),
        # Widths of 512 fill a GPU's tiles; three blocks run three times are as much thought as nine, in a third of
        # the bytes. The rate is a third of what blocks that run once would bear.
        model=LoopedConfig(width=512, depth=3, loops=3, heads=8, patch_frames=4),
        # A cell is many pixels over many frames, so what it shows is decided near pure noise: most levels lie there.
        sampling=Sampling(steps=30, shift=7.0),
        batch=384,
        num_steps=10_380,
        lr=3e-3,
        final_lr=0.0,
        warmup=100,
        ema=0.998,
        pool_start=6_000,
        pool_grow=30,
        pool_size=500_000,
        validate_every=3_460,
        num_val=256,
        save_every_s=300,
        compile=True,
    )


def paper_h200_maze() -> SFTConfig:
    """Maze at the paper's boards in ten minutes, from scratch: a part of `paper-h200`.

    Command: `videorlvr train paper-h200-maze`. Cost: nine minutes of an H200 for 6,900 steps.
    Result: 99.3% [98.6, 99.7] of 1,000 test problems.
    """
    return paper_h200_flowfree().changed(
        tasks=_tasks("paper", "maze"), batch=256, num_steps=7_110, pool_grow=60, validate_every=2_370
    )


def paper_h200_sokoban_small() -> SFTConfig:
    """Sokoban at `small`, where a video is an eighth of the tokens: two minutes in which its rules are learnt.

    Command: `videorlvr train paper-h200-sokoban-small`. Cost: two minutes on an H200.
    Result: a start; not measured by itself.
    """
    return paper_h200_flowfree().changed(
        tasks=_tasks("small", "sokoban"),
        # Solutions take 45 moves at most, and fifteen as a rule; the levels' videos have 61 frames.
        model=LoopedConfig(width=512, depth=3, loops=3, heads=8, patch_frames=5, held_after=40),
        sampling=Sampling(steps=30, shift=5.0),
        batch=768,
        num_steps=1_400,
        final_lr=0.1,
        ema=0.995,
        pool_grow=60,
        validate_every=0,
    )


def paper_h200_sokoban() -> SFTConfig:
    """Sokoban at the paper's boards in a third of an hour, from that at `small`: a part of `paper-h200`.

    Command: `videorlvr train paper-h200-sokoban`, after `paper-h200-sokoban-small`. Cost: ten minutes on an H200.
    Result: 77.8% on paper-v2:sokoban.
    """
    return paper_h200_sokoban_small().changed(
        tasks=_tasks("paper", "sokoban"),
        model=None,
        init="runs/paper-h200/sokoban-small/policy",
        batch=128,
        num_steps=7_710,
        lr=2.5e-3,
        final_lr=0.0,
        ema=0.998,
        pool_start=4_000,
        pool_grow=16,
        validate_every=2_570,
    )


def wan_sft() -> SFTConfig:
    """Wan2.2-TI2V-5B on the three worlds at `small`, a LoRA adapter, 256x256 px and 33 frames (docs/wan.md).

    Command: `videorlvr train wan-sft`, with `--model.path` for a folder of one's own. Cost: by the parts in
    docs/wan.md, two hours on an H200 (put together, not measured). Result: not measured.
    """
    return SFTConfig(
        tasks=[Task(world=world, level="small", size=(256, 256), frames=33) for world in SMALL_WORLDS],
        model=WanConfig(path=WAN22_5B, vae_batch=4),
        sampling=Sampling(steps=20, shift=5.0),
        batch=16,
        num_steps=2_000,
        optimizer="adamw",
        lr=1e-4,
        final_lr=0.1,
        warmup=50,
        weight_decay=0.0,
        ema=0.99,
        pool_start=2_048,
        pool_grow=16,
        pool_size=32_768,
        validate_every=500,
        num_val=32,
        save_every_s=600,
        compile=True,
    )


RECIPES = (
    wan_sft,
    paper_h200_maze,
    paper_h200_flowfree,
    paper_h200_sokoban_small,
    paper_h200_sokoban,
    micro_maze_sft,
    micro_maze_sft_more,
    micro_sft,
    micro_sft_more,
    small_sft,
    small_sft_more,
    paper_sft,
    sokoban_sft,
    paper_sokoban_sft,
    flowfree_10k_sft,
    maze_few_sft,
)
