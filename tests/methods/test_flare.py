"""FLARE: the search, its controls, calls that are counted, traps that are known, an evaluator that learns."""

from __future__ import annotations

import math

import pytest
import torch

from videorlvr.judge.pool import Judge
from videorlvr.methods.text.flare.config import FlareConfig, FlareValueConfig
from videorlvr.methods.text.flare.math import LEFT, LOST, expected_worth, upper_bounds, word_of, worth
from videorlvr.methods.text.flare.play import Flare, diagnosis
from videorlvr.methods.text.flare.search import SEARCHES, Board, Want
from videorlvr.methods.text.flare.study import STUDIES
from videorlvr.methods.text.flare.value import FlareValue, told
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.players.writing import Writing
from videorlvr.studies.plan import Trial
from videorlvr.studies.run import _finished
from videorlvr.training.learner import Bench
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.outlook import Outlook

FORM = LanguageConfig(width=16, depth=1, heads=2, context=256, worlds=["sokoban", "flowfree"])
WORLD = WORLDS["sokoban"]
PROBLEMS = [make_problem(WORLD, "micro", "val", index) for index in range(6)]


@pytest.fixture(scope="module")
def policy() -> LanguagePolicy:
    return LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu"))


def play(policy, problems=PROBLEMS, **changes):
    config = FlareConfig.model_validate({"evaluator": "solver", **changes})
    return Flare(config, policy, Writing(), 64)(WORLDS[problems[0].address.world], problems, 0)


def test_with_one_candidate_every_way_to_search_takes_the_likeliest_move(policy) -> None:
    once = {"candidates": 1, "again": False, "calls": 500}
    greedy = [answer.moves for answer in play(policy, search="greedy", **once)]
    assert greedy == [answer.moves for answer in play(policy, search="flare", **once)]
    assert greedy == [answer.moves for answer in play(policy, search="one-step", **once)]
    narrow = play(policy, search="beam", candidates=1, again=False, calls=20)
    wide = play(policy, search="greedy", candidates=3, again=False, calls=500)
    assert greedy == [answer.moves for answer in narrow] == [answer.moves for answer in wide]


def test_a_perfect_evaluator_solves_what_the_policy_cannot(policy) -> None:
    def solved(**changes) -> float:
        answers = play(policy, again=False, calls=2000, candidates=4, **changes)
        games = [WORLD.game(problem.grid) for problem in PROBLEMS]
        return sum(
            Outlook(WORLD, problem).left(_end(game, answer.moves)) == 0
            for problem, game, answer in zip(PROBLEMS, games, answers, strict=True)
        )

    assert solved(search="flare", simulations=16, depth=4) >= 5
    assert solved(search="greedy") < 3


def _end(game, moves):
    state = game.start()
    for move in game.read_moves(moves):
        state = game.step(state, move)
    return state


@pytest.mark.parametrize("search", ["flare", "greedy", "beam", "one-step"])
def test_no_board_has_more_calls_than_it_may_nor_feels_its_neighbours(policy, search) -> None:
    answers = play(policy, search=search, calls=17)
    assert all(0 < answer.counts["calls"] <= 17 for answer in answers)
    alone = play(policy, problems=PROBLEMS[3:4], search=search, calls=17)[0]
    assert (alone.moves, dict(alone.counts)) == (answers[3].moves, dict(answers[3].counts))


def test_what_fails_begins_again_while_calls_are_left(policy) -> None:
    once = play(policy, search="greedy", again=False, calls=100)
    more = play(policy, search="greedy", calls=100)
    assert {answer.counts["attempts"] for answer in once} == {1}
    assert max(answer.counts["attempts"] for answer in more) > 1
    names = ("trap_1", "before_error", "erred")
    for mine, other in zip(more, once, strict=True):  # the diagnosis is of the first attempt
        assert [mine.counts[name] for name in names] == [other.counts[name] for name in names]


def test_flows_are_searched_too(policy) -> None:
    problems = [make_problem(WORLDS["flowfree"], "micro", "val", index) for index in range(2)]
    answers = play(policy, problems=problems, search="flare", calls=60, simulations=4, again=False)
    assert all(answer.counts["calls"] <= 60 and answer.moves for answer in answers)


def test_a_trap_is_diagnosed() -> None:
    """The board's first lost push, by hand: found by the exact outlook, and seen in an answer that makes it."""
    for index in range(40):
        problem = make_problem(WORLD, "micro", "train", index)
        outlook = Outlook(WORLD, problem)
        start = outlook.game.start()
        traps = [move for move in outlook.game.legal(start) if outlook.is_trap(start, move)]
        if traps:
            break
    told_of = diagnosis(outlook, (traps[0],))
    assert (told_of["trap_1"], told_of["trapped"], told_of["before_error"]) == (1, 1, 0)
    right = tuple(outlook.game.read_moves(problem.solution))
    assert diagnosis(outlook, right) == {
        "trap_1": 0,
        "before_error": len(right),
        "erred": 0,
        "recovered": 0,
        "trapped": 0,
    }
    back = next(
        (one, two) for one, two in (("u", "d"), ("d", "u"), ("l", "r"), ("r", "l")) if one in _walks(outlook)
    )
    assert diagnosis(outlook, (*back, *right))["recovered"] == 1


def _walks(outlook):
    return [move for move in outlook.game.legal(outlook.game.start()) if move.islower()]


def test_a_worth_is_a_discounted_distance() -> None:
    assert [worth(left, 0.9) for left in (None, 0, 2)] == [0.0, 1.0, pytest.approx(0.81)]
    assert word_of(None) == LOST
    assert word_of(3) == "3"
    assert word_of(999) == LEFT[-1]
    assert expected_worth({"0": 0.2, LOST: 0.2, "2": 0.1}, 0.9) == pytest.approx((0.2 + 0.081) / 0.5)
    assert upper_bounds([0.5, 0.2], [3, 0], 1.0) == pytest.approx(
        [0.5 + math.sqrt(math.log(3) / 4), 0.2 + math.sqrt(math.log(3))]
    )


def test_the_evaluator_learns_what_is_true_of_states() -> None:
    values = {
        "tasks": ["sokoban:micro"],
        "model": FORM,
        "num_steps": 30,
        "batch": 16,
        "lr": 1e-2,
        "warmup": 0,
    }
    values |= {"pool_start": 64, "pool_grow": 0, "pool_size": 64, "num_workers": 0, "log_every": 1}
    config = FlareValueConfig.model_validate(values)
    learner = FlareValue(
        config, LanguagePolicy.new(FORM, seed=0, device=torch.device("cpu")), Bench(Judge("exact"))
    )
    told_losses = [learner.step(index)["loss"] for index in range(12)]
    assert told_losses[-1] < 0.7 * told_losses[0]
    said = {
        told(WORLD, make_problem(WORLD, "micro", "train", index), astray=3).of("answer")
        for index in range(60)
    }
    assert LOST + "<end>" in said
    assert "0<end>" in said
    assert len(said) > 5
    near = {
        told(WORLD, make_problem(WORLD, "micro", "train", index), astray=0).of("answer")
        for index in range(30)
    }
    assert LOST + "<end>" not in near


@pytest.mark.parametrize(
    ("changes", "said"),
    [({"evaluator": "model"}, "without one"), ({"evaluator": "model", "value": "no/such"}, "no/such")],
)
def test_impossible_players_say_why(policy, changes, said) -> None:
    with pytest.raises(ValueError, match=said):
        play(policy, **changes)
    with pytest.raises(ValueError, match="one move at a time"):
        Flare(FlareConfig(evaluator="solver"), policy, Writing(think=True), 4)


@pytest.mark.parametrize(
    ("kind", "changes", "said"),
    [
        (FlareValueConfig, {"trace": "expand"}, "without a thought"),
        (FlareValueConfig, {"validate_every": 2}, "answers no boards"),
    ],
)
def test_impossible_evaluators_say_why(kind, changes, said) -> None:
    with pytest.raises(ValueError, match=said):
        kind.model_validate({"tasks": ["sokoban:micro"], "model": FORM, "num_steps": 1, **changes})


def test_a_run_that_another_needs_is_run_though_nothing_is_measured_of_it() -> None:
    assert _finished(Trial(STUDIES[0]), set()) == set()
    have = {(arm, seed) for arm in STUDIES[0].arms for seed in STUDIES[0].seeds}
    assert _finished(Trial(STUDIES[0]), have) == {
        (run, seed) for run in STUDIES[0].runs for seed in (0, 1, 2)
    }


@pytest.mark.parametrize("search", list(SEARCHES))
def test_every_question_is_a_counted_call_and_none_is_asked_twice(search) -> None:
    board = Board(WORLD.game(PROBLEMS[0].grid), FlareConfig(evaluator="solver", search=search, calls=40), 8)
    asking, asked, answer = SEARCHES[search](board), list[Want](), None
    while True:
        try:
            want = asking.send(answer)
        except StopIteration:
            break
        asked.append(want)
        ways = [(move, 0.5) for move in board.game.legal(board.state(want.moves))]
        answer = ways if want.kind == "moves" else 0.5
    assert board.calls == len(asked) == len(set(asked)) > 0
