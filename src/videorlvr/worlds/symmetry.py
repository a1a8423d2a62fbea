"""The eight mirror images and turns of a board, and the bytes that name a board up to them.

Law: two boards that are mirror images of each other are the same puzzle, so they fall in one split.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache

import numpy as np

from videorlvr.worlds.api import Cells, Grid


def _move_bits(ground: Cells, order: tuple[int, int, int, int]) -> Cells:
    """Wall bits renamed: bit i of the result is bit `order[i]` of the input (0 N, 1 E, 2 S, 3 W)."""
    return _renaming(order)[ground]


@lru_cache
def _renaming(order: tuple[int, int, int, int]) -> Cells:
    """The renamed code of every ground code, uint8 [256]."""
    codes = np.arange(256)
    bits = sum(((codes >> old) & 1) << new for new, old in enumerate(order))
    return ((codes & 0xF0) | bits).astype(np.uint8)


def transposed(grid: Grid) -> Grid:
    """Rows become columns: north trades with west, south with east."""
    return Grid(_move_bits(grid.ground.T, (3, 2, 1, 0)), grid.figure.T)


def flipped(grid: Grid) -> Grid:
    """Left becomes right: east trades with west."""
    return Grid(_move_bits(grid.ground[:, ::-1], (0, 3, 2, 1)), grid.figure[:, ::-1])


def images(grid: Grid) -> Iterator[Grid]:
    """The eight images of a board, itself included (some equal where it is symmetric)."""
    for start in (grid, transposed(grid)):
        current = start
        for _ in range(2):
            yield current
            yield flipped(current)
            current = flipped(transposed(flipped(transposed(current))))  # a half turn


def canonical_bytes(grid: Grid, rename: Callable[[Grid], Grid] = lambda grid: grid) -> bytes:
    """Equal for boards that are images of each other. `rename` takes out names that carry no meaning."""
    keys = []
    for image in images(grid):
        named = rename(image)
        keys.append(bytes(named.shape) + named.ground.tobytes() + named.figure.tobytes())
    return min(keys)
