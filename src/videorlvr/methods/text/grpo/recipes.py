"""Complete runs of GRPO in words."""

from __future__ import annotations

from videorlvr.methods.text.grpo.config import TextGRPOConfig


def text_micro_grpo() -> TextGRPOConfig:
    """Maze 3x3 in moves, on from `text-micro-sft`.

    Command: `videorlvr train text-micro-grpo` (with `--init runs/text-micro-sft/policy`).
    Cost: two minutes on two CPU cores.
    Result: see docs/text.md.
    """
    return TextGRPOConfig(
        tasks=["maze:micro"],  # type: ignore[list-item]
        init="runs/text-micro-sft/policy",
        num_steps=30,
        problems=16,
        group=8,
        batch=128,
        lr=3e-4,
        validate_every=10,
    )


RECIPES = (text_micro_grpo,)
