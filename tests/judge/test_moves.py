"""Verdicts on moves as text: those of a video of these moves, and where it stops being one."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from videorlvr.judge.door import judge
from videorlvr.judge.moves import MAX_CHARS, MAX_MOVES, MOVE_REASONS, judge_moves, refusal
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.staging import staged


@pytest.fixture(params=list(WORLDS))
def posed(request):
    world = WORLDS[request.param]
    return world, make_problem(world, "small", "train", 3)


def test_moves_get_the_verdict_of_their_video(posed):
    """The reference, parts of it, and random play: success, reason and components."""
    world, problem = posed
    game = world.game(problem.grid)
    reference = game.read_moves(problem.solution)
    texts = [game.write_moves(reference[:end]) for end in (0, 1, len(reference) // 2, len(reference))]
    texts += [world.random_moves(problem.grid, 20, np.random.default_rng(seed)) for seed in range(12)]
    reasons = set()
    for text in texts:
        states = world.play(problem.grid, text)
        video = staged(world, problem, states, [1] * (len(states) - 1))
        said, seen = judge_moves(world, problem, text), judge(world, problem, video, "exact")
        assert (said.success, said.reason, said.metrics) == (seen.success, seen.reason, seen.metrics)
        assert said.components == pytest.approx(seen.components)
        assert refusal(world, problem, text) == ""
        reasons.add(said.reason)
    assert judge_moves(world, problem, problem.solution).success
    assert len(reasons) > 1


def test_any_valid_solution_is_a_success(posed):
    """One that is not the reference, told by its moves."""
    world, problem = posed
    game, others = world.game(problem.grid), {"maze": "", "flowfree": "", "sokoban": ""}
    if world.name == "flowfree":
        others["flowfree"] = " ".join(problem.solution.split()[::-1])
    elif world.name == "maze":
        first = problem.solution[0]
        others["maze"] = first + {"U": "D", "D": "U", "L": "R", "R": "L"}[first] + problem.solution
    else:
        walk = next(move for move in game.legal(game.start()) if move.islower())
        others["sokoban"] = walk + {"u": "d", "d": "u", "l": "r", "r": "l"}[walk] + problem.solution
    text = others[world.name]
    assert text != problem.solution
    assert judge_moves(world, problem, text).success


@pytest.mark.parametrize("junk", ["?", " ", "\n", "é", "V", "M0,0:R", "A99,0:R", "A0,0:RX", "\uff21"])
def test_what_is_no_move_is_refused_where_it_stands(posed, junk):
    world, problem = posed
    game = world.game(problem.grid)
    half = game.read_moves(problem.solution)[:3]
    apart = " " if world.name == "flowfree" else ""
    text = game.write_moves(half) + apart + junk
    verdict = judge_moves(world, problem, text)
    assert not verdict.success
    assert (verdict.frame, verdict.reason in MOVE_REASONS) == (4, True)
    assert refusal(world, problem, text).startswith("move 4 is '")
    assert 0 < verdict.components["process"] < 1
    partial = judge_moves(world, problem, game.write_moves(half))
    assert verdict.components["progress"] == partial.components["progress"] > 0 or world.name == "sokoban"
    assert verdict.components["arrival"] == partial.components["arrival"] * verdict.components["process"]


@pytest.mark.parametrize(
    ("name", "spoil", "reason"),
    [
        ("maze", str.lower, "not_a_move"),
        ("maze", lambda text: text + "\n", "not_a_move"),
        ("maze", lambda text: text[:-1] + text[0] * 9, "illegal_move"),
        ("sokoban", str.swapcase, "illegal_move"),
        ("sokoban", lambda text: text.replace("", " "), "not_a_move"),
        ("flowfree", str.lower, "not_a_move"),
        ("flowfree", lambda text: text.replace(" ", "  "), "not_a_move"),
        ("flowfree", lambda text: text + " " + text.split()[0], "illegal_move"),
    ],
)
def test_nothing_is_read_generously(name, spoil, reason):
    problem = make_problem(WORLDS[name], "small", "train", 0)
    verdict = judge_moves(WORLDS[name], problem, spoil(problem.solution))
    assert (verdict.success, verdict.reason) == (False, reason)


def test_a_text_without_end_is_refused_at_once(posed):
    world, problem = posed
    for text in ("U" * (MAX_CHARS + 1), "A0,0:" + "U" * (MAX_MOVES + 1)):
        verdict = judge_moves(world, problem, text)
        assert (verdict.success, verdict.reason, verdict.components) == (False, "too_many_moves", {})


def test_more_moves_than_the_frames_could_show_are_still_a_solution():
    world = WORLDS["maze"]
    problem = make_problem(world, "small", "train", 3)
    short = dataclasses.replace(problem, num_frames=3, moves_per_frame=1)
    assert len(problem.solution) > 2
    assert judge_moves(world, short, problem.solution).success
