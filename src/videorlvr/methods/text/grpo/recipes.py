"""Complete runs of GRPO in words."""

from __future__ import annotations

from videorlvr.methods.text.grpo.config import TextGRPOConfig


def text_micro_grpo() -> TextGRPOConfig:
    """Maze 3x3 in moves, on from `text-micro-sft`.

    Command: `videorlvr train text-micro-grpo` (with `--init runs/text-micro-sft/policy`).
    Cost: a minute on two CPU cores.
    Result: no gain yet. Validation success stayed at 84 to 86% over 90 iterations at 3e-5; at 3e-4 it falls apart.
    """
    return TextGRPOConfig(
        tasks=["maze:micro"],  # type: ignore[list-item]
        init="runs/text-micro-sft/policy",
        num_steps=30,
        problems=16,
        group=8,
        batch=128,
        lr=3e-5,
        validate_every=10,
    )


RECIPES = (text_micro_grpo,)
