"""Sokoban rooms by reverse play: boxes start on their targets and are pulled away, so a way back exists.

A room is a rectangle with random inner walls, of which the largest connected part is kept. The solver is
asked later, and only for boards of the wanted split.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from videorlvr.worlds.api import Draft, Grid, Level, tile_code
from videorlvr.worlds.sokoban.rules import BOX, PLAYER, STONE, TARGET, WALL
from videorlvr.worlds.sokoban.solve import Bits, bits_of, cells_of, shifted

NUM_DRAWS = 128
"""Uniform draws made at once: a call of the generator costs as much as a pull."""
MAX_PULLS = 16
"""Pulls for each box, at most; at least half as many."""
FLOOR_PER_BOX = 5
"""A room has at least so many floor cells for each box."""
KEPT_ON_TARGET = 0.1
"""Share of boards kept although a box starts on a target."""


@dataclass(frozen=True, kw_only=True)
class SokobanLevel(Level):
    """boxes: inclusive range of their number. inner_walls: inclusive range of walls drawn inside the rim."""

    boxes: tuple[int, int]
    inner_walls: tuple[int, int]


class Draws:
    """Choices from uniform numbers in [0, 1)."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.numbers: list[float] = []

    def share(self) -> float:
        if not self.numbers:
            self.numbers = self.rng.random(NUM_DRAWS).tolist()
        return self.numbers.pop()

    def below(self, end: int) -> int:
        return int(self.share() * end)

    def within(self, bounds: tuple[int, int]) -> int:
        return bounds[0] + self.below(bounds[1] - bounds[0] + 1)

    def some(self, cells: list[int], count: int) -> list[int]:
        """`count` different cells."""
        rest = list(cells)
        return [rest.pop(self.below(len(rest))) for _ in range(count)]


def flood(start: Bits, free: Bits, cols: int) -> Bits:
    """All cells of `free` that walks from `start` reach."""
    seen, front = start, start
    while front:
        front = (front << 1 | front >> 1 | front << cols | front >> cols) & free & ~seen
        seen |= front
    return seen


def room(rows: int, cols: int, num_walls: int, draws: Draws) -> Bits:
    """The floor of a room: the largest connected part between the walls."""
    inside = [row * cols + col for row in range(1, rows - 1) for col in range(1, cols - 1)]
    rest = bits_of(inside) & ~bits_of(draws.some(inside, num_walls))
    best = 0
    while rest.bit_count() > best.bit_count():
        part = flood(rest & -rest, rest, cols)
        rest &= ~part
        best = max(best, part, key=int.bit_count)
    return best


def pulls(player: Bits, boxes: Bits, floor: Bits, cols: int) -> Iterator[tuple[int, int]]:
    """(cell of a box, offset) of every pull that a walk from `player` leads to."""
    free = floor & ~boxes
    reach = flood(player, free, cols)
    for offset in (-cols, 1, cols, -1):
        for box in cells_of(boxes & shifted(reach & shifted(free, -offset), -offset)):
            yield box, offset


def pulled_apart(player: Bits, boxes: Bits, floor: Bits, cols: int, draws: Draws) -> tuple[Bits, Bits]:
    """The player and the boxes where random pulls, which mostly go on as they began, led the furthest."""
    origin = {cell: cell for cell in cells_of(boxes)}
    best, most, last = (player, boxes), 0, (-1, 0)
    longest = MAX_PULLS * len(origin)
    for _ in range(draws.within((longest // 2, longest))):
        ways = [way for way in pulls(player, boxes, floor, cols) if way != (last[0], -last[1])]
        if not ways:
            break
        way = ways[draws.below(len(ways))]
        box, offset = last if last in ways and draws.below(3) else way
        boxes ^= 1 << box | 1 << box + offset
        player = 1 << box + 2 * offset
        origin[box + offset] = origin.pop(box)
        last = (box + offset, offset)
        apart = sum(_apart(cell, goal, cols) for cell, goal in origin.items())
        if apart > most:
            best, most = (player, boxes), apart
    return best


def _apart(cell: int, other: int, cols: int) -> int:
    return abs(cell // cols - other // cols) + abs(cell % cols - other % cols)


def generate(level: Level, rng: np.random.Generator) -> Draft | None:
    """A room that has a solution by construction; its length is for the solver to say.

    Raises:
        ValueError: If the level does not say how many boxes and inner walls it wants.
    """
    if not isinstance(level, SokobanLevel):
        raise ValueError(f"level '{level.name}' is a plain Level: Sokoban needs a SokobanLevel")
    draws = Draws(rng)
    rows, cols = draws.within(level.rows), draws.within(level.cols)
    most_walls = (rows - 2) * (cols - 2) // 4
    low, high = level.inner_walls
    floor = room(rows, cols, draws.within((min(low, most_walls), min(high, most_walls))), draws)
    num_boxes = draws.within(level.boxes)
    cells = cells_of(floor)
    if len(cells) < FLOOR_PER_BOX * num_boxes + 2:
        return None
    player, *goals = draws.some(cells, num_boxes + 1)
    targets = bits_of(goals)
    start, boxes = pulled_apart(1 << player, targets, floor, cols, draws)
    if boxes & targets and (num_boxes == 1 or draws.share() > KEPT_ON_TARGET):
        return None
    reach = cells_of(flood(start, floor & ~boxes, cols))
    return Draft(_grid(rows, cols, floor, targets, boxes, reach[draws.below(len(reach))]))


def _grid(rows: int, cols: int, floor: Bits, targets: Bits, boxes: Bits, player: int) -> Grid:
    ground = bytearray([tile_code(WALL)]) * (rows * cols)
    figure = bytearray([STONE]) * (rows * cols)
    for cell in cells_of(floor):
        ground[cell] = tile_code(TARGET) * (targets >> cell & 1)
        figure[cell] = BOX * (boxes >> cell & 1)
    figure[player] = PLAYER
    return Grid(
        np.array(ground, np.uint8).reshape(rows, cols), np.array(figure, np.uint8).reshape(rows, cols)
    )
