"""What is still to come from a state in mid-play, exactly: how many moves, or that no way leads to the end any more.

So traps are known: a move after which nothing leads to the end, from where something did. Where a state is a board the
world's solver says it; else all ways are tried, a part of the board at a time (`Game.in_turn`).

Law: a way is found from every state on a solution, and from none behind which random play cannot get to the end.
"""

from __future__ import annotations

from typing import Any

from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.game import Game
from videorlvr.worlds.written.solutions import board_at

MAX_TRIED = 200_000


class Outlook:
    """game: the board as single moves."""

    def __init__(self, world: World, problem: Problem) -> None:
        self.world, self.problem = world, problem
        self.game: Game[Any] = world.game(problem.grid)
        self.known: dict[Any, int | None] = {}

    def left(self, state: Any) -> int | None:
        """Moves of a way from a state to the end, 0 of a solved one; None if there is no way.

        Raises:
            ValueError: If more than `MAX_TRIED` states would have to be tried.
        """
        if self.game.solved(state):
            return 0
        if state not in self.known:
            grid = board_at(self.world, self.problem, state)
            if grid is None:
                self.known[state] = self._tried(state)
            else:
                moves = self.world.solve(grid)
                self.known[state] = None if moves is None else len(self.game.read_moves(moves))
        return self.known[state]

    def is_trap(self, state: Any, move: str) -> bool:
        """Does a legal move lose what could still be solved?"""
        return self.left(state) is not None and self.left(self.game.step(state, move)) is None

    def _tried(self, start: Any) -> int | None:
        """Depth first; of a state without a way that is kept, too."""
        path, way, tried = [start], [iter(self.game.in_turn(start))], 0
        while path:
            move = next(way[-1], None)
            if move is None:
                self.known[path.pop()] = None
                way.pop()
                continue
            state = self.game.step(path[-1], move)
            found = 0 if self.game.solved(state) else self.known.get(state, -1)
            if found is not None and found >= 0:
                return len(path) + found
            if found is None:
                continue
            tried += 1
            if tried > MAX_TRIED:
                raise ValueError(
                    f"'{self.problem.address}' has more than {MAX_TRIED} states behind one: take a smaller level"
                )
            path.append(state)
            way.append(iter(self.game.in_turn(state)))
        return None
