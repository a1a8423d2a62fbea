"""Can these frames be states of a game, with at most so many moves between one and the next?

All states are kept in which the game may be after each frame: first the given one; then, frame by frame, every
state that some legal moves lead to and that looks like the frame. When none is left, that frame is at fault.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol, TypeVar

import numpy as np

from videorlvr.worlds.api import Cells, Problem, Trace

Cell = tuple[int, int]
State = TypeVar("State")
Picture = TypeVar("Picture")


@dataclass(frozen=True)
class Opinion:
    """success: all frames are legal and the board ends solved. legal: every frame can follow from the last.
    frame: the first frame at fault, None for a success."""

    success: bool
    legal: bool
    frame: int | None


class Game(Protocol[State, Picture]):
    """The rules of one board. States and pictures can be compared and hashed."""

    def start(self) -> State:
        """The state of the board as it is given."""

    def picture(self, figure: Cells) -> Picture | None:
        """What a frame shows; None if it can be no state of any game."""

    def looks(self, state: State) -> Picture:
        """How a state is shown. States that look the same may differ in what they let happen next."""

    def moves(self, state: State, target: Picture) -> Iterable[State]:
        """The states that one legal move leads to. Those that can never come to look like `target` may be
        left out."""

    def end_fault(self, history: list[set[State]]) -> int | None:
        """Of frames that are all legal: None if the board ends solved, else the frame at fault. That is where
        the solution was left, or the last frame. history: what the states may be, frame by frame."""


def opinion(problem: Problem, trace: Trace, game: Game[State, Picture]) -> Opinion:
    """The second opinion on one trace."""
    num_frames, given = len(trace.figure), problem.grid
    if num_frames < 2:
        return Opinion(False, False, 0)
    if not np.array_equal(trace.figure[0], given.figure) or not np.array_equal(trace.ground[0], given.ground):
        return Opinion(False, False, 0)
    step, lacking = problem.moves_per_frame, frames_lacking(problem, num_frames)
    pause, last_move = pause_between_moves(problem), -num_frames
    history = [{game.start()}]
    for frame in range(1, num_frames):
        target = game.picture(trace.figure[frame])
        if target is None or not np.array_equal(trace.ground[frame], given.ground):
            return Opinion(False, False, frame)
        resting = frame - last_move < pause
        after = looking_like(game, history[-1], target, 0 if resting else step)
        if not after and lacking > 0:
            after, lacking = looking_like(game, history[-1], target, 2 * step), lacking - 1
        last_move = last_move if after & history[-1] else frame
        history.append(after)
        if not after:
            return Opinion(False, False, frame)
    fault = game.end_fault(history)
    return Opinion(fault is None, True, fault)


def pause_between_moves(problem: Problem) -> int:
    """Frames from one move to the next, at least: half of those that a move is shown over, as its level's name says."""
    shown_over = problem.address.level.rpartition("-")[2] if "~" in problem.address.level else "1"
    return (int(shown_over) + 1) // 2


def frames_lacking(problem: Problem, num_frames: int) -> int:
    """Frames of the problem's video that this one skips at most: across each of them it may show two frames' moves at
    once. A first frame and a last one skip nothing, they leave out everything."""
    skips = 2 < num_frames < problem.num_frames and "~" not in problem.address.level
    return problem.num_frames - num_frames if skips else 0


def looking_like(
    game: Game[State, Picture], states: set[State], target: Picture, num_moves: int
) -> set[State]:
    """The states that at most so many moves lead to, and that look like a frame."""
    return {state for state in within(game, states, target, num_moves) if game.looks(state) == target}


def within(game: Game[State, Picture], states: set[State], target: Picture, num_moves: int) -> set[State]:
    """All states that at most so many moves lead to, on the way to `target`."""
    seen = layer = states
    for _ in range(num_moves):
        layer = {after for state in layer for after in game.moves(state, target)} - seen
        seen = seen | layer
    return seen


def cells_by_code(board: Cells) -> dict[int, frozenset[Cell]]:
    """Code -> the cells that show it; codes that are nowhere have no cells."""
    found: dict[int, list[Cell]] = {}
    for row, codes in enumerate(board.tolist()):
        for col, code in enumerate(codes):
            found.setdefault(code, []).append((row, col))
    return defaultdict(frozenset, {code: frozenset(cells) for code, cells in found.items()})
