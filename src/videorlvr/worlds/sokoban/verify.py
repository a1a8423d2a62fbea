"""The judge of Sokoban. Process, not picture: every frame must follow from the last by legal moves.

What counts in the end is that all targets carry boxes in the last frame. Any legal game that ends so is a
success: in another order, by detours, or with moves after the last push, as long as they, too, leave the
board solved when the video ends.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from videorlvr.worlds.api import UNSURE, Problem, Trace, Verdict
from videorlvr.worlds.sokoban.distances import pushes_left
from videorlvr.worlds.sokoban.rules import BOX, Board, State, board_of
from videorlvr.worlds.sokoban.transitions import broken_rule, explained, malformed
from videorlvr.worlds.verify import (
    COMMON_REASONS,
    Check,
    Fault,
    precision_recall_f1,
    walk,
)

REASONS: Mapping[str, str] = {
    **COMMON_REASONS,
    "illegal_move": "The frame cannot be reached from the last one by the allowed moves, for no nameable rule.",
    "board_changed": "A wall or a target is not where the problem put it.",
    "no_player": "A frame has no player.",
    "many_players": "A frame has more than one player.",
    "into_wall": "The player or a box stands in a wall.",
    "stone_changed": "A wall lost its stone, or a stone lies on the floor.",
    "box_count": "A box vanished or appeared.",
    "teleport": "The player went where no walk of one frame's moves could lead.",
    "pushed_two": "Several boxes in a row were pushed at once.",
    "pulled": "A box followed the player.",
    "box_moved_alone": "A box moved although the player did not push it.",
    "left_solution": "The board was solved, and is not at the end.",
    "not_solved": "The video ends before all targets carry boxes.",
}


class Played(Check):
    """A game as a video shows it. `shown` gathers the moves that its legal transitions show."""

    ground_reason = "board_changed"
    unfinished = ("not_solved",)

    def __init__(self, problem: Problem, trace: Trace) -> None:
        super().__init__(problem, trace)
        self.board, size = board_of(problem.grid.ground), problem.grid.figure.size
        figures = trace.figure.tobytes()
        self.states = [figures[start : start + size] for start in range(0, len(figures), size)]
        self.sound = not malformed(self.board, self.states[0])
        self.shown, self.at_fault = "", False

    def transition(self, frame: int, moves: int) -> str:
        board, before, after = self.board, self.states[frame - 1], self.states[frame]
        if before == after and self.sound:
            return ""
        reason = malformed(board, after)
        was_sound, self.sound = self.sound, not reason
        if reason or not was_sound:
            self.at_fault = True
            return reason or "illegal_move"
        letters = explained(board, before, after, moves, self.problem.solution[len(self.shown) :])
        if letters is None:
            # Looking for the rule is long, and only the first fault is named.
            rule = "illegal_move" if self.at_fault else broken_rule(board, before, after, moves)
            self.at_fault = True
            return rule
        self.shown += letters
        return ""

    def taken(self, frame: int, moves: int) -> int:
        return len(explained(self.board, self.states[frame - 1], self.states[frame], moves) or "")

    def resume(self, frame: int) -> None:
        self.sound = not malformed(self.board, self.states[frame])

    def end_fault(self) -> Fault | None:
        """Is it solved at the end?"""
        if self.board.is_solved(self.states[-1]):
            return None
        solved = [frame for frame, state in enumerate(self.states) if self.board.is_solved(state)]
        if solved:
            return Fault("left_solution", solved[-1] + 1)
        return Fault("not_solved", len(self.states) - 1)

    def components(self, last_good: int, process: float) -> dict[str, float]:
        """boxes: share of targets that carry a box in the last frame, after the paper; boxes_all: do all of them?

        progress: share of the pushes that are needed which are done in the last frame before the fault.
        arrival: that share in the last frame, times the share of legal transitions; 0 if that frame is not well read.
        """
        board, states = self.board, self.states
        share = sum(states[-1][cell] == BOX for cell in board.targets) / len(board.targets)
        return {
            "progress": _covered(board, states[0], states[last_good]),
            "arrival": process * _covered(board, states[0], states[-1]) if self._ends_well_read() else 0.0,
            "boxes": share,
            "boxes_all": float(share == 1),
        }

    def _ends_well_read(self) -> bool:
        same_ground = np.array_equal(self.trace.ground[-1], self.problem.grid.ground)
        return same_ground and UNSURE not in self.states[-1]

    def metrics(self) -> dict[str, float]:
        """Overlap of the moves that were shown with the reference's, place by place."""
        return precision_recall_f1(set(enumerate(self.shown)), set(enumerate(self.problem.solution)))


def verify(problem: Problem, trace: Trace) -> Verdict:
    """The verdict on a trace. Never raises."""
    return walk(problem, trace, Played)


def _covered(board: Board, start: State, state: State) -> float:
    """Share of the pushes that the first state needs, by their lower bound, which this one does not."""
    if malformed(board, state):
        return 0.0
    whole, left = (pushes_left(board, _boxes(each)) for each in (start, state))
    return max(0.0, 1 - left / whole) if whole else float(not left)


def _boxes(state: State) -> list[int]:
    return [cell for cell, code in enumerate(state) if code == BOX]
