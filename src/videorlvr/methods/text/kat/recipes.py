"""Complete runs of AutoThink, and its way to play."""

from __future__ import annotations

from videorlvr.methods.text.kat.config import AutoThinkConfig, KATConfig, KATStartConfig


def text_micro_kat_start() -> KATStartConfig:
    """Maze 3x3: votes of a policy that knows both modes.

    Command: `videorlvr train text-micro-kat-start` (with `--init RUN/policy`, of `text-micro-sft --trace expand
    --direct 0.5`).
    Cost: a minute on two CPU cores.
    Result: not measured.
    """
    return KATStartConfig(
        tasks=["maze:micro"],  # type: ignore[list-item]
        init="runs/text-micro-sft/policy",
        num_steps=20,
        problems=16,
        group=8,
        batch=128,
        lr=5e-5,
    )


def text_micro_kat() -> KATConfig:
    """Maze 3x3: Step-SRPO, on from `text-micro-kat-start`.

    Command: `videorlvr train text-micro-kat` (with `--init RUN/policy`).
    Cost: two minutes on two CPU cores.
    Result: not measured.
    """
    return KATConfig(
        tasks=["maze:micro"],  # type: ignore[list-item]
        init="runs/text-micro-kat-start/policy",
        reward="sparse",
        num_steps=30,
        problems=16,
        group=8,
        batch=128,
        lr=3e-5,
        validate_every=10,
    )


def auto_think() -> AutoThinkConfig:
    """A policy that chooses, by its own gate.

    Command: `videorlvr evaluate RUN --player auto-think:gate=always`. Cost: that of its answers. Result: not measured.
    """
    return AutoThinkConfig()


RECIPES = (text_micro_kat,)
START_RECIPES = (text_micro_kat_start,)
WAYS = (auto_think,)
