"""The hand: states to pixels, the same way for every world. The judge (`read`, `verify`) never imports it.

A cell of 8x8 px, larger cells in proportion:
  outermost 1 px of each side   a wall stripe, wall-coloured where the ground has that wall bit
  next ring, 6x6 less the core  the colour of the ground tile
  core, 4x4                     the colour of the figure
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import WALL_EAST, WALL_NORTH, WALL_SOUTH, WALL_WEST, Cells, Layout, Theme, Video

TileTable = npt.NDArray[np.uint8]


@lru_cache(maxsize=64)
def tile_table(theme: Theme, cell_px: int) -> TileTable:
    """Pictures of every cell: uint8 [ground code, figure code, cell_px, cell_px, 3].

    Rendering is then one gather, in numpy here and in torch on a GPU.
    """
    if cell_px < 8:
        raise ValueError(f"cell_px is {cell_px}; cells need at least 8 px to show walls, ring and core")
    stripe, core = round(cell_px / 8), round(cell_px / 4)
    table = np.empty((len(theme.tiles) * 16, len(theme.figures), cell_px, cell_px, 3), np.uint8)
    sides = {
        WALL_NORTH: np.s_[:, :stripe],
        WALL_EAST: np.s_[:, :, -stripe:],
        WALL_SOUTH: np.s_[:, -stripe:],
        WALL_WEST: np.s_[:, :, :stripe],
    }
    for tile, tile_colour in enumerate(theme.tiles):
        for walls in range(16):
            cell = table[tile * 16 + walls]
            cell[:] = theme.tiles[0]
            cell[:, stripe:-stripe, stripe:-stripe] = tile_colour
            cell[:, core:-core, core:-core] = np.array(theme.figures)[:, None, None]
            for bit, side in sides.items():
                if walls & bit:
                    cell[side] = theme.wall
    table.setflags(write=False)
    return table


def render(ground: Cells, figure: Cells, *, layout: Layout, theme: Theme) -> Video:
    """Frames of a trace: uint8 [T, R, C] twice -> uint8 [T, H, W, 3]. `ground` may be [R, C]."""
    cells = tile_table(theme, layout.cell_px)[np.broadcast_to(ground, figure.shape), figure]
    frames, rows, cols, size = len(figure), layout.rows, layout.cols, layout.cell_px
    board = cells.transpose(0, 1, 3, 2, 4, 5).reshape(frames, rows * size, cols * size, 3)
    video = np.empty((frames, layout.height_px, layout.width_px, 3), np.uint8)
    video[:] = theme.margin
    video[:, layout.top_px : layout.top_px + rows * size, layout.left_px : layout.left_px + cols * size] = (
        board
    )
    return video


def picture_table(theme: Theme, cell_px: int) -> TileTable:
    """All cell pictures in one list, the margin last: uint8 [codes + 1, cell_px, cell_px, 3].

    `canvas_codes` indexes it; frames are then one gather, which a GPU does as well as numpy.
    """
    table = tile_table(theme, cell_px)
    margin = np.empty((1, cell_px, cell_px, 3), np.uint8)
    margin[:] = theme.margin
    return np.concatenate([table.reshape(-1, cell_px, cell_px, 3), margin])


def canvas_codes(ground: Cells, figure: Cells, *, layout: Layout, theme: Theme) -> npt.NDArray[np.uint16]:
    """Indices into `picture_table` of every cell of every frame: uint16 [T, canvas rows, canvas cols].

    Only for layouts whose board lies on whole cells of the canvas, as `Layout.centred` makes them.
    """
    size, margin = layout.cell_px, len(theme.tiles) * 16 * len(theme.figures)
    assert layout.top_px % size == 0
    assert layout.left_px % size == 0
    codes = np.full((len(figure), layout.height_px // size, layout.width_px // size), margin, np.uint16)
    top, left = layout.top_px // size, layout.left_px // size
    codes[:, top : top + layout.rows, left : left + layout.cols] = (
        ground.astype(np.uint16) * len(theme.figures) + figure
    )
    return codes
