"""What a world declares to survive, as the audit tries it: see `worlds.declared`."""

from __future__ import annotations

from collections.abc import Sequence

from videorlvr.audit.distortions import UNCHANGED
from videorlvr.worlds.api import World
from videorlvr.worlds.declared import MAX_FALSE_REFUSALS, Strengths, way_shown


def declared(world: World, cell_px: int) -> Strengths:
    """What the world declares for cells of this size. Every world declares to take a clean video."""
    return {UNCHANGED: 0.0, **world.declared.get(way_shown(cell_px), {})}


def strongest_survived(rates: Sequence[tuple[float, float]]) -> float | None:
    """The last strength before the first that is refused too often; None if the weakest is.

    Args:
        rates: (strength, share refused), from the weakest to the strongest.
    """
    survived = None
    for strength, refused in rates:
        if refused > MAX_FALSE_REFUSALS:
            break
        survived = strength
    return survived
