"""What other people's models are told, and how their replies are read."""

from __future__ import annotations

import pytest

from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.asking import lenient_moves, messages, rules_text, strict_moves
from videorlvr.worlds.written.boards import board_text


@pytest.mark.parametrize("name", WORLDS)
def test_a_model_is_told_the_rules_the_letters_and_the_board_and_no_solution(name: str) -> None:
    world = WORLDS[name]
    for index in range(8):
        problem = make_problem(world, "small", "test", index)
        told = messages(world, problem)
        assert board_text(world, problem.grid, "drawn") in told[1]["content"]
        assert problem.solution not in told[0]["content"] + told[1]["content"]
    rules = rules_text(world, problem)
    assert world.summary in rules
    assert make_problem(world, "small", "train", 0).solution in rules
    assert "MOVES: " in rules
    assert "U, R, D, L" in rules
    assert "Example" not in rules_text(world, problem, shots=0)


@pytest.mark.parametrize("name", WORLDS)
def test_a_reply_in_the_asked_form_is_read_as_it_stands(name: str) -> None:
    world = WORLDS[name]
    problem = make_problem(world, "small", "test", 0)
    reply = f"I go round the wall.\nMOVES: {problem.solution}\n"
    assert strict_moves(reply) == problem.solution
    assert lenient_moves(world, problem, reply) == problem.solution


@pytest.mark.parametrize(
    ("reply", "moves"),
    [
        ("**Moves:** `U R D`", "URD"),
        ("moves: U, R, D", "URD"),
        ("The way is up, right, down.\nMoves: up, right, down", "URD"),
        ("Answer: [U, R, D]", "URD"),
        ("Final answer: U->R->D", "URD"),
        ("Solution = ↑→↓", "URD"),
        ("```\nURD\n```", "URD"),
        ("MOVES: urd", "URD"),
        ("MOVES: UU\nMoves: URD\nI hope this helps!", "URD"),
        ("I do not know.", None),
        ("", None),
    ],
)
def test_the_lenient_reader_finds_what_was_meant_and_the_strict_one_does_not(
    reply: str, moves: str | None
) -> None:
    world = WORLDS["maze"]
    problem = make_problem(world, "micro", "test", 0)
    assert lenient_moves(world, problem, reply) == moves
    assert strict_moves(reply) in (None, "urd"), "strict takes what stands there, and nothing that does not"


def test_sokobans_case_is_kept_and_flows_are_parted() -> None:
    world = WORLDS["sokoban"]
    problem = make_problem(world, "micro", "test", 0)
    assert lenient_moves(world, problem, "moves: u, R, d") == "uRd"
    world = WORLDS["flowfree"]
    problem = make_problem(world, "micro", "test", 0)
    assert lenient_moves(world, problem, "Moves: `A0,1:RDD; B2,2:UL`") == "A0,1:RDD B2,2:UL"
