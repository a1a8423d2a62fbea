"""FlowFree as a game of single moves: a colour enters an empty cell beside the tip of its flow.

A flow that has not begun may begin at either of its endpoints. From which it grew, and where its tip is, a
frame need not show: so many states may look the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from videorlvr.worlds.api import Cells, Grid

EMPTY = 0
Picture = bytes
"""The colours of all cells, row after row; a cell is its number in that order."""
Flow = tuple[int, int] | None
"""(the other endpoint, to which it grows; its tip), or None before it begins."""


class Flows(NamedTuple):
    picture: Picture
    flows: tuple[Flow, ...]


class FlowFree:
    def __init__(self, grid: Grid) -> None:
        self.grid = grid
        rows, cols = grid.shape
        tiles = (grid.ground // 16).ravel()
        self.colours = [colour for colour in range(1, 16) if colour in tiles]
        self.ends = [[int(cell) for cell in np.flatnonzero(tiles == colour)] for colour in self.colours]
        self.beside = [
            [other for other in range(rows * cols) if abs(other // cols - row) + abs(other % cols - col) == 1]
            for row in range(rows)
            for col in range(cols)
        ]

    def start(self) -> Flows:
        return Flows(self.grid.figure.tobytes(), (None,) * len(self.colours))

    def picture(self, figure: Cells) -> Picture:
        return figure.tobytes()

    def looks(self, state: Flows) -> Picture:
        return state.picture

    def tips(self, state: Flows, number: int) -> list[tuple[int, int]]:
        """(the endpoint to reach, a cell to grow on from), of one colour's flow."""
        flow, (one, other) = state.flows[number], self.ends[number]
        return [(other, one), (one, other)] if flow is None else [flow]

    def moves(self, state: Flows, target: Picture) -> Iterator[Flows]:
        """Nothing is ever erased or overwritten: a cell that `target` shows otherwise is not worth filling."""
        for number, colour in enumerate(self.colours):
            for end, tip in self.tips(state, number):
                for cell in self.beside[tip]:
                    if state.picture[cell] == EMPTY and target[cell] == colour:
                        picture = state.picture[:cell] + bytes([colour]) + state.picture[cell + 1 :]
                        flows = (*state.flows[:number], (end, cell), *state.flows[number + 1 :])
                        yield Flows(picture, flows)

    def joined(self, states: set[Flows], number: int) -> bool:
        """May this flow's tip lie beside the endpoint that it grows to?"""
        return any(tip in self.beside[end] for state in states for end, tip in self.tips(state, number))

    def end_fault(self, history: list[set[Flows]]) -> int | None:
        """At the end all flows are joined and no cell is empty. If a flow is not joined but was, the fault is
        where that ended last; of several such flows, the first one's."""
        last, left, apart = len(history) - 1, [], False
        for number in range(len(self.colours)):
            was = [self.joined(states, number) for states in history]
            if not was[-1]:
                apart = True
                left += [max(frame + 1 for frame in range(last) if was[frame])] if any(was) else []
        if apart:
            return min(left, default=last)
        return last if EMPTY in next(iter(history[-1])).picture else None
