"""From a problem to what is shown of it, and from a video to its verdict."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from videorlvr.judge.door import judge
from videorlvr.judge.second_eye import AGREES
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Verdict
from videorlvr.worlds.problems import make_problem, oracle_trace, pace, theme_of
from videorlvr.worlds.render import first_frame, oracle_video, render_trace
from videorlvr.worlds.verify import MAX_FRAMES


def test_a_pace_is_steady_and_then_holds_the_end() -> None:
    states = np.arange(6, dtype=np.uint8).reshape(6, 1, 1)
    paced = {
        (6, 1): [0, 1, 2, 3, 4, 5],
        (3, 3): [0, 3, 5],
        (4, 2): [0, 2, 4, 5],
        (2, 5): [0, 5],
        (5, 3): [0, 3, 5, 5, 5],
    }
    for (frames, moves), shown in paced.items():
        assert pace(states, num_frames=frames, moves_per_frame=moves).ravel().tolist() == shown
    assert pace(states[:1], num_frames=1, moves_per_frame=1).tolist() == [[[0]]]
    for frames, moves, needed in ((5, 1, 6), (3, 2, 4), (2, 4, 3)):
        with pytest.raises(ValueError, match=f"5 moves do not fit .* take at least {needed} frames"):
            pace(states, num_frames=frames, moves_per_frame=moves)


@pytest.mark.parametrize("name", WORLDS)
def test_the_oracle_shows_every_so_many_moves(name: str) -> None:
    world = WORLDS[name]
    problem = make_problem(world, "small", "train", 0)
    states = world.play(problem.grid, problem.solution)
    trace = oracle_trace(world, problem)
    assert trace.num_frames == problem.num_frames
    assert (trace.ground == problem.grid.ground).all()
    for frame, figure in enumerate(trace.figure):
        assert np.array_equal(figure, states[min(frame * problem.moves_per_frame, len(states) - 1)])
    assert np.array_equal(oracle_video(world, problem), render_trace(world, problem, trace))


@pytest.mark.parametrize("name", WORLDS)
def test_a_problem_is_shown_and_judged_in_its_theme(name: str) -> None:
    world = WORLDS[name]
    videos = []
    for theme in world.themes:
        problem = make_problem(world, "micro", "train", 0, theme=theme)
        assert theme_of(world, problem) == world.themes[theme]
        videos.append(oracle_video(world, problem))
        given = first_frame(world, problem)
        assert given.dtype == np.uint8
        assert np.array_equal(given, videos[-1][0])
        assert [judge(world, problem, video, EXACT).success for video in videos] == [False] * (
            len(videos) - 1
        ) + [True]
    with pytest.raises(ValueError, match=f"theme of {name}"):
        theme_of(world, dataclasses.replace(problem, theme="defualt"))


@pytest.mark.parametrize("name", WORLDS)
def test_an_array_that_is_no_video_gets_a_verdict_without_a_frame(name: str) -> None:
    """But for the number of frames, of which the first is missing what should follow."""
    world = WORLDS[name]
    problem = make_problem(world, "micro", "train", 0)
    video = oracle_video(world, problem)
    long = video[:1].repeat(MAX_FRAMES + 1, axis=0)
    for wrong, reason, frame in (
        (video[:, 1:], "wrong_size", None),
        (video[:1], "too_few_frames", 0),
        (long, "too_many_frames", None),
        (video.astype(np.int64) - 256, "wrong_values", None),
    ):
        assert judge(world, problem, wrong, EXACT) == Verdict(False, reason, frame)
    seen = judge(world, problem, video, EXACT)
    assert seen == dataclasses.replace(world.verify(problem, oracle_trace(world, problem)), second_eye=AGREES)
