"""Worlds as games: one definition of the rules, from which play, random play and text derive."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from videorlvr.base import seeding
from videorlvr.worlds import WORLDS
from videorlvr.worlds.game import Game, IllegalMoveError, NotAMoveError, legal_part, play
from videorlvr.worlds.problems import make_problem

SHOWN = {
    "maze": [
        "#######|#  S  #|# ### #|# #   #|# ### #|#  G# #|#######",
        "#######|#. .  #|# ### #|#.#   #|# ### #|#. X# #|#######",
    ],
    "flowfree": ["....A|.B...|...A.|C..CB", "aaaaA|aBbbb|aaaAb|CccCB"],
    "sokoban": ["######|#   @#|#. $ #|#    #|######", "######|#    #|#*@  #|#    #|######"],
}
"""World -> its first state and its last, rows parted by `|`."""


def problem_of(name: str):
    return make_problem(WORLDS[name], "micro", "train", 0)


def all_words(game: Game) -> list[str]:
    """Every text that could be a move on this board, and some that can be none."""
    rows, cols = game.figure(game.start()).shape
    flows = itertools.product("ABCDEFGHIJKLM", range(rows + 1), range(cols + 1), ("", *"URDLX"))
    return [*"urdlURDL ?", "", "UR", *(f"{colour}{row},{col}:{letter}" for colour, row, col, letter in flows)]


def after(game: Game, state: object, word: str) -> object | None:
    """The state after a move, or None where it is illegal."""
    try:
        return game.step(state, word)
    except IllegalMoveError:
        return None


@pytest.mark.parametrize("name", WORLDS)
def test_legal_moves_are_those_that_can_be_made_and_change_something(name: str) -> None:
    problem = problem_of(name)
    game = WORLDS[name].game(problem.grid)
    words, rng = all_words(game), seeding.rng("test-game", name)
    states, _ = legal_part(game, problem.solution)
    others, _ = legal_part(game, game.wander(99, rng))
    for state in {states[0], states[1], states[-1], others[-1]}:
        made = {word for word in words if after(game, state, word) not in (None, state)}
        assert made == set(game.legal(state))
        assert len(set(game.legal(state))) == len(game.legal(state))


@pytest.mark.parametrize("name", WORLDS)
def test_states_as_text(name: str) -> None:
    problem = problem_of(name)
    game = WORLDS[name].game(problem.grid)
    states, fault = legal_part(game, problem.solution)
    assert fault is None
    assert [game.text(state).replace("\n", "|") for state in (states[0], states[-1])] == SHOWN[name]


def test_the_first_illegal_move_is_named_with_its_number() -> None:
    world, problem = WORLDS["maze"], problem_of("maze")
    states, fault = legal_part(world.game(problem.grid), problem.solution + "xU")
    assert len(states) == len(problem.solution) + 1
    assert isinstance(fault, NotAMoveError)
    assert str(fault) == f"move {len(problem.solution) + 1} is 'x': a maze move is one of U, R, D, L"


def test_flows_take_turns_and_go_on_from_their_tips() -> None:
    problem = problem_of("flowfree")
    game = WORLDS["flowfree"].game(problem.grid)
    moves = game.read_moves(problem.solution)
    colours = {move[0]: [other for other in moves if other[0] == move[0]] for move in moves}
    turns = [move for round in itertools.zip_longest(*colours.values()) for move in round if move]
    text = game.write_moves(turns)
    assert text != problem.solution
    assert game.read_moves(text) == turns
    figures = play(game, text)
    assert np.array_equal(figures[-1], play(game, problem.solution)[-1])
    assert game.write_moves(moves) == problem.solution
    assert game.solved(legal_part(game, text)[0][-1])


def test_random_play_without_a_method_of_its_own_stops_when_it_is_solved() -> None:
    """The default, which worlds of other packages get."""
    for name in WORLDS:
        problem = problem_of(name)
        game = WORLDS[name].game(problem.grid)
        for seed in range(20):
            text = Game.wander(game, 30, np.random.default_rng(seed))
            states, fault = legal_part(game, text)
            assert fault is None
            assert len(states) == 31 or game.solved(states[-1]) or not game.legal(states[-1])
            assert not any(map(game.solved, states[:-1]))
