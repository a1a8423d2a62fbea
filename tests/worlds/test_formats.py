"""The form of what is written: the solver's is well formed, broken forms are not and say the same moves."""

from __future__ import annotations

import re

import pytest

from videorlvr.training.language.examples import tell
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.formats import FAULTS, is_well_formed, misshapen
from videorlvr.worlds.written.passages import ANSWER, END, THINK, answer_of, solved
from videorlvr.worlds.written.traces import write_trace


def letters(text: str) -> str:
    words = "step|ways|choice|forced|state|think|answer"
    return re.sub(rf"<[a-z]+>|(?:{words}): ", "", text)


@pytest.mark.parametrize("name", WORLDS)
def test_what_is_misshapen_says_the_same_and_is_not_well_formed(name: str) -> None:
    world = WORLDS[name]
    for index in range(3):
        problem = make_problem(world, "micro", "train", index)
        for verbosity in ("compress", "expand", "restate"):
            text = f"{THINK}{write_trace(world, problem, verbosity)}{ANSWER}{problem.solution}{END}"
            assert is_well_formed(text)
            assert is_well_formed(f"{ANSWER}{problem.solution}{END}")
            for fault in FAULTS:
                broken = misshapen(text, fault)
                assert not is_well_formed(broken), (fault, broken)
                assert letters(broken) == letters(text)
                assert broken.endswith(END)


@pytest.mark.parametrize(
    "text", ["", "<answer>U", "U<end>", "<think><step>U<end>", "<answer>U<answer>U<end>"]
)
def test_half_a_form_is_none(text: str) -> None:
    assert not is_well_formed(text)


def test_problems_are_told_at_once_or_roughly_in_their_shares() -> None:
    world, options = WORLDS["maze"], {"form": "cells", "trace": "compress", "times": 1}
    problems = [make_problem(world, "micro", "train", index) for index in range(200)]
    plain = [tell(world, problem, **options) for problem in problems]
    assert plain == [
        solved(world, problem, think=write_trace(world, problem, "compress")) for problem in problems
    ], "without the two a trace and an answer, as ever"
    told = [tell(world, problem, **options, direct=0.5) for problem in problems]
    at_once = [passage for passage in told if THINK not in passage.text]
    assert 70 < len(at_once) < 130
    gates = {piece.text: piece.weight for passage in told for piece in passage.pieces if piece.role == "gate"}
    assert gates == {THINK: 1.0, ANSWER: 1.0}, "the choice is learnt"
    assert [answer_of(passage.text) for passage in told] == [problem.solution for problem in problems]
    rough = [tell(world, problem, **options, loose=0.75) for problem in problems]
    broken = [passage for passage in rough if not is_well_formed(passage.text[passage.text.index(THINK) :])]
    assert 130 < len(broken) < 170
