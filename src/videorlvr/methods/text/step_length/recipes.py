"""Complete runs on lengthened traces."""

from __future__ import annotations

from videorlvr.methods.text.step_length.config import StepLengthConfig
from videorlvr.models.language.config import LanguageConfig


def text_small_steps() -> StepLengthConfig:
    """Maze 6x6, thinking in restated boards, a Llama of 3M parameters from scratch.

    Command: `videorlvr train text-small-steps`. Cost: some minutes on a GPU. Result: not measured.
    """
    return StepLengthConfig(
        tasks=["maze:small"],  # type: ignore[list-item]
        model=LanguageConfig(width=256, depth=4, heads=4, context=4096),
        num_steps=2000,
        batch=64,
        validate_every=1000,
    )


RECIPES = (text_small_steps,)
