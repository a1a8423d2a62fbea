"""The second eye: it reads what is drawn, shares nothing with the first, and where they disagree nobody knows."""

from __future__ import annotations

import numpy as np
import pytest

from videorlvr.base import seeding
from videorlvr.judge import frames
from videorlvr.judge.decoded import UNDECIDABLE
from videorlvr.judge.door import judge, judge_batch
from videorlvr.judge.frames import verdict_on
from videorlvr.judge.second_eye import AGREES, BLIND, DISAGREES, look_twice, read_by_votes
from videorlvr.judge.tolerance import DECLARED, EXACT, TOLERANCES
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem, oracle_trace, shown_as, theme_of
from videorlvr.worlds.render import oracle_video, render_trace

MAZE = WORLDS["maze"]


def looked(world, problem, video, trace):
    return look_twice(
        video,
        layout=problem.layout,
        theme=theme_of(world, problem),
        given=problem.grid,
        ground=trace.ground,
        figure=trace.figure,
    )


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("size", [None, (168, 203), (480, 832)], ids=["8 px", "24 px", "480x832"])
def test_it_reads_what_is_drawn_in_every_theme(world, size):
    for theme in world.themes:
        problem = make_problem(world, "micro", "val", 3)
        problem = shown_as(world, problem, size=size, theme=theme)
        trace = oracle_trace(world, problem)
        ground, figure = read_by_votes(
            render_trace(world, problem, trace), problem.layout, theme_of(world, problem)
        )
        np.testing.assert_array_equal(ground, trace.ground)
        np.testing.assert_array_equal(figure, trace.figure)


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("tolerance", TOLERANCES)
def test_a_success_says_that_both_eyes_agree(world, tolerance):
    problem = make_problem(world, "small", "val", 2)
    verdict = judge(world, problem, oracle_video(world, problem), tolerance)
    assert (verdict.success, verdict.second_eye, verdict.why) == (True, AGREES, "")
    refused = judge(world, problem, oracle_video(world, problem)[::-1], tolerance)
    assert refused.second_eye == ""


def test_what_the_first_eye_cannot_have_seen_is_a_disagreement():
    problem = make_problem(MAZE, "small", "val", 2)
    video, trace = oracle_video(MAZE, problem), oracle_trace(MAZE, problem)
    other = trace.figure.copy()
    other[4, 0, 0] = 1 + other[4, 0, 0] % 2
    look = looked(MAZE, problem, video, type(trace).exact(trace.ground, other))
    assert (look.what, look.where) == (DISAGREES, (4, 0, 0))
    assert "frame 4, cell 0, 0" in str(look)


def test_it_is_blind_where_the_first_frame_is_too_far_from_the_theme():
    problem = make_problem(MAZE, "small", "val", 2)
    negative = 255 - oracle_video(MAZE, problem)
    assert looked(MAZE, problem, negative, oracle_trace(MAZE, problem)).what == BLIND


@pytest.mark.parametrize("tolerance", TOLERANCES)
def test_a_success_of_one_eye_alone_is_undecidable_and_says_why(monkeypatch, tolerance):
    """A fault is planted: the first eye tells of heads where trails are, and of trails where heads are."""
    problem = make_problem(MAZE, "micro", "val", 1)
    video = oracle_video(MAZE, problem)
    assert judge(MAZE, problem, video, tolerance).success
    original = frames.look_twice
    exchanged = np.array([0, 2, 1, 255], np.uint8)

    def told_otherwise(pixels, *, figure, **rest):
        return original(pixels, figure=exchanged[figure], **rest)

    monkeypatch.setattr(frames, "look_twice", told_otherwise)
    verdict = judge(MAZE, problem, video, tolerance)
    assert (verdict.success, verdict.reason, verdict.second_eye) == (False, UNDECIDABLE, DISAGREES)
    assert verdict.components["success"] == 0
    assert "two ways of reading" in verdict.why


def test_reasons_of_pixels_say_where_in_arrays_too():
    problem = make_problem(MAZE, "small", "val", 0)
    video = oracle_video(MAZE, problem).astype(np.float32)
    video[2] += 0.42 * (video[-1] - video[2])
    verdict = judge_batch([problem], np.clip(video, 0, 255).astype(np.uint8)[None], EXACT)[0]
    assert verdict.reason == "unexplained"
    assert verdict.why.startswith("frame 2, cell ")
    assert "times as much as is borne" in verdict.why
    assert verdict_on(MAZE, problem, oracle_video(MAZE, problem), DECLARED).why == ""


def test_noise_that_is_borne_hides_nothing_from_it():
    rng = seeding.rng("second-eye-noise")
    for world in WORLDS.values():
        problem = make_problem(world, "small", "val", 1)
        video = oracle_video(world, problem).astype(np.float32)
        noisy = np.clip(video + rng.normal(0, 16, video.shape), 0, 255).astype(np.uint8)
        assert looked(world, problem, noisy, oracle_trace(world, problem)).what == AGREES


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_half_a_figure_in_noise_is_outvoted_where_all_else_is_clear(world):
    """What the attacker found: half of a core's pixels in another figure's colour, in noise all over."""
    problem = make_problem(world, "micro", "val", 3)
    trace, theme, layout = oracle_trace(world, problem), theme_of(world, problem), problem.layout
    noise = seeding.rng("half a figure").normal(0, 24, oracle_video(world, problem).shape)
    noisy = oracle_video(world, problem) + noise
    as_bytes = noisy.round().clip(0, 255).astype(np.uint8)
    assert looked(world, problem, as_bytes, trace).what == AGREES
    row, col = np.argwhere(trace.figure[1] == problem.grid.figure)[0]
    other = np.array(theme.figures[(int(trace.figure[1][row, col]) + 1) % len(theme.figures)])
    top, left = layout.top_px + row * layout.cell_px + 2, layout.left_px + col * layout.cell_px + 2
    noisy[1, top : top + 4 : 2, left : left + 4] = other + noise[1, top : top + 4 : 2, left : left + 4]
    look = looked(world, problem, noisy.round().clip(0, 255).astype(np.uint8), trace)
    assert (look.what, look.where) == (DISAGREES, (1, row, col))
