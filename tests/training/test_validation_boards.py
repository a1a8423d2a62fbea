"""Validation while training asks no board twice, and only boards of the validation split."""

from __future__ import annotations

from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.training.config import Task
from videorlvr.training.validate import Validation
from videorlvr.worlds.different import Part, different_boards


def test_validation_is_the_first_different_boards_of_its_split(sft_config):
    validation = Validation(sft_config(tasks=["sokoban:micro"], num_val=120), Judge(EXACT))
    problems = validation._problems(Task(world="sokoban", level="micro"))
    assert {problem.address.split for problem in problems} == {"val"}
    expected = different_boards([Part("sokoban", "micro", "val", 120)], "a test", workers=1)
    assert [problem.address for problem in problems] == [problem.address for problem in expected]
    assert problems[-1].address.index >= 120, "no board came twice: the test says nothing"
