"""Many oracle videos at once, as small arrays of cell codes: what SFT feeds on.

A block is a run of consecutive train indices of one level; it is a pure function of its address, so any
process may make it, in any order, and a resumed run sees the same data.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from videorlvr.worlds import world_of
from videorlvr.worlds.api import Split
from videorlvr.worlds.draw import TileTable, canvas_codes, picture_table
from videorlvr.worlds.problems import level_of, make_problem, oracle_trace, theme_of

Codes = npt.NDArray[np.uint16]


def oracle_block(world_name: str, level: str, split: Split, start: int, count: int) -> Codes:
    """Cell codes of `count` oracle videos from index `start`: uint16 [count, T, canvas rows, cols]."""
    world = world_of(world_name)
    out = []
    for index in range(start, start + count):
        problem = make_problem(world, level, split, index)
        trace = oracle_trace(world, problem)
        out.append(
            canvas_codes(trace.ground, trace.figure, layout=problem.layout, theme=theme_of(world, problem))
        )
    return np.stack(out)


def level_pictures(world_name: str, level_name: str) -> TileTable:
    """The pictures that `oracle_block`'s codes index, uint8 [codes, cell_px, cell_px, 3]."""
    world = world_of(world_name)
    level = level_of(world, level_name)
    return picture_table(world.themes[level.theme], level.cell_px)
