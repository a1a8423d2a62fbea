"""The hand, pixel by pixel: drawn here a second time, by asking of each pixel where it lies."""

from __future__ import annotations

import numpy as np
import pytest

from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import WALL_EAST, WALL_NORTH, WALL_SOUTH, WALL_WEST, Layout
from videorlvr.worlds.draw import canvas_codes, picture_table, render, tile_table

THEME = WORLDS["sokoban"].themes["default"]
TILES, FIGURES = len(THEME.tiles), len(THEME.figures)


def colour_at(y: int, x: int, size: int, ground: int, figure: int) -> tuple[int, int, int]:
    """Stripes are an eighth of a cell and the core begins at a quarter, both to the nearest pixel; where two
    walls meet, both are drawn."""
    stripe, core = round(size / 8), round(size / 4)
    distance = {WALL_NORTH: y, WALL_WEST: x, WALL_SOUTH: size - 1 - y, WALL_EAST: size - 1 - x}
    if min(distance.values()) < stripe:
        walled = any(ground & bit and far < stripe for bit, far in distance.items())
        return THEME.wall if walled else THEME.tiles[0]
    return THEME.figures[figure] if min(distance.values()) >= core else THEME.tiles[ground // 16]


@pytest.mark.parametrize("size", [8, 9, 13, 20])
def test_every_cell_is_drawn_as_the_rule_says(size: int) -> None:
    table = tile_table(THEME, size)
    assert table.shape == (TILES * 16, FIGURES, size, size, 3)
    assert table.dtype == np.uint8
    rng = np.random.default_rng(size)
    for ground, figure in zip(range(TILES * 16), rng.integers(FIGURES, size=TILES * 16), strict=True):
        wanted = [[colour_at(y, x, size, ground, figure) for x in range(size)] for y in range(size)]
        np.testing.assert_array_equal(table[ground, figure], wanted)
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 0


def test_cells_of_fewer_than_8_px_are_refused() -> None:
    with pytest.raises(ValueError, match="cell_px is 7; cells need at least 8 px"):
        tile_table(THEME, 7)


@pytest.mark.parametrize("size", [8, 11])
def test_cells_are_put_in_their_places_with_the_margin_around(size: int) -> None:
    layout = Layout(6 * size, 7 * size, 2 * size, size, size, 3, 4)
    rng = np.random.default_rng(0)
    ground = rng.integers(TILES * 16, size=(2, 3, 4)).astype(np.uint8)
    figure = rng.integers(FIGURES, size=(2, 3, 4)).astype(np.uint8)
    video = render(ground, figure, layout=layout, theme=THEME)
    assert video.shape == (2, 6 * size, 7 * size, 3)
    assert video.dtype == np.uint8
    codes = canvas_codes(ground, figure, layout=layout, theme=THEME)
    assert codes.shape == (2, 6, 7)
    assert codes.dtype == np.uint16
    pictures, table = picture_table(THEME, size), tile_table(THEME, size)
    assert pictures.shape == (TILES * 16 * FIGURES + 1, size, size, 3)
    assert pictures.dtype == np.uint8
    for frame, y, x in np.ndindex(2, 6, 7):
        part = video[frame, y * size : (y + 1) * size, x * size : (x + 1) * size]
        row, col = y - 2, x - 1
        if 0 <= row < 3 and 0 <= col < 4:
            wanted = table[ground[frame, row, col], figure[frame, row, col]]
        else:
            wanted = np.broadcast_to(np.array(THEME.margin, np.uint8), part.shape)
        np.testing.assert_array_equal(part, wanted)
        np.testing.assert_array_equal(pictures[codes[frame, y, x]], wanted)
    one = render(ground[0], figure, layout=layout, theme=THEME)
    again = render(np.stack([ground[0]] * 2), figure, layout=layout, theme=THEME)
    np.testing.assert_array_equal(one, again)


@pytest.mark.parametrize(("top_px", "left_px"), [(4, 8), (8, 4)])
def test_codes_are_for_boards_on_whole_cells(top_px: int, left_px: int) -> None:
    cells = np.zeros((1, 2, 2), np.uint8)
    with pytest.raises(AssertionError):
        canvas_codes(cells, cells, layout=Layout(32, 32, top_px, left_px, 8, 2, 2), theme=THEME)
