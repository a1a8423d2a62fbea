"""A solver: all covers at once, cell by cell, by what crosses the frontier (Simpath; Knuth, TAOCP 4A, 7.1.4).

Cells are decided in reading order. All that the rest of the board needs to know of the cells behind is a
state: for each side that the frontier crosses, whether a piece of flow crosses it, and of which colour,
or, of a piece that has no colour yet, where its other end crosses. Partial covers with the same state
are kept as one, so the work is bounded by the number of states: tens on 5x5, some thousands on
10x10. The search is complete: None means that no solution exists.
"""

from __future__ import annotations

from collections.abc import Iterator

from videorlvr.worlds.api import Grid
from videorlvr.worlds.flowfree.rules import Cell, endpoints_of, follow, moves_text

State = tuple[int, ...]
"""Side j < cols: below column j; the last side: right of the current cell. 0 nothing crosses, 1-12 a
colour does, MATE + j a piece without a colour does whose other end crosses side j."""
MATE = 16
Sides = tuple[bool, bool]
"""(does the flow leave the cell downwards, to the right)"""


def _successors(state: State, col: int, colour: int, may: Sides) -> Iterator[tuple[State, Sides]]:
    """States behind a cell of this column. colour: of the endpoint there, 0 for none."""
    right = len(state) - 1
    above, left = state[col], state[right]
    if above and left:
        joined = None if colour else _joined(state, col, right)
        if joined is not None:
            yield joined, (False, False)
    elif above or left:
        crossing = col if above else right
        if colour:
            ended = _ended(state, crossing, colour)
            if ended is not None:
                yield ended, (False, False)
            return
        if may[0]:
            yield _moved(state, crossing, col), (True, False)
        if may[1]:
            yield _moved(state, crossing, right), (False, True)
    elif colour:
        if may[0]:
            yield _with(state, {col: colour}), (True, False)
        if may[1]:
            yield _with(state, {right: colour}), (False, True)
    elif may[0] and may[1]:
        yield _with(state, {col: MATE + right, right: MATE + col}), (True, True)


def _with(state: State, changes: dict[int, int]) -> State:
    new = list(state)
    for side, value in changes.items():
        new[side] = value
    return tuple(new)


def _moved(state: State, old: int, new: int) -> State:
    """The piece that crosses side `old` crosses side `new` instead."""
    value = state[old]
    changes = {old: 0, new: value}
    if value >= MATE:
        changes[value - MATE] = MATE + new
    return _with(state, changes)


def _ended(state: State, side: int, colour: int) -> State | None:
    """The piece that crosses `side` ends at an endpoint: it takes the endpoint's colour, if it can."""
    value = state[side]
    if value >= MATE:
        return _with(state, {side: 0, value - MATE: colour})
    return _with(state, {side: 0}) if value == colour else None


def _joined(state: State, one: int, other: int) -> State | None:
    """Two pieces become one: not two colours, and no ring."""
    a, b = state[one], state[other]
    if a >= MATE and b >= MATE:
        mates = {a - MATE: b, b - MATE: a}
        return None if a - MATE == other else _with(state, {**mates, one: 0, other: 0})
    if a >= MATE or b >= MATE:
        return _with(state, {max(a, b) - MATE: min(a, b), one: 0, other: 0})
    return _with(state, {one: 0, other: 0}) if a == b else None


def _sweep(grid: Grid) -> list[Sides] | None:
    """Where the flow leaves each cell in one cover of the board, cells in reading order."""
    rows, cols = grid.shape
    tiles = (grid.ground >> 4).tolist()
    start: State = (0,) * (cols + 1)
    layers: list[dict[State, tuple[State, Sides]]] = [{start: (start, (False, False))}]
    for row in range(rows):
        for col in range(cols):
            may = (row < rows - 1, col < cols - 1)
            layer: dict[State, tuple[State, Sides]] = {}
            for state in layers[-1]:
                for new, sides in _successors(state, col, tiles[row][col], may):
                    layer.setdefault(new, (state, sides))
            layers.append(layer)
    state, chosen = start, []
    if state not in layers[-1]:
        return None
    for layer in layers[:0:-1]:
        state, sides = layer[state]
        chosen.append(sides)
    return chosen[::-1]


def solve(grid: Grid) -> str | None:
    """A solution that fills the board, colour after colour from the first endpoints; None if none exists."""
    chosen = _sweep(grid)
    if chosen is None:
        return None
    rows, cols = grid.shape
    links: dict[Cell, set[Cell]] = {divmod(cell, cols): set() for cell in range(rows * cols)}
    for cell, (down, right) in zip(links, chosen, strict=True):
        for other in [(cell[0] + 1, cell[1])] * down + [(cell[0], cell[1] + 1)] * right:
            links[cell].add(other)
            links[other].add(cell)
    return moves_text([follow(links, colour, ends[0]) for colour, ends in endpoints_of(grid.ground).items()])
