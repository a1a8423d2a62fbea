"""Complete runs of MLM-U."""

from __future__ import annotations

from videorlvr.methods.text.mlm_u.config import MLMUConfig
from videorlvr.models.language.config import LanguageConfig


def text_micro_mlm_u() -> MLMUConfig:
    """Maze 3x3 in moves, a masked model of 0.8M parameters from scratch.

    Command: `videorlvr train text-micro-mlm-u`. Cost: two minutes on two CPU cores. Result: not measured.
    """
    return MLMUConfig(
        tasks=["maze:micro"],  # type: ignore[list-item]
        model=LanguageConfig(family="masked", width=128, depth=4, heads=4),
        num_steps=600,
        batch=64,
        validate_every=200,
    )


def text_small_mlm_u() -> MLMUConfig:
    """Maze, FlowFree and Sokoban at `small`, a masked model of 3M parameters from scratch.

    Command: `videorlvr train text-small-mlm-u`. Cost: some minutes on a GPU. Result: not measured.
    """
    return MLMUConfig(
        tasks=["maze:small", "flowfree:small", "sokoban:small"],  # type: ignore[list-item]
        model=LanguageConfig(family="masked", width=256, depth=4, heads=4),
        num_steps=4000,
        batch=256,
        validate_every=1000,
    )


RECIPES = (text_micro_mlm_u, text_small_mlm_u)
