"""The judge of Sokoban. Process, not picture: every frame must follow from the last by legal moves.

What counts in the end is that all targets carry boxes in the last frame. Any legal game that ends so is a
success: in another order, by detours, or with moves after the last push, as long as they, too, leave the
board solved when the video ends.
"""

from __future__ import annotations

from collections.abc import Mapping

from videorlvr.worlds.api import Problem, Trace, Verdict
from videorlvr.worlds.sokoban.distances import pushes_left
from videorlvr.worlds.sokoban.rules import BOX, Board, State, board_of
from videorlvr.worlds.sokoban.transitions import broken_rule, explained, malformed
from videorlvr.worlds.verify import (
    COMMON_REASONS,
    Fault,
    allowed_moves,
    broken_frames,
    common_fault,
    precision_recall_f1,
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


def verify(problem: Problem, trace: Trace) -> Verdict:
    """The verdict on a trace. Never raises."""
    common = common_fault(problem, trace, ground_reason="board_changed")
    if common and common.reason in ("too_few_frames", "wrong_start"):
        return Verdict(False, common.reason, common.frame, float(trace.confidence.min(initial=1.0)))
    board, size = board_of(problem.grid.ground), problem.grid.figure.size
    figures = trace.figure.tobytes()
    states = [figures[start : start + size] for start in range(0, len(figures), size)]
    broken = broken_frames(problem, trace).tolist() if common else [False] * len(states)
    illegal, num_legal, shown = _watch(problem, board, states, broken)
    faults = [fault for fault in (common, illegal) if fault]
    fault = min(faults, key=lambda fault: fault.frame, default=None) or _end_fault(board, states)
    last_good = len(states) - 1 if fault is None or fault.reason == "not_solved" else fault.frame - 1
    process = num_legal / (len(states) - 1)
    return Verdict(
        success=fault is None,
        reason=fault.reason if fault else "",
        frame=fault.frame if fault else None,
        confidence=float(trace.confidence.min()),
        components={
            "success": float(fault is None),
            "process": process,
            "progress": _covered(board, states[0], states[last_good]),
            "arrival": 0.0 if broken[-1] else process * _covered(board, states[0], states[-1]),
            **_on_targets(board, states[-1]),
        },
        metrics=precision_recall_f1(set(enumerate(shown)), set(enumerate(problem.solution))),
    )


def _watch(
    problem: Problem, board: Board, states: list[State], broken: list[bool]
) -> tuple[Fault | None, int, str]:
    """(the first transition at fault, the number of legal ones, the moves that the legal ones show).

    Transitions from or to a frame that is broken or malformed are not legal.
    """
    moves = allowed_moves(problem, len(states))
    first, num_legal, shown = None, 0, ""
    sound = not malformed(board, states[0])
    for frame in range(1, len(states)):
        before, after = states[frame - 1], states[frame]
        if broken[frame]:
            sound = False
            continue
        if before == after and sound:
            num_legal += 1
            continue
        reason = malformed(board, after)
        was_sound, sound = sound, not reason
        if was_sound and sound:
            letters = explained(board, before, after, moves, problem.solution[len(shown) :])
            if letters is not None:
                num_legal += 1
                shown += letters
                continue
        if first is None and not broken[frame - 1]:
            rule = broken_rule(board, before, after, moves) if was_sound and sound else "illegal_move"
            first = Fault(reason or rule, frame)
    return first, num_legal, shown


def _end_fault(board: Board, states: list[State]) -> Fault | None:
    """Of a trace whose every transition is legal: is it solved at the end?"""
    if board.is_solved(states[-1]):
        return None
    solved = [frame for frame, state in enumerate(states) if board.is_solved(state)]
    if solved:
        return Fault("left_solution", solved[-1] + 1)
    return Fault("not_solved", len(states) - 1)


def _covered(board: Board, start: State, state: State) -> float:
    """Share of the pushes that the first state needs, by their lower bound, which this one does not."""
    if malformed(board, state):
        return 0.0
    whole, left = (pushes_left(board, _boxes(each)) for each in (start, state))
    return max(0.0, 1 - left / whole) if whole else float(not left)


def _boxes(state: State) -> list[int]:
    return [cell for cell, code in enumerate(state) if code == BOX]


def _on_targets(board: Board, state: State) -> dict[str, float]:
    """boxes: share of targets that carry a box, after the paper; boxes_all: do all of them?"""
    share = sum(state[cell] == BOX for cell in board.targets) / len(board.targets)
    return {"boxes": share, "boxes_all": float(share == 1)}
