"""What is still to come from a state, against trying everything."""

from __future__ import annotations

import functools

import pytest

from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.outlook import Outlook


def can_be_solved(game, start) -> bool:
    """Every order of every move, a state once."""
    known, todo = {start}, [start]
    while todo:
        state = todo.pop()
        if game.solved(state):
            return True
        for move in game.legal(state):
            after = game.step(state, move)
            if after not in known:
                known.add(after)
                todo.append(after)
    return False


@pytest.mark.parametrize("name", ["maze", "sokoban", "flowfree"])
def test_a_way_is_found_from_every_state_of_the_solution(name: str) -> None:
    world = WORLDS[name]
    for index in range(3):
        problem = make_problem(world, "micro", "train", index)
        outlook = Outlook(world, problem)
        state = outlook.game.start()
        for move in outlook.game.read_moves(problem.solution):
            assert outlook.left(state) is not None
            assert not outlook.is_trap(state, move)
            state = outlook.game.step(state, move)
        assert outlook.left(state) == 0


def test_every_lost_push_of_sokoban_is_known() -> None:
    world, lost = WORLDS["sokoban"], 0
    for index in range(2):
        problem = make_problem(world, "micro", "train", index)
        outlook = Outlook(world, problem)
        known, todo = {outlook.game.start()}, [outlook.game.start()]
        solvable = functools.cache(functools.partial(can_be_solved, outlook.game))
        while todo:
            state = todo.pop()
            assert (outlook.left(state) is not None) == solvable(state)
            lost += outlook.left(state) is None
            for move in outlook.game.legal(state):
                after = outlook.game.step(state, move)
                if after not in known:
                    known.add(after)
                    todo.append(after)
    assert lost > 10


def test_flows_that_shut_others_out_are_known() -> None:
    """Towards the end, where everything can be tried in every order."""
    world, lost = WORLDS["flowfree"], 0
    for index in range(4):
        problem = make_problem(world, "micro", "train", index)
        outlook, game = Outlook(world, problem), world.game(problem.grid)
        moves, state = game.read_moves(problem.solution), game.start()
        for move in moves[: len(moves) // 2]:
            state = game.step(state, move)
        for first in game.legal(state):
            for second in game.legal(game.step(state, first)):
                after = game.step(game.step(state, first), second)
                assert (outlook.left(after) is not None) == can_be_solved(game, after), (first, second)
                lost += outlook.left(after) is None
    assert lost > 10
