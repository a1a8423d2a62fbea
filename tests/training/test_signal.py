"""Figures of signal: the cosine of two halves, the clip's share, success by length, distinct solutions."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from videorlvr.training.signal import (
    HalfGradients,
    clipped_share,
    distinct_solutions,
    solution_key,
    success_by_length,
)
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Verdict
from videorlvr.worlds.problems import make_problem


@pytest.mark.parametrize(
    ("second", "cosine"), [((3.0, 4.0), 1.0), ((-3.0, -4.0), -1.0), ((4.0, -3.0), 0.0), ((1.0, 0.0), 0.6)]
)
def test_the_cosine_is_of_the_two_halves_alone(second, cosine):
    layer = torch.nn.Linear(2, 1, bias=False)
    halves = HalfGradients(layer)
    (layer.weight * torch.tensor([[3.0, 4.0]])).sum().backward()
    halves.halfway()
    (layer.weight * torch.tensor([second])).sum().backward()
    assert float(halves.cosine()) == pytest.approx(cosine, abs=1e-6)


def test_no_half_or_no_gradient_has_no_cosine():
    layer = torch.nn.Linear(2, 1)
    halves = HalfGradients(layer)
    assert halves.cosine() is None
    halves.halfway()
    assert halves.cosine() is None


def test_the_clip_takes_what_lies_beyond_it():
    assert clipped_share(4.0, 1.0) == 0.75
    assert clipped_share(0.5, 1.0) == 0.0


def test_success_by_length_in_thirds():
    problem = make_problem(world_of("maze"), "micro", "train", 0)
    problems = [replace(problem, solution="R" * n) for n in (1, 2, 3, 4, 5, 6)]
    verdicts = [Verdict(good, "") for good in (True, True, True, False, False, False)]
    assert success_by_length(problems, verdicts) == {"short": 1.0, "middle": 0.5, "long": 0.0}
    assert success_by_length(problems[:1], verdicts[:1]) == {"short": 1.0}


def test_a_solution_is_one_at_any_pace():
    walk = np.zeros((4, 1, 3), np.uint8)
    walk[0, 0, 0] = walk[1, 0, 1] = walk[2, 0, 2] = walk[3, 0, 2] = 1
    slower = walk[[0, 0, 1, 2]]
    other = walk[[0, 1, 1, 1]]
    assert solution_key(walk) == solution_key(slower) != solution_key(other)
    assert distinct_solutions([[b"a", b"a", b"b"], [], [b"c"]]) == 1.5
    assert distinct_solutions([[], []]) == 0.0
