"""Complete runs of LET."""

from __future__ import annotations

from videorlvr.methods.text.let.config import LETConfig
from videorlvr.models.language.config import LanguageConfig


def text_small_let() -> LETConfig:
    """Maze 6x6, a Llama of 11M parameters with a trained one of 0.8M at its beginning.

    Command: `videorlvr train text-small-let` (with `--teacher RUN/policy`, a smaller trained policy).
    Cost: some minutes on a GPU.
    Result: not measured.
    """
    return LETConfig(
        tasks=["maze:small"],  # type: ignore[list-item]
        model=LanguageConfig(width=384, depth=6, heads=6),
        teacher="runs/teacher/policy",
        num_steps=2000,
        batch=256,
        validate_every=100,
    )


RECIPES = (text_small_let,)
