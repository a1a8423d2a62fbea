"""What a verdict says beside success and reason: confidence, components and metrics, by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiny_boards import row
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Problem, Trace, Verdict
from videorlvr.worlds.problems import make_problem, oracle_trace
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.verify import (
    MAX_FRAMES,
    Pace,
    array_fault,
    common_fault,
    precision_recall_f1,
    too_few,
)


def shown(problem: Problem, *figures: str) -> Trace:
    return Trace.exact(problem.grid.ground, np.stack([row(each) for each in figures]))


def judged(problem: Problem, *figures: str) -> Verdict:
    return WORLDS[problem.address.world].verify(problem, shown(problem, *figures))


def unlike(trace: Trace, frame: int) -> Trace:
    """The same trace with a cell of the ground changed in one frame."""
    ground = trace.ground.copy()
    ground[frame, 0, 0] ^= 16
    return dataclasses.replace(trace, ground=ground)


# All worlds


@pytest.mark.parametrize("name", WORLDS)
def test_confidence_is_that_of_the_least_sure_frame(name: str) -> None:
    world = WORLDS[name]
    problem = make_problem(world, "micro", "train", 0)
    trace = oracle_trace(world, problem)
    sure = np.linspace(0.9, 0.4, trace.num_frames, dtype=np.float32)
    wrong_start = dataclasses.replace(trace, figure=trace.figure[::-1])
    changed = unlike(trace, 2)
    for each, reason in ((trace, ""), (changed, None), (wrong_start, "wrong_start")):
        verdict = world.verify(problem, dataclasses.replace(each, confidence=sure))
        assert verdict.confidence == pytest.approx(0.4)
        assert reason is None or verdict.reason == reason
    none = Trace(trace.ground[:0], trace.figure[:0], trace.confidence[:0])
    assert world.verify(problem, none) == Verdict(False, "too_few_frames", 0, 1.0)


@pytest.mark.parametrize("name", WORLDS)
def test_a_broken_frame_costs_the_transitions_to_it_and_from_it(name: str) -> None:
    world = WORLDS[name]
    problem = make_problem(world, "micro", "train", 0)
    trace = oracle_trace(world, problem)
    steps = trace.num_frames - 1
    verdict = world.verify(problem, unlike(trace, 2))
    assert verdict.frame == 2
    assert verdict.components["process"] == pytest.approx((steps - 2) / steps)
    assert world.verify(problem, unlike(trace, steps)).components["process"] == pytest.approx(
        (steps - 1) / steps
    )


@pytest.mark.parametrize("name", WORLDS)
def test_random_moves_are_as_many_as_asked_for(name: str) -> None:
    """Unless they are stuck or the puzzle is solved; and they are not always the same."""
    world = WORLDS[name]
    problem = make_problem(world, "small", "train", 0)
    texts = {world.random_moves(problem.grid, 4, np.random.default_rng(seed)) for seed in range(20)}
    lengths = [len(world.play(problem.grid, text)) - 1 for text in texts]
    assert len(texts) > 5
    assert max(lengths) == 4
    assert np.mean(lengths) > 2
    none = world.random_moves(problem.grid, 0, np.random.default_rng(0))
    assert np.array_equal(world.play(problem.grid, none), problem.grid.figure[None])


def test_a_frame_that_is_lacking_lets_one_frame_show_a_second_step() -> None:
    problem = make_problem(WORLDS["maze"], "micro", "train", 0)
    problem = dataclasses.replace(problem, num_frames=11, moves_per_frame=3)
    assert [Pace(problem, n).spare for n in (0, 1, 2, 3, 6, 9, 10, 11, 12)] == [0, 0, 0, 8, 5, 2, 1, 0, 0]
    assert [n for n in range(5) if too_few(n)] == [0, 1]
    left = Pace(problem, 9)
    allowed = []
    for moves in (6, 0, 3, 2, 4, 0, 3):
        allowed.append(left.allowed)
        left.take(moves)
    assert allowed == [6, 6, 6, 6, 6, 3, 3], (
        "a second step is one whatever part of it is taken; holds earn nothing"
    )


@pytest.mark.parametrize("name", WORLDS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=12, deadline=None)
def test_pace_is_that_of_the_frames_shown_as_a_total_and_over_every_window(name: str, seed: int) -> None:
    """The oracle's frames, some skipped and some held: legal where it skips no more than the video lacks."""
    world, rng = WORLDS[name], np.random.default_rng(seed)
    problem = make_problem(world, "small", "train", int(rng.integers(20)))
    figures = oracle_trace(world, problem).figure
    done = int(np.argmax((figures == figures[-1]).all(axis=(1, 2))))
    steps = [int(rng.choice((0, 1, 2), p=(0.2, 0.5, 0.3))) for _ in range(problem.num_frames + 2)]
    at = np.minimum(np.cumsum([0, *steps]), done)
    at = at[: int(np.argmax(at == done)) + 1] if at[-1] == done else at
    verdict = world.verify(problem, Trace.exact(problem.grid.ground, figures[at]))
    skipped = int((np.diff(at) == 2).sum())
    lacking = max(0, problem.num_frames - len(at)) if len(at) > 2 else 0
    assert verdict.success == (skipped <= lacking and at[-1] == done), (skipped, lacking)


def test_what_an_array_must_be_to_be_judged() -> None:
    """Numbers that round to 0-255, of the right size, in not too few and not too many frames."""
    problem = make_problem(WORLDS["maze"], "micro", "train", 0)
    right = oracle_video(WORLDS["maze"], problem).astype(np.float32)

    def with_pixel(value: float, dtype: type = np.float64) -> str:
        video = right.astype(dtype)
        video[-1, -1, -1, -1] = value
        return array_fault(problem, video)

    assert {with_pixel(value) for value in (-0.5, 0, 255, 255.5)} == {""}
    assert {with_pixel(value) for value in (-0.51, -1, 255.51, 256, np.nan, np.inf, -np.inf)} == {
        "wrong_values"
    }
    assert {with_pixel(255, dtype) for dtype in (np.uint8, np.int16, np.uint32, np.float16)} == {""}
    assert {with_pixel(-1, np.int16), with_pixel(256, np.uint16)} == {"wrong_values"}
    assert {with_pixel(1, dtype) for dtype in (bool, complex, object)} == {"wrong_values"}
    for wrong in (right[0], right[:, 1:], right[..., :2], right[:, :, :-1], right[None]):
        assert array_fault(problem, wrong) == "wrong_size"
    first = right[:1].astype(np.uint8)
    assert array_fault(problem, first) == "too_few_frames"
    assert array_fault(problem, first.repeat(MAX_FRAMES, axis=0)) == ""
    assert array_fault(problem, first.repeat(MAX_FRAMES + 1, axis=0)) == "too_many_frames"


def test_of_common_faults_the_earliest_counts() -> None:
    problem = make_problem(WORLDS["maze"], "micro", "train", 0)
    trace = oracle_trace(WORLDS["maze"], problem)
    assert common_fault(problem, trace, ground_reason="x") is None
    figure = trace.figure.copy()
    figure[3, 0, 0] = 255
    for frame, reason, first in ((2, "x", 2), (3, "unreadable", 3), (4, "unreadable", 3)):
        ground = unlike(trace, frame).ground
        fault = common_fault(
            problem, dataclasses.replace(trace, ground=ground, figure=figure), ground_reason="x"
        )
        assert fault is not None
        assert (fault.reason, fault.frame) == (reason, first)
    ground = trace.ground.copy()
    ground[1, 0, 0] = 255
    fault = common_fault(problem, dataclasses.replace(trace, ground=ground), ground_reason="x")
    assert fault is not None
    assert (fault.reason, fault.frame) == ("unreadable", 1)


def test_precision_recall_and_f1() -> None:
    assert precision_recall_f1({1, 2, 3, 4}, {3, 4, 5}) == pytest.approx(
        {"precision": 0.5, "recall": 2 / 3, "f1": 4 / 7}
    )
    nothing = {"precision": 0.0, "recall": 0.0, "f1": 0.0}
    assert precision_recall_f1(set(), {1}) == precision_recall_f1({1}, set()) == nothing
    assert precision_recall_f1({1}, {2}) == nothing
