"""The verdict on an answer that is text: moves in the world's letters, as a language model gives them.

Law: moves get the verdict that a video of them gets which shows one move a frame; so any valid solution is a
success, and rewards mean the same for both kinds of answers. Nothing is read generously: a letter of the wrong
case, a space or a word that is no move is refused where it stands.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np

from videorlvr.worlds.api import Problem, Trace, Verdict, World
from videorlvr.worlds.game import NotAMoveError, legal_part, shown

MAX_CHARS = 2**16
MAX_MOVES = 4096
MOVE_REASONS: Mapping[str, str] = {
    "not_a_move": "The text holds something that is no move in this world's letters.",
    "illegal_move": "A move is forbidden by the rules where it stands.",
    "too_many_moves": "The text is longer than the limit.",
}
"""Reasons that only moves are refused for, beside the world's own for what they leave unsolved."""


def judge_moves(world: World, problem: Problem, moves: str) -> Verdict:
    """The verdict on a solution as text; `frame` is the number, from 1, of the first move that is refused.

    After that move nothing is played. `process` is the share of moves before it, and `progress` and the other
    components are those of the state that they led to.
    """
    game = world.game(problem.grid)
    words = game.read_moves(moves) if len(moves) <= MAX_CHARS else None
    if words is None or len(words) > MAX_MOVES:
        return Verdict(False, "too_many_moves")
    states, fault = legal_part(game, moves)
    figures = shown(game, states)
    held = np.minimum(np.arange(max(problem.num_frames, len(figures))), len(figures) - 1)
    verdict = world.verify(problem, Trace.exact(problem.grid.ground, figures[held]))
    if fault is None:
        return dataclasses.replace(verdict, frame=None)
    process = (len(states) - 1) / len(words)
    components = {**verdict.components, "success": 0.0, "process": process}
    if "arrival" in components:
        components["arrival"] *= process
    return Verdict(
        success=False,
        reason="not_a_move" if isinstance(fault, NotAMoveError) else "illegal_move",
        frame=len(states),
        confidence=verdict.confidence,
        components=components,
        metrics=verdict.metrics,
    )


def refusal(world: World, problem: Problem, moves: str) -> str:
    """What is wrong with the first illegal move, in a sentence that names it and its number; "" if all are legal."""
    fault = legal_part(world.game(problem.grid), moves)[1]
    return str(fault or "")
