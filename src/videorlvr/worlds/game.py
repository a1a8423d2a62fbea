"""A board as a game of single moves: the one definition of a world's rules.

Playing a solution, random legal play, boards as text and the judging of moves derive from it; so do players
that see no pixels. (The judge of videos asks another question: can this picture follow from that one?)

Law: `legal` lists exactly the moves that `step` takes and that change the state.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

import numpy as np
import numpy.typing as npt

State = TypeVar("State")
Cells = npt.NDArray[np.uint8]


class IllegalMoveError(ValueError):
    """A move that the rules forbid in this state. The message begins with the move: `'R' from row 0, col 2: it
    runs into a wall`."""


class NotAMoveError(IllegalMoveError):
    """Text that is a move in no state of any board."""


class Game(ABC, Generic[State]):
    """The game on one board. States are hashable and never change; moves are short words.

    The constructor takes the board and raises ValueError if it is none of this world.
    """

    @abstractmethod
    def start(self) -> State:
        """The first state."""

    @abstractmethod
    def legal(self, state: State) -> Sequence[str]:
        """The legal moves, in an order that never changes: addresses have their problems by it."""

    @abstractmethod
    def step(self, state: State, move: str) -> State:
        """The state after a move.

        Raises:
            IllegalMoveError: Saying what the rules have against it; `NotAMoveError` if it is no move at all.
        """

    @abstractmethod
    def figure(self, state: State) -> Cells:
        """What the state shows: figure codes uint8 [R, C], read-only."""

    @abstractmethod
    def text(self, state: State) -> str:
        """The state as text, a row of the board a line; of the first state, the world reads it back."""

    @abstractmethod
    def solved(self, state: State) -> bool:
        """Is the puzzle solved?"""

    def restart(self, state: State) -> Cells:
        """The figures of the board on which this state is the first; what only records the past is left out.

        A world whose states in mid-play are no boards (flows half grown) leaves this as it is, and its `game` refuses
        such a board.
        """
        return self.figure(state)

    def in_turn(self, state: State) -> Sequence[str]:
        """Legal moves of which one comes next in some solution from here, if there is any: all of them. A world whose
        parts can be played in any order names those of one part, so that who searches need not try every order."""
        return self.legal(state)

    def is_choice(self, state: State, move: str) -> bool:
        """Does this move decide something? False where it follows by itself, as in a corridor, or can be made up for
        at once, as a step without a push."""
        return len(self.legal(state)) > 1

    def read_moves(self, text: str) -> list[str]:
        """The moves of a solution's text. What is no move comes out as it is, for `step` to refuse."""
        return list(text)

    def write_moves(self, moves: Iterable[str]) -> str:
        """The text of moves; inverse of `read_moves`."""
        return "".join(moves)

    def wander(self, num_moves: int, rng: np.random.Generator) -> str:
        """Legal moves without a plan, as text: the random-legal baseline. A world may prefer some of them."""
        state, moves = self.start(), list[str]()
        while len(moves) < num_moves and not self.solved(state) and (ways := self.legal(state)):
            moves.append(ways[int(rng.integers(len(ways)))])
            state = self.step(state, moves[-1])
        return self.write_moves(moves)


def play(game: Game[State], moves: str) -> Cells:
    """What a solution shows, the first state and one for each move that changes a cell: uint8 [L + 1, R, C].

    Raises:
        IllegalMoveError: Naming the first move that is illegal, and its number from 1.
    """
    states, fault = legal_part(game, moves)
    if fault:
        raise fault
    return shown(game, states)


def legal_part(game: Game[State], moves: str) -> tuple[list[State], IllegalMoveError | None]:
    """The first state and that after each move up to the first illegal one, and what is wrong with that."""
    states = [game.start()]
    for number, move in enumerate(game.read_moves(moves), start=1):
        try:
            states.append(game.step(states[-1], move))
        except IllegalMoveError as error:
            return states, type(error)(f"move {number} is {error}")
    return states, None


def shown(game: Game[State], states: Sequence[State]) -> Cells:
    """The figures of states, those left out that look like the one before: uint8 [N, R, C]."""
    figures: Cells = np.stack([game.figure(state) for state in states])
    kept = np.ones(len(figures), bool)
    kept[1:] = (figures[1:] != figures[:-1]).any(axis=(1, 2))
    return figures[kept]
