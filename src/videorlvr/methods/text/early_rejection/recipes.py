"""Ways of playing, as `videorlvr evaluate RUN --player NAME` takes them."""

from __future__ import annotations

from videorlvr.methods.text.early_rejection.config import TextEarlyRejectionConfig


def text_beams() -> TextEarlyRejectionConfig:
    """Four beams, four ways on from each, every step written whole and judged by the solver.

    Command: `videorlvr evaluate RUN --player text-beams`. Cost: some 16 times the tokens of an answer.
    Result: not measured; study `early-rejection-words-maze`.
    """
    return TextEarlyRejectionConfig(tau=None)


def text_early_rejection() -> TextEarlyRejectionConfig:
    """The same with three quarters of the steps dropped after 2 of 6 tokens.

    Command: `videorlvr evaluate RUN --player text-early-rejection`. Cost: half of that.
    Result: not measured; study `early-rejection-words-maze`.
    """
    return TextEarlyRejectionConfig()


RECIPES = (text_beams, text_early_rejection)
