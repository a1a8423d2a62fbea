"""Complete runs of next-token SFT."""

from __future__ import annotations

from videorlvr.methods.text.sft.config import TextSFTConfig
from videorlvr.models.language.config import LanguageConfig


def text_micro_sft() -> TextSFTConfig:
    """Maze 3x3 in moves, a Llama of 0.8M parameters from scratch.

    Command: `videorlvr train text-micro-sft`. Cost: three minutes on two busy CPU cores.
    Result: 87.5% [79.8, 92.5] on micro-v2:maze after 518 of 600 steps.
    """
    return TextSFTConfig(
        tasks=["maze:micro"],  # type: ignore[list-item]
        model=LanguageConfig(width=128, depth=4, heads=4),
        num_steps=600,
        batch=64,
        validate_every=200,
    )


def text_micro_sft_more() -> TextSFTConfig:
    """On from a policy of `text-micro-sft`, for comparison with what else goes on from it.

    Command: `videorlvr train text-micro-sft-more` (with `--init RUN/policy`). Cost: a minute on two CPU cores.
    Result: not measured; study `rank-of-text`.
    """
    return TextSFTConfig(
        tasks=["maze:micro"],  # type: ignore[list-item]
        init="runs/text-micro-sft/policy",
        num_steps=200,
        batch=64,
        lr=2e-4,
        warmup=20,
    )


def text_small_sft() -> TextSFTConfig:
    """Maze, FlowFree and Sokoban at `small`, a Llama of 3M parameters from scratch.

    Command: `videorlvr train text-small-sft`. Cost: some minutes on a GPU. Result: not measured.
    """
    return TextSFTConfig(
        tasks=["maze:small", "flowfree:small", "sokoban:small"],  # type: ignore[list-item]
        model=LanguageConfig(width=256, depth=4, heads=4),
        num_steps=4000,
        batch=256,
        validate_every=1000,
    )


RECIPES = (text_micro_sft, text_micro_sft_more, text_small_sft)
