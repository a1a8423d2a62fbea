"""What is on a board and how it lies in a frame: a state (Grid), a state per frame (Trace), Layout, Theme."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from videorlvr.base.media import video

Cells = npt.NDArray[np.uint8]
Video = video.Video

UNSURE = 255
"""The code of a cell that reads as nothing the world knows."""
Alignment = Literal[1, 8, 16, 32]
ALIGNMENTS: tuple[Alignment, ...] = get_args(Alignment)
"""Pixels that letterboxed cells may be asked to lie on multiples of; VAEs of video models have these strides."""
WALL_NORTH, WALL_EAST, WALL_SOUTH, WALL_WEST = 1, 2, 4, 8
"""Low four bits of a ground code: a wall along that side of the cell. The high bits name the tile."""


def tile_code(tile: int, walls: int = 0) -> int:
    return tile * 16 + walls


@dataclass(frozen=True, eq=False)
class Grid:
    """One state of a board.

    ground, figure: uint8 [R, C]. Ground code = 16 * tile + wall bits; figure 0 is 'nothing here'.
    Example, Sokoban's `#@$.#`: ground [[16, 0, 0, 32, 16]], figure [[3, 1, 2, 0, 3]].
    """

    ground: Cells
    figure: Cells

    def __post_init__(self) -> None:
        assert self.ground.ndim == 2
        assert self.ground.shape == self.figure.shape
        assert self.ground.dtype == np.uint8
        assert self.figure.dtype == np.uint8

    @property
    def shape(self) -> tuple[int, int]:
        return self.ground.shape[0], self.ground.shape[1]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Grid)
            and np.array_equal(self.ground, other.ground)
            and np.array_equal(self.figure, other.figure)
        )

    def to_json(self) -> dict[str, list[list[int]]]:
        return {"ground": self.ground.tolist(), "figure": self.figure.tolist()}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Grid:
        return Grid(np.array(value["ground"], np.uint8), np.array(value["figure"], np.uint8))


@dataclass(frozen=True, eq=False)
class Trace:
    """What a video shows, or should show: a state per frame.

    ground, figure: uint8 [T, R, C], `UNSURE` where a cell reads as nothing known.
    confidence: float32 [T], in [0, 1]: how far the least sure cell of a frame is from being read
    differently; 1 for a clean rendering, 0 for a tie.
    """

    ground: Cells
    figure: Cells
    confidence: npt.NDArray[np.float32]

    @property
    def num_frames(self) -> int:
        return int(self.figure.shape[0])

    @staticmethod
    def exact(ground: Cells, figure: Cells) -> Trace:
        """A trace that came from rules, not from pixels. `ground` may be [R, C]: it never changes."""
        ground = np.ascontiguousarray(np.broadcast_to(ground, figure.shape))
        return Trace(ground, figure, np.ones(len(figure), np.float32))


@dataclass(frozen=True)
class Layout:
    """Where a board lies in a frame: pixels from the top left; cells are square."""

    height_px: int
    width_px: int
    top_px: int
    left_px: int
    cell_px: int
    rows: int
    cols: int

    @staticmethod
    def centred(rows: int, cols: int, *, canvas_rows: int, canvas_cols: int, cell_px: int) -> Layout:
        """The board on a canvas counted in cells, its corner on a whole cell so that patches align."""
        if rows > canvas_rows or cols > canvas_cols:
            raise ValueError(
                f"a board of {rows}x{cols} cells does not fit a canvas of {canvas_rows}x{canvas_cols}: "
                "take a level with a larger canvas"
            )
        top, left = (canvas_rows - rows) // 2, (canvas_cols - cols) // 2
        return Layout(
            canvas_rows * cell_px, canvas_cols * cell_px, top * cell_px, left * cell_px, cell_px, rows, cols
        )

    @staticmethod
    def letterboxed(rows: int, cols: int, *, height_px: int, width_px: int, align_px: int = 1) -> Layout:
        """The largest board of square cells, centred in a frame of any size (Wan's 480x832).

        align_px: cells and the board's corner lie on multiples of so many pixels, where the frame is large enough
        for cells of that size; a VAE then sees every cell at whole latent positions.
        """
        largest = min(height_px // rows, width_px // cols)
        cell = largest // align_px * align_px or largest
        if cell < 8:
            raise ValueError(
                f"a frame of {height_px}x{width_px} px leaves {cell} px a cell for {rows}x{cols} cells; "
                "cells need at least 8 px: take a larger frame"
            )
        top, left = (height_px - rows * cell) // 2, (width_px - cols * cell) // 2
        top, left = top // align_px * align_px, left // align_px * align_px
        return Layout(height_px, width_px, top, left, cell, rows, cols)


@dataclass(frozen=True)
class Theme:
    """Colours of a world. Index = tile, or figure code; figure 0 is what an empty core shows.

    The judge tells cells apart by these colours, so within `tiles` and within `figures` every two must
    lie at least 80 apart (Euclidean, 0-255 RGB).

    tile_words, figure_words: the colours' names, index for index, for prompts that name colours.
    """

    tiles: tuple[tuple[int, int, int], ...]
    figures: tuple[tuple[int, int, int], ...]
    wall: tuple[int, int, int]
    margin: tuple[int, int, int]
    tile_words: tuple[str, ...] = ()
    figure_words: tuple[str, ...] = ()
