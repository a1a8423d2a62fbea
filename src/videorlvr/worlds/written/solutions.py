"""What a solver knows in mid-play: how far a state is from solved, the first wrong move, the other solutions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from videorlvr.worlds.api import Grid, Problem, World
from videorlvr.worlds.game import Game, IllegalMoveError

MAX_STATES = 50_000


def board_at(world: World, problem: Problem, state: Any) -> Grid | None:
    """The board on which a state is the first; None where the world has no such board (flows half grown)."""
    grid = Grid(problem.grid.ground, world.game(problem.grid).restart(state))
    try:
        world.game(grid)
    except ValueError:
        return None
    return grid


def distance(world: World, problem: Problem, state: Any) -> int | None:
    """Moves that the solver needs from a state; None where it finds no way, or the state is no board.

    Of Maze this is the exact distance; of a solver that does not promise the shortest solution it is that solver's.
    """
    game: Game[Any] = world.game(problem.grid)
    if game.solved(state):
        return 0
    grid = board_at(world, problem, state)
    moves = world.solve(grid) if grid is not None else None
    return None if moves is None else len(world.game(problem.grid).read_moves(moves))


def first_error(world: World, problem: Problem, moves: list[str]) -> int | None:
    """The number, from 1, of the first move that is illegal or does not come nearer to the end; None if there is none.

    Where states in mid-play are no boards, the first one that leaves the reference solution.
    """
    game: Game[Any] = world.game(problem.grid)
    state, reference = game.start(), game.read_moves(problem.solution)
    left = distance(world, problem, state)
    for number, move in enumerate(moves, start=1):
        try:
            state = game.step(state, move)
        except IllegalMoveError:
            return number
        if board_at(world, problem, state) is None:
            if number > len(reference) or move != reference[number - 1]:
                return number
            continue
        now = distance(world, problem, state)
        if now is None or (left is not None and now >= left):
            return number
        left = now
    return None


def shortest_solutions(
    world: World, problem: Problem, *, limit: int = 64, max_states: int = MAX_STATES
) -> list[str]:
    """All shortest solutions of a board as move text, up to `limit`. Two that differ in the order of their moves are
    two.

    Raises:
        ValueError: If more than `max_states` states lie nearer than the end.
    """
    game: Game[Any] = world.game(problem.grid)
    layers = [{_key(game, game.start()): game.start()}]
    parents: dict[Any, list[tuple[Any, str]]] = {}
    known = set(layers[0])
    while not (ends := [key for key, state in layers[-1].items() if game.solved(state)]):
        layer: dict[Any, Any] = {}
        for key, state in layers[-1].items():
            for move in game.legal(state):
                after = game.step(state, move)
                name = _key(game, after)
                if name in known:
                    continue
                layer.setdefault(name, after)
                parents.setdefault(name, []).append((key, move))
        known |= layer.keys()
        if not layer:
            return []
        if len(known) > max_states:
            raise ValueError(
                f"'{problem.address}' has more than {max_states} states before its end: take a smaller level"
            )
        layers.append(layer)
    ways = (way for end in ends for way in _ways(parents, end))
    found = [game.write_moves(way) for way, _ in zip(ways, range(limit), strict=False)]
    return sorted(dict.fromkeys(found))


def _key(game: Game[Any], state: Any) -> Any:
    """What of a state matters from here on."""
    restarted = game.restart(state).tobytes()
    return (restarted, state) if restarted == game.figure(state).tobytes() else restarted


def _ways(parents: dict[Any, list[tuple[Any, str]]], end: Any) -> Iterator[list[str]]:
    if end not in parents:
        yield []
        return
    for key, move in parents[end]:
        for way in _ways(parents, key):
            yield [*way, move]
