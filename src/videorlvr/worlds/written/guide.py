"""The solver as a guide in mid-play of one board: which move leads on, and whether a move was wrong.

Law: a guide is a function of board and state; it asks the solver once a state. A move is right if it brings the
solver's end nearer, so any shortest way is right and not the reference alone.
"""

from __future__ import annotations

from typing import Any

from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.game import Game, IllegalMoveError
from videorlvr.worlds.written.solutions import board_at


class Guide:
    """game: the board as single moves."""

    def __init__(self, world: World, problem: Problem) -> None:
        self.world, self.problem = world, problem
        self.game: Game[Any] = world.game(problem.grid)
        self.known: dict[bytes, list[str] | None] = {}

    def way(self, state: Any) -> list[str] | None:
        """The moves that the solver makes from a state, [] of a solved one; None if it finds no way.

        Raises:
            ValueError: If the world's states in mid-play are no boards, so that no solver can go on.
        """
        if self.game.solved(state):
            return []
        key = self._key(state)
        if key not in self.known:
            grid = board_at(self.world, self.problem, state)
            if grid is None:
                raise ValueError(
                    f"in mid-play a board of {self.world.name} is no board that its solver could go on from: take "
                    "another world, such as maze or sokoban"
                )
            moves = self.world.solve(grid)
            self.known[key] = None if moves is None else self.game.read_moves(moves)
        return self.known[key]

    def left(self, state: Any) -> int | None:
        """Moves that the solver needs from a state; None if it finds no way."""
        way = self.way(state)
        return None if way is None else len(way)

    def after(self, state: Any, move: str) -> Any | None:
        """The state after a move, None if it is illegal."""
        try:
            return self.game.step(state, move)
        except IllegalMoveError:
            return None

    def is_wrong(self, state: Any, move: str) -> bool:
        """Is the move illegal, or does it bring the end no nearer? From where there is no way no move is right."""
        after, way = self.after(state, move), self.way(state)
        if after is None or way is None:
            return True
        if move in way[:1]:
            self.known.setdefault(self._key(after), way[1:])
            return False
        now = self.left(after)
        return now is None or now >= len(way)

    def _key(self, state: Any) -> bytes:
        """What of a state the solver sees."""
        return self.game.restart(state).tobytes()
