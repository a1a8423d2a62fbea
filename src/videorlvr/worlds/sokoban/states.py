"""Games as states, a state a frame: what cheats and variants of Sokoban are made of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from videorlvr.worlds.api import Problem, Video, World
from videorlvr.worlds.sokoban.rules import Board, State, legal_steps
from videorlvr.worlds.staging import show

MAX_SEARCHED = 3000
"""States among which a cheat looks for a place where it can be played."""


def changed(state: State, *changes: tuple[int, int]) -> State:
    """The state with some cells showing other figures: (cell, code)."""
    out = bytearray(state)
    for cell, code in changes:
        out[cell] = code
    return bytes(out)


def video_of(world: World, problem: Problem, states: Iterable[State]) -> Video:
    """The states, a frame each, the last one held."""
    frames = [np.frombuffer(state, np.uint8).reshape(problem.grid.shape) for state in states]
    frames += frames[-1:] * (problem.num_frames - len(frames))
    return show(world, problem, np.stack(frames))


def games_from(board: Board, state: State, most_frames: int) -> Iterator[list[State]]:
    """Legal games of one move a frame, shortest first, no two of them to the same state."""
    seen, games = {state}, [[state]]
    for game in games:  # grows while it is walked through
        yield game
        if len(game) >= most_frames or len(seen) > MAX_SEARCHED:
            continue
        for _, other in legal_steps(board, game[-1]):
            if other not in seen:
                seen.add(other)
                games.append([*game, other])


def reachable(board: Board, state: State, moves: int) -> set[State]:
    """All states that at most so many legal moves lead to."""
    seen = layer = {state}
    for _ in range(moves):
        layer = {other for one in layer for _, other in legal_steps(board, one)} - seen
        seen = seen | layer
    return seen
