"""The evaluator's runs, and FLARE's way to play."""

from __future__ import annotations

from videorlvr.methods.text.flare.config import FlareConfig, FlareValueConfig
from videorlvr.models.language.config import LanguageConfig


def text_small_value() -> FlareValueConfig:
    """Sokoban 7x7: how far a state is from solved, a Llama of 0.8M parameters.

    Command: `videorlvr train text-small-value`. Cost: some minutes on a GPU. Result: not measured.
    """
    return FlareValueConfig(
        tasks=["sokoban:small"],  # type: ignore[list-item]
        model=LanguageConfig(width=128, depth=4, heads=4),
        num_steps=2000,
        batch=128,
    )


def flare() -> FlareConfig:
    """Look ahead with the exact solver as evaluator, which needs no second model.

    Command: `videorlvr evaluate RUN --player flare:evaluator=model,value=RUN/policy`. Cost: `calls` passes a board.
    Result: not measured.
    """
    return FlareConfig(evaluator="solver")


RECIPES = (text_small_value,)
WAYS = (flare,)
