"""The generalization factor, and how a right answer loses its form. Pure."""

from __future__ import annotations

from videorlvr.base import seeding
from videorlvr.worlds.written.formats import FAULTS, misshapen

B = 2.0
"""How much more a gain beyond the training tasks counts."""


def gain(success: float, start: float, least: float) -> float:
    """(success - start) / start, with `least`, the smallest share that could be told from 0, for a start of 0."""
    return (success - start) / max(start, least)


def generalization(inside: float, outside: float, b: float = B) -> float:
    """(1 + b^2) G_in G_out / (b^2 G_in + G_out) of two gains above 0; else the smaller one.

    Source: arXiv:2510.25801, section 3, for gains above 0.
    """
    if min(inside, outside) <= 0:
        return min(inside, outside)
    return (1 + b * b) * inside * outside / (b * b * inside + outside)


def broken(text: str, *names: str | int) -> str:
    """A well-formed text in one of the broken forms, which one by the names."""
    fault = int(seeding.rng("specs", *names).integers(len(FAULTS)))
    return misshapen(text, FAULTS[fault])
