"""Right games other than the reference, which the judge of Sokoban must accept."""

from __future__ import annotations

import numpy as np

from videorlvr.worlds.api import Grid, Problem, Variant, Video, World
from videorlvr.worlds.sokoban.rules import BOX, Sokoban, legal_steps, play, start_of
from videorlvr.worlds.sokoban.solve import solve
from videorlvr.worlds.staging import other_solutions, staged
from videorlvr.worlds.variants import SHARED_VARIANTS

MAX_NODES = 1_000
"""Of the searches from states that are not the first: a variant may be looked for, but not for long."""


def _played(world: World, problem: Problem, moves: str) -> Video | None:
    return staged(world, problem, play(problem.grid, moves))


def _stroll(grid: Grid, num_moves: int, rng: np.random.Generator) -> str:
    """Random moves that push nothing."""
    board, state = start_of(grid)
    moves = ""
    for _ in range(num_moves):
        ways = [way for way in legal_steps(board, state) if way[0].islower()]
        if not ways:
            break
        letter, state = ways[rng.integers(len(ways))]
        moves += letter
    return moves


def _stroll_first(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The player walks about and comes back; then the reference solution."""
    moves = _stroll(problem.grid, int(rng.integers(1, 2 * problem.num_frames)), rng)
    back = moves[::-1].translate(str.maketrans("urdl", "dlur"))
    return _played(world, problem, moves + back + problem.solution) if moves else None


def _stroll_after(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The reference solution; then the player walks about in the solved room."""
    solved = Grid(problem.grid.ground, play(problem.grid, problem.solution)[-1])
    moves = _stroll(solved, problem.num_frames, rng)
    return _played(world, problem, problem.solution + moves) if moves else None


def _solved_from(grid: Grid, moves: str) -> str | None:
    """These moves and then a solution, if one is found soon."""
    rest = solve(Grid(grid.ground, play(grid, moves)[-1]), MAX_NODES)
    return None if rest is None else moves + rest


def _detour(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Random moves, pushes among them, and then a solution from there."""
    for _ in range(4):
        moves = Sokoban(problem.grid).wander(int(rng.integers(1, 12)), rng)
        game = _solved_from(problem.grid, moves)
        if game and game != problem.solution:
            return _played(world, problem, game)
    return None


def _solved_twice(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Solved; then a box is pushed off its target, and the room is solved again."""
    board, solved = start_of(Grid(problem.grid.ground, play(problem.grid, problem.solution)[-1]))
    games = [("", solved)]
    seen = {solved}
    for moves, state in games:  # grows while it is walked through
        if not board.is_solved(state):
            game = _solved_from(problem.grid, problem.solution + moves)
            if game:
                return _played(world, problem, game)
            continue
        for letter, other in legal_steps(board, state):
            if other not in seen:
                seen.add(other)
                games.append((moves + letter, other))
    return None


def _other_pushes(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Another solution whose boxes take other ways, where the solver finds one in a mirror."""
    reference = _box_states(play(problem.grid, problem.solution))
    for states in other_solutions(world, problem):
        if _box_states(states) != reference:
            return staged(world, problem, states)
    return None


def _box_states(states: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> set[bytes]:
    """Where boxes stand together, over a game."""
    return {(state == BOX).tobytes() for state in states}


VARIANTS = (
    *SHARED_VARIANTS,
    Variant("stroll-first", _stroll_first),
    Variant("stroll-after", _stroll_after),
    Variant("detour", _detour),
    Variant("solved-twice", _solved_twice),
    Variant("other-pushes", _other_pushes),
)
