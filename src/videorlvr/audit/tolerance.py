"""How much distortion each world declares to survive: numbers that users may rely on, and a test holds us to.

A declaration is a strength of a distortion up to which, weaker ones included, at most `MAX_FALSE_REFUSALS` of
the oracle videos are refused: point estimates of the audit over the levels micro, small and paper, on validation
problems, scored as files. Where chance decides (noise, codecs) it lies a step within what was measured. It says
nothing of two distortions at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from videorlvr.audit.distortions import UNCHANGED

MAX_FALSE_REFUSALS = 0.005
SMALL, LARGE = "cells of 8 px", "cells of 24 px and more"
"""The two ways of showing problems for which a world declares: walls of one pixel, and of three and more."""
LARGE_CELL_PX = 24

Strengths = Mapping[str, float]

# fmt: off
_TABLE: Mapping[str, tuple[float | None, ...]] = {
    #                   maze:        flowfree:    sokoban:
    #                   8 px  24 px  8 px  24 px  8 px  24 px
    "noise":           (  48,    64,   32,    64,   32,    64),
    "blur":            (0.04,  0.04, 0.04,  0.04, 0.04,  0.04),
    "brighter":        (  40,    40,   20,    20,   40,    40),
    "darker":          (  40,    40,   40,    40,   40,    40),
    "less contrast":   ( 0.6,   0.6,  0.8,   0.8,  0.5,   0.5),
    "more contrast":   (   3,     3,    2,     2,    2,     2),
    "less saturation": ( 0.4,   0.4,  0.5,   0.5,  0.5,   0.5),
    "more saturation": (   3,     3, 1.25,  1.25,    3,     3),
    "hue":             (  60,    60,   20,    20,   45,    45),
    "jpeg":            (  60,    40,   85,    40, None,    40),
    "h264":            (  23,    38,   23,    38,   18,    38),
    "latents":         (None,    96, None,   192, None,   192),
    "smaller":         ( 0.9,  0.35,  0.9,  0.35,  0.9,  0.35),
    "larger":          (   3,     3,    3,     3,    3,     3),
    "shift":           (0.03,   0.5, None,   0.5, 0.03,   0.5),
    "letterbox":       ( 0.4,   0.4,  0.4,   0.4,  0.4,   0.4),
    "pillarbox":       ( 0.4,   0.4,  0.4,   0.4,  0.4,   0.4),
    "blurred bars":    ( 0.9,   0.9,  0.9,   0.9,  0.9,   0.9),
    "rotation":        ( 0.5,   0.5,  0.5,   0.5,  0.5,   0.5),
    "zoom":            (0.01,  0.02, 0.01,  0.02, 0.01,  0.02),
    "pan":             (0.03,  0.06, 0.03,  0.06, 0.03,  0.06),
    "dimming":         (  40,    40,   40,    40,   40,    40),
    "fading contrast": ( 0.6,   0.6,  0.7,   0.7,  0.6,   0.6),
    "fading colours":  ( 0.4,   0.4,  0.4,   0.4,  0.5,   0.5),
    "lost frames":     (   1,     1,    1,     1,    1,     1),
    "repeated frames": (   8,     8,    8,     8,    8,     8),
    "fewer frames":    ( 0.5,   0.5,  0.6,   0.6,  0.5,   0.5),
    "more frames":     (   3,     3,    3,     3,    3,     3),
}
# fmt: on
_COLUMNS = [(world, way) for world in ("maze", "flowfree", "sokoban") for way in (SMALL, LARGE)]

DECLARED: Mapping[str, Mapping[str, Strengths]] = {
    world: {
        way: {
            name: strength
            for name, row in _TABLE.items()
            if (strength := row[_COLUMNS.index((world, way))]) is not None
        }
        for way in (SMALL, LARGE)
    }
    for world in dict.fromkeys(world for world, _ in _COLUMNS)
}
"""World -> how it is shown -> distortion -> strength. A distortion that is absent is not declared."""


def way_shown(cell_px: int) -> str:
    return LARGE if cell_px >= LARGE_CELL_PX else SMALL


def declared(world: str, cell_px: int) -> Strengths:
    """What the world declares for cells of this size. Every world declares to take a clean video."""
    return {UNCHANGED: 0.0, **DECLARED.get(world, {}).get(way_shown(cell_px), {})}


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
