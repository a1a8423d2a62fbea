"""Whether a problem's colours are in a picture: at the edges of each share that has to be there."""

from __future__ import annotations

import numpy as np
import pytest

from videorlvr.judge.locate import ZONE_AREAS
from videorlvr.judge.palette import MIN_AREA, MIN_COLOURS, PART, REACH, has_colours
from videorlvr.worlds.api import Video

BLACK, RED, GREEN, BLUE, WHITE = (0, 0, 0), (250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 250)
GREY = (120, 120, 120)


def board_of(*colours: tuple[int, int, int]) -> np.ndarray:
    """One cell of each colour alone: of c cells, a colour covers 1 / c of the board."""
    return np.broadcast_to(np.array(colours, float)[None, :, None], (1, len(colours), 6, 3)).copy()


def picture_of(*parts: tuple[tuple[int, int, int], int], side: int = 100) -> Video:
    """Grey, with so many pixels of each colour."""
    picture = np.full((side * side, 3), 120, np.uint8)
    start = 0
    for colour, count in parts:
        picture[start : start + count] = colour
        start += count
    return picture.reshape(side, side, 3)


def test_zones_cover_a_cell_but_for_its_corners() -> None:
    """Four corners of an eighth by an eighth lie in two stripes."""
    assert ZONE_AREAS.sum() == pytest.approx(1 - 4 / 64)
    assert pytest.approx([1 / 4, 9 / 16 - 1 / 4, 3 / 32, 3 / 32, 3 / 32, 3 / 32]) == ZONE_AREAS


def test_a_colour_is_there_if_it_covers_its_part() -> None:
    """Of a board of four colours each is a quarter, so 1.25% of the picture are its part: 125 of 10,000 pixels."""
    expected, enough = board_of(BLACK, RED, GREEN, BLUE), round(10_000 * PART / 4)
    whole = [(colour, enough) for colour in (BLACK, RED, GREEN)]
    assert MIN_AREA == 0.8
    # Three are there in full: a fifth part of the fourth makes 80% of the area.
    assert has_colours(picture_of(*whole, (BLUE, enough // 5 + 1)), expected)
    assert not has_colours(picture_of(*whole, (BLUE, enough // 5 - 1)), expected)
    assert not has_colours(picture_of(*whole), expected)
    # More of one does not make up for another.
    assert not has_colours(picture_of(*whole[:2], (GREEN, 9 * enough)), expected)


def test_most_colours_must_be_there_and_not_the_ground_alone() -> None:
    """Nine cells in ten are black: with one colour of three, the area is there and the colours are not."""
    expected = board_of(*[BLACK] * 18, RED, GREEN)
    ground = (BLACK, 1000)
    enough = round(10_000 * PART / 20)
    assert has_colours(picture_of(ground, (RED, enough)), expected)
    part = 3 * MIN_COLOURS - 1  # of red, beside all of the ground and nothing of the third
    assert not has_colours(picture_of(ground), expected)
    assert has_colours(picture_of(ground, (RED, round((part + 0.04) * enough))), expected)
    assert not has_colours(picture_of(ground, (RED, round((part - 0.04) * enough))), expected)


def test_half_of_the_colours_are_enough() -> None:
    expected = board_of(*[BLACK] * 17, RED, GREEN, BLUE)
    assert MIN_COLOURS == 0.5
    assert has_colours(picture_of((BLACK, 1000), (RED, 100)), expected)
    assert not has_colours(picture_of((BLACK, 1000)), expected)


def test_zones_count_by_their_areas() -> None:
    """A core covers a quarter of a cell and its stripes three eighths of that each."""
    expected = board_of(BLACK)
    expected[0, 0, 0], expected[0, 0, 1] = WHITE, RED
    areas = {WHITE: 0.25 / 0.9375, RED: 0.3125 / 0.9375, BLACK: 0.375 / 0.9375}
    for missing, area in areas.items():
        parts = [(colour, round(10_000 * PART * other)) for colour, other in areas.items()]
        assert has_colours(picture_of(*parts), expected)
        for share in (0.9, 1.1):
            # What is missing of one colour is a fifth of the area, nearly or more.
            kept = 1 - share * (1 - MIN_AREA) / area
            some = [(c, round(count * kept) if c == missing else count + 3) for c, count in parts]
            assert has_colours(picture_of(*some), expected) is (share < 1)


@pytest.mark.parametrize(("off", "near"), [((24, 0, 32), True), ((25, 0, 32), False), ((0, -40, 0), True)])
def test_a_pixel_is_near_a_colour_in_all_channels_together(off: tuple[int, int, int], near: bool) -> None:
    assert REACH == 40 == np.hypot(24, 32)
    colour = np.array((100, 110, 120))
    picture = np.broadcast_to((colour + off).astype(np.uint8), (20, 30, 3))
    assert has_colours(picture, board_of(tuple(colour))) is near


@pytest.mark.parametrize("shape", [(1024, 700), (700, 1024)])
def test_of_large_pictures_every_few_rows_and_columns_are_looked_at(shape: tuple[int, int]) -> None:
    """As many as leave 256 of the shorter side; of smaller ones, all."""
    picture = np.full((*shape, 3), 120, np.uint8)
    picture[::2, ::2] = RED
    assert not has_colours(picture, board_of(GREY))
    assert has_colours(picture[:511, :511], board_of(GREY))
    assert has_colours(picture[:1, :1], board_of(RED))
