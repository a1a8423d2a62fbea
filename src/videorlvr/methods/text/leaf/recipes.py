"""Complete runs of LeaF, and its boards in play."""

from __future__ import annotations

from videorlvr.methods.text.leaf.config import LeafConfig, LeafTagsConfig
from videorlvr.models.language.config import LanguageConfig


def text_micro_leaf() -> LeafConfig:
    """Maze 3x3 behind leaky tags and beside another board, a Llama of 0.8M parameters from scratch.

    Command: `videorlvr train text-micro-leaf` (with `--teacher RUN/policy`, of the same recipe with `--tags chance`).
    Cost: some minutes on a GPU.
    Result: not measured.
    """
    return LeafConfig(
        tasks=["maze:micro"],  # type: ignore[list-item]
        model=LanguageConfig(width=128, depth=4, heads=4),
        num_steps=1000,
        batch=64,
    )


def leaf_tags() -> LeafTagsConfig:
    """Boards behind tags that mislead.

    Command: `videorlvr evaluate RUN --player leaf-tags:tags=chance`. Cost: that of its answers. Result: not measured.
    """
    return LeafTagsConfig()


RECIPES = (text_micro_leaf,)
WAYS = (leaf_tags,)
