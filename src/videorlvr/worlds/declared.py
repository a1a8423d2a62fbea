"""How much distortion a world declares to survive: numbers that users may rely on, and a test holds us to.

A declaration is a strength of a distortion up to which, weaker ones included, at most `MAX_FALSE_REFUSALS` of
the oracle videos are refused: point estimates of the audit over the levels micro, small and paper, on validation
problems, judged under the tolerance `declared`. Where chance decides (noise, codecs) it lies a step within what was
measured. It says nothing of two distortions at once. The distortions are those of `audit.distortions`.
"""

from __future__ import annotations

from collections.abc import Mapping

MAX_FALSE_REFUSALS = 0.005
SMALL, LARGE = "cells of 8 px", "cells of 24 px and more"
"""The two ways of showing problems for which a world declares: walls of one pixel, and of three and more."""
LARGE_CELL_PX = 24

Strengths = Mapping[str, float]
"""Distortion -> strength. A distortion that is absent is not declared."""


def by_cell_size(table: Mapping[str, tuple[float | None, float | None]]) -> dict[str, Strengths]:
    """Distortion -> (strength in small cells, in large ones), as a world's `declared`; None declares nothing."""
    ways = enumerate((SMALL, LARGE))
    return {
        way: {name: strength for name, row in table.items() if (strength := row[column]) is not None}
        for column, way in ways
    }


def way_shown(cell_px: int) -> str:
    return LARGE if cell_px >= LARGE_CELL_PX else SMALL
