"""FlowFree as a game of single moves: a colour enters an empty cell beside the tip of its flow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from videorlvr.worlds import game
from videorlvr.worlds.api import Cells, Grid
from videorlvr.worlds.flowfree.rules import (
    LETTERS,
    MAX_COLOURS,
    NOTHING,
    WORD,
    Cell,
    Flow,
    endpoints_of,
    flows_of,
    moves_text,
    neighbours,
)
from videorlvr.worlds.game import Game, IllegalMoveError, NotAMoveError


class Flows(NamedTuple):
    """A state: all figures, row after row, and of each colour where its flow began and has its tip, or None."""

    figures: bytes
    grown: tuple[tuple[Cell, Cell] | None, ...]


class FlowFree(Game[Flows]):
    """The game on one board. A move is a flow of one step, from the tip: `A0,1:R`.

    Colours may take turns. A flow begins at either of its endpoints; one that steps onto the other is done.
    """

    def __init__(self, grid: Grid) -> None:
        """
        Raises:
            ValueError: For a board on which a colour has other than two endpoints, or more is coloured, or with walls.
        """
        if (grid.ground % 16).any():
            raise ValueError("a FlowFree board has no walls")
        self.grid, self.ends = grid, endpoints_of(grid.ground)
        for colour, cells in self.ends.items():
            if len(cells) != 2 or colour > MAX_COLOURS:
                raise ValueError(
                    f"colour {colour} has {len(cells)} endpoints: expected two of colours 1 to 12"
                )
        if not self.ends or not np.array_equal(grid.figure, grid.ground >> 4):
            raise ValueError("in the first state of FlowFree endpoints are coloured, and nothing else")
        self.number = {colour: number for number, colour in enumerate(self.ends)}

    def start(self) -> Flows:
        return Flows(self.grid.figure.tobytes(), (None,) * len(self.ends))

    def legal(self, state: Flows) -> list[str]:
        return [move for colour in self.ends for move, _ in self._ways(state, colour)]

    def in_turn(self, state: Flows) -> list[str]:
        """Of the first flow that is not on its other endpoint, from its first one: flows do not wait for each other,
        and one that ends beside its endpoint could as well step onto it."""
        for colour, (one, other) in self.ends.items():
            start, tip = state.grown[self.number[colour]] or (one, one)
            if tip != (other if start == one else one):
                return [move for move, _ in self._ways(state, colour) if _flow(move).cells[0] == tip]
        return []

    def _ways(self, state: Flows, colour: int) -> Iterator[tuple[str, Cell]]:
        """(move, cell that it fills or joins) of one colour, from its tip or from either endpoint."""
        grown, (one, other) = state.grown[self.number[colour]], self.ends[colour]
        for start, tip in [grown] if grown else [(one, one), (other, other)]:
            end = other if start == one else one
            for cell in neighbours(self.grid.shape, tip) if tip != end else ():
                if cell == end or self._code(state, cell) == NOTHING:
                    yield str(Flow(colour, (tip, cell))), cell

    def _code(self, state: Flows, cell: Cell) -> int:
        return state.figures[cell[0] * self.grid.shape[1] + cell[1]]

    def step(self, state: Flows, move: str) -> Flows:
        flow = _flow(move)
        grown, ends = self._grown(state, flow, move), self.ends[flow.colour]
        if len(flow.cells) == 1:
            return state
        cell, (rows, cols) = flow.cells[1], self.grid.shape
        if not (0 <= cell[0] < rows and 0 <= cell[1] < cols):
            raise IllegalMoveError(f"'{move}': it leaves the board")
        figures = state.figures
        if cell not in ends or cell == grown[0]:
            if code := self._code(state, cell):
                raise IllegalMoveError(
                    f"'{move}': at row {cell[0]}, col {cell[1]} there is colour {LETTERS[code - 1]} already"
                )
            place = cell[0] * cols + cell[1]
            figures = figures[:place] + bytes([flow.colour]) + figures[place + 1 :]
        number = self.number[flow.colour]
        return Flows(figures, (*state.grown[:number], (grown[0], cell), *state.grown[number + 1 :]))

    def _grown(self, state: Flows, flow: Flow, move: str) -> tuple[Cell, Cell]:
        """Where the flow began and has its tip, if the move goes on from there."""
        letter, (row, col) = LETTERS[flow.colour - 1], flow.cells[0]
        if flow.colour not in self.ends:
            raise IllegalMoveError(f"'{move}': there is no colour {letter} on this board")
        grown, ends = state.grown[self.number[flow.colour]], self.ends[flow.colour]
        if grown is None:
            if flow.cells[0] not in ends:
                raise IllegalMoveError(f"'{move}': row {row}, col {col} is no endpoint of {letter}")
            return flow.cells[0], flow.cells[0]
        start, tip = grown
        if tip in ends and tip != start:
            raise IllegalMoveError(f"'{move}': the flow of {letter} has joined its endpoints")
        if flow.cells[0] != tip:
            raise IllegalMoveError(f"'{move}': the flow of {letter} goes on from row {tip[0]}, col {tip[1]}")
        return grown

    def figure(self, state: Flows) -> Cells:
        return np.frombuffer(state.figures, np.uint8).reshape(self.grid.shape)

    def is_choice(self, state: Flows, move: str) -> bool:
        """Another cell could be entered from the tip, or from the endpoint where the flow begins."""
        flow = _flow(move)
        ways = [way for way, _ in self._ways(state, flow.colour)]
        return any(way != move and _flow(way).cells[0] == flow.cells[0] for way in ways)

    def text(self, state: Flows) -> str:
        """A letter a colour, upper case for endpoints and lower case for what has grown; `.` is empty."""
        letters = "." + LETTERS.lower()
        return "\n".join(
            "".join(letters[code].upper() if tile else letters[code] for code, tile in zip(*row, strict=True))
            for row in zip(self.figure(state).tolist(), self.grid.ground.tolist(), strict=True)
        )

    def solved(self, state: Flows) -> bool:
        """Is every cell filled, and does each flow end on its other endpoint or beside it?"""
        return NOTHING not in state.figures and all(
            self._is_joined(grown, *ends) for grown, ends in zip(state.grown, self.ends.values(), strict=True)
        )

    def _is_joined(self, grown: tuple[Cell, Cell] | None, one: Cell, other: Cell) -> bool:
        start, tip = grown or (one, one)
        end = other if start == one else one
        return tip == end or end in neighbours(self.grid.shape, tip)

    def read_moves(self, text: str) -> list[str]:
        return [move for word in text.split(" ") for move in _single_moves(word)] if text else []

    def write_moves(self, moves: Iterable[str]) -> str:
        """Steps of one flow that follow upon another are one word."""
        flows: list[Flow] = []
        for flow in map(_flow, moves):
            if flows and flows[-1].colour == flow.colour and flows[-1].cells[-1] == flow.cells[0]:
                flows[-1] = Flow(flow.colour, flows[-1].cells + flow.cells[1:])
            else:
                flows.append(flow)
        return moves_text(flows)

    def wander(self, num_moves: int, rng: np.random.Generator) -> str:
        """Flows that wander, colour after colour, until they meet their other endpoint or are stuck."""
        state, moves, left = self.start(), list[str](), num_moves
        for colour, ends in self.ends.items():
            tip, end = ends if rng.random() < 0.5 else ends[::-1]
            moves.append(str(Flow(colour, (tip,))))
            while True:
                ways = {cell: move for move, cell in self._ways(state, colour) if _flow(move).cells[0] == tip}
                free = [cell for cell in ways if cell != end]
                if end in ways or not free or not left:
                    break
                tip = free[rng.integers(len(free))]
                moves.append(ways[tip])
                state, left = self.step(state, moves[-1]), left - 1
            moves += [ways[end]] if end in ways else []
            state = self.step(state, ways[end]) if end in ways else state
        return self.write_moves(moves)


@lru_cache(maxsize=2**14)
def _flow(move: str) -> Flow:
    """A move as a flow of at most one step."""
    match = WORD.fullmatch(move)
    if match is None or len(match[4]) > 1:
        raise NotAMoveError(
            f"{move!r:.80}: a flow is written like A0,1:RDD (colour A-L, row, column, and steps U, R, D, L)"
        )
    return flows_of(move)[0]


def _single_moves(word: str) -> list[str]:
    """A word of a solution as moves of one step; a word that is no flow comes out as it is."""
    try:
        (flow,) = flows_of(word)
    except ValueError:
        return [word]
    return [str(Flow(flow.colour, pair)) for pair in pairwise(flow.cells)] or [word]


def play(grid: Grid, moves: str) -> Cells:
    """States of growth: uint8 [L + 1, R, C], one for each newly filled cell; an illegal move is named by an
    error. Flows may stop short."""
    return game.play(FlowFree(grid), moves)
