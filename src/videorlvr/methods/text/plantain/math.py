"""Who rejects what: exact judges of plans and answers. Pure."""

from __future__ import annotations

from typing import Any

from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.game import Game, IllegalMoveError, NotAMoveError, legal_part
from videorlvr.worlds.written.boards import BoardForm
from videorlvr.worlds.written.passages import ANSWER, PLAN, THINK, Passage, Piece, solved
from videorlvr.worlds.written.plans import is_legal, is_right, plan_of, plan_text, read_plan
from videorlvr.worlds.written.traces import write_trace


def planned(
    world: World, problem: Problem, *, form: BoardForm, trace: str, times: int, plan: bool
) -> Passage:
    """A problem, its plan, what is thought of it, and its answer."""
    think = "" if trace == "none" else write_trace(world, problem, trace, times=times)  # type: ignore[arg-type]
    told = solved(world, problem, form=form, think=think)
    if not plan:
        return told
    question, *_, answer = told.pieces
    thought = (Piece(THINK + think, "think", 1.0),) if think else ()
    shown = (Piece(PLAN), Piece(plan_text(plan_of(world, problem)), "plan", 1.0))
    return Passage((question, *shown, *thought, Piece(ANSWER, "think", 1.0), answer))


def accepts_plan(judge_of: str, world: World, problem: Problem, text: str) -> bool:
    """Does this judge let a plan stand?"""
    if judge_of == "none":
        return True
    cells = read_plan(text)
    if cells is None or judge_of == "format":
        return cells is not None
    return is_legal(world, problem, cells) if judge_of == "static" else is_right(world, problem, cells)


def accepts_answer(judge_of: str, world: World, problem: Problem, moves: str | None) -> bool:
    """Does this judge let an answer stand? None is no answer."""
    if judge_of == "none":
        return True
    game: Game[Any] = world.game(problem.grid)
    if not moves or not all(_is_a_move(game, move) for move in set(game.read_moves(moves))):
        return False
    if judge_of == "static":
        return legal_part(game, moves)[1] is None
    return judge_of == "format" or judge(world, problem, moves, EXACT).success


def _is_a_move(game: Game[Any], word: str) -> bool:
    try:
        game.step(game.start(), word)
    except NotAMoveError:
        return False
    except IllegalMoveError:
        return True
    return True
