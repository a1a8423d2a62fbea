"""Many oracle videos at once, as small arrays of cell codes: what SFT feeds on.

A block is a run of consecutive train indices of one level; it is a pure function of its address, so any
process may make it, in any order, and a resumed run sees the same data.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from videorlvr.worlds import world_of
from videorlvr.worlds.api import Layout, Level, Split, Theme, Video
from videorlvr.worlds.draw import TileTable, canvas_codes, picture_table
from videorlvr.worlds.motion import in_motion
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


def moving_video(
    level: Level, theme: Theme, codes: npt.NDArray[np.integer], layout_of: Callable[[int, int], Layout | None]
) -> Video:
    """The oracle video of a level whose moves take time, from its codes [T, canvas rows, cols]: there cells are not all
    that is seen, so its states are drawn with what leads from one to the next. uint8 [T, H, W, 3].

    layout_of: where a board of so many rows and columns lies; None for where the level has it.
    """
    on_board, size = codes[0] != len(theme.tiles) * 16 * len(theme.figures), level.cell_px
    down, across = np.flatnonzero(on_board.any(axis=1)), np.flatnonzero(on_board.any(axis=0))
    board = codes[:, down[0] : down[-1] + 1, across[0] : across[-1] + 1]
    ground, figure = (part.astype(np.uint8) for part in np.divmod(board, len(theme.figures)))
    rows, cols = level.canvas
    layout = layout_of(len(down), len(across)) or Layout.centred(
        len(down), len(across), canvas_rows=rows, canvas_cols=cols, cell_px=size
    )
    return in_motion(
        ground, figure, layout=layout, theme=theme, motion=level.motion, frames_per_move=level.frames_per_move
    )
