"""A board that moves in its frames, as a camera that drifts or zooms moves it: where it is in each frame.

Law: only the ground, which never changes, says where the board is, and only the board as a whole moves, a little
from one frame to the next. So nothing that a figure does can be moved away, no cell can trade places with another,
and a board that leaps is not followed.
"""

from __future__ import annotations

from videorlvr.judge.locate import MAX_OVERHANG, Box, FirstFrame, Floats, Move, agreement, climb, zones_in
from videorlvr.worlds.api import Video

GROUND = slice(1, 6)
"""Zones that show no figure: ring and wall stripes."""
NUDGE = 1 / 32
"""Cells by which a board is moved to see whether it fits better there."""
BETTER = 0.002
"""... by how much: agreements of a board at rest differ by less where a video is noisy."""
LOST = 0.6
"""Agreement of the ground below which the board is not where it is looked for."""
MAX_OUT = 0.9 * MAX_OVERHANG
"""Cells outside the frame; at `MAX_OVERHANG` the search was stopped, not the board found."""
MAX_LEAP, MAX_WAY = 0.25, 1.0
"""Cells that an edge of the board may move from one frame to the next, and in all."""


def whole_board(rows: int, cols: int) -> tuple[Move, ...]:
    """Steps of the edges left, right, top, bottom: sideways, up and down, larger and smaller, its cells kept square."""
    tall, wide = rows / max(rows, cols), cols / max(rows, cols)
    return (1, 1, 0, 0), (0, 0, 1, 1), (-wide, wide, -tall, tall)


def has_moved(picture: Video, rest: Box, expected: Floats) -> bool:
    """Would the board [H, W, 3] fit better beside `rest`? expected: [R, C, zones, 3], of `expected_zones`."""
    frame, ground = FirstFrame(picture), expected[:, :, GROUND]
    rows, cols = expected.shape[:2]
    nudge = NUDGE * max(rest.cell_px(rows, cols))

    def fit(box: Box) -> float:
        return float(agreement(zones_in(frame, box, rows, cols)[None, :, :, GROUND], ground)[0])

    moves = whole_board(rows, cols)
    others = (rest.moved(*(sign * nudge * part for part in move)) for move in moves for sign in (1, -1))
    return max(map(fit, others)) > fit(rest) + BETTER


def follow(video: Video, start: Box, expected: Floats) -> list[Box]:
    """The board's box in frames of uint8 [T, H, W, 3], `start` in the first; no further than to where it gets lost."""
    rows, cols = expected.shape[:2]
    cell_px = max(start.cell_px(rows, cols))
    boxes = [start]
    for picture in video[1:]:
        frame = FirstFrame(picture)
        box, fit = climb(boxes[-1], frame, expected, moves=whole_board(rows, cols), zones=GROUND)
        leap, way = box.distance(boxes[-1]) / cell_px, box.distance(start) / cell_px
        if fit < LOST or leap > MAX_LEAP or way > MAX_WAY or box.overhang(frame, rows, cols) > MAX_OUT:
            break
        boxes.append(box)
    return boxes
