"""Complete runs of AWM. Costs are of one run, its SFT left out."""

from __future__ import annotations

from videorlvr.methods.video.awm.config import AWMConfig
from videorlvr.players.sampling import Sampling
from videorlvr.training.config import Task
from videorlvr.training.matching_config import MICRO_MAZE

SAMPLING = Sampling(steps=10, shift=3.0)


def flowfree_awm() -> AWMConfig:
    """FlowFree at the paper's boards, credit by frame, from SFT on 10,000 demonstrations.

    Command: `videorlvr train flowfree-awm`, after `flowfree-10k-sft`. Cost: two minutes on an H100.
    Result: 67.3% of 1,000 test problems, from 60.0%; SFT continued in the same time 62.8%; credit by video 64.5%.
    """
    return AWMConfig(
        tasks=[Task(world="flowfree", level="paper")],
        init="runs/flowfree-10k-sft/policy",
        sampling=SAMPLING,
        num_steps=39,
        problems=128,
        group=8,
        batch=128,
        updates=4,
        draws=2,
        credit="frame",
        optimizer="muon",
        lr=1e-3,
        final_lr=0.05,
        warmup=6,
        ema=0.6,
        demonstrations=10_000,
        validate_every=13,
        num_val=256,
        compile=True,
    )


def maze_few_awm() -> AWMConfig:
    """Maze at the paper's boards, credit by frame, from SFT on 1,000 demonstrations.

    Command: `videorlvr train maze-few-awm`, after `maze-few-sft`. Cost: two minutes on an H100.
    Result: 65.1% of 1,000 test problems, from 56.1%; SFT continued 56.9%; credit by video 61.3%.
    """
    return flowfree_awm().changed(
        tasks=["maze:paper"],
        init="runs/maze-few-sft/policy",
        num_steps=36,
        problems=64,
        demonstrations=1_000,
        validate_every=12,
    )


def micro_maze_awm() -> AWMConfig:
    """Maze 3x3 on a CPU, from `micro-maze-sft`.

    Command: `videorlvr train micro-maze-awm`. Cost: not measured. Result: not measured.
    """
    return AWMConfig(**MICRO_MAZE)


RECIPES = (micro_maze_awm, flowfree_awm, maze_few_awm)
