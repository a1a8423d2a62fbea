"""Files: each frame is explained in its own colours, or its file is undecidable; none is believed of another frame."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import ImageFilter

from videorlvr.audit.compression import each_picture, through_h264
from videorlvr.base import seeding
from videorlvr.judge.decoded import UNDECIDABLE
from videorlvr.judge.door import inspect
from videorlvr.judge.frames import UNEXPLAINED
from videorlvr.judge.own_colours import doubt_of
from videorlvr.judge.read import measure, read
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import WORLDS
from videorlvr.worlds.cheats.ghosts import ghost_cheats
from videorlvr.worlds.cheats.marks import mark_cheats
from videorlvr.worlds.problems import make_problem, shown_as, theme_of
from videorlvr.worlds.render import oracle_video

MAZE = WORLDS["maze"]


def posed(world, size=None, index=0):
    problem = make_problem(world, "small", "val", index)
    return problem if size is None else shown_as(world, problem, size=size)


def clipped(video):
    return np.clip(np.rint(video), 0, 255).astype(np.uint8)


def doubt(world, problem, video):
    trace = read(video[None], layout=problem.layout, theme=theme_of(world, problem))[0]
    measured = measure(video[None], problem.layout)
    return doubt_of(measured, trace.ground, trace.figure, theme_of(world, problem), small=True)


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
@pytest.mark.parametrize("size", [None, (168, 200)], ids=["8 px", "24 px"])
def test_no_ghost_or_mark_is_a_success_as_a_file(world, size):
    problem = posed(world, size)
    for cheat in (*ghost_cheats(()), *mark_cheats(())):
        video = cheat.make(world, problem, seeding.rng("ghost-file", cheat.name))
        assert video is None or not inspect(world, problem, video, DECLARED).verdict.success, cheat.name


@pytest.mark.parametrize("world", WORLDS.values(), ids=WORLDS)
def test_tints_of_all_frames_and_their_drift_are_explained(world):
    """Any change of colours that is the same all over a frame, clipping included, and that comes slowly."""
    problem = posed(world)
    video = oracle_video(world, problem).astype(np.float32)
    grey = video.mean(axis=-1, keepdims=True)
    slowly = np.linspace(0, 1, len(video))[:, None, None, None]
    for changed in (video, 20 + video, 0.7 * video + 38, grey + 0.6 * (video - grey), video - 30 * slowly):
        assert inspect(world, problem, clipped(changed), DECLARED).verdict.success


def test_a_tint_of_one_frame_is_not_believed_of_another():
    """The first frame is darker, so colours that are taken back by as much are others in all that follow."""
    problem = posed(MAZE)
    video = oracle_video(MAZE, problem).astype(np.float32)
    assert not inspect(
        MAZE, problem, clipped(np.concatenate([video[:1] - 40, video[1:]])), DECLARED
    ).verdict.success
    for share in (0.3, 0.5, 0.7):
        faint = video[:1] + share * (video - video[:1])
        faint[0] -= 38
        assert not inspect(MAZE, problem, clipped(faint), DECLARED).verdict.success


def test_a_ghost_in_a_clear_file_is_refused_with_its_frame_and_says_why():
    problem = posed(MAZE)
    video = oracle_video(MAZE, problem).astype(np.float32)
    video[2] += 0.42 * (video[-1] - video[2])
    finding = inspect(MAZE, problem, clipped(video), DECLARED)
    assert (finding.verdict.reason, finding.verdict.frame) == (UNEXPLAINED, 2)
    assert finding.verdict.components["success"] == 0
    assert finding.why.startswith("frame 2")


def test_a_ghost_in_a_bad_file_is_undecidable():
    problem = posed(MAZE)
    video = oracle_video(MAZE, problem).astype(np.float32)
    video[2:] += 0.42 * (video[-1] - video[2:])
    video = through_h264(clipped(video), 34)
    finding = inspect(MAZE, problem, video, DECLARED)
    assert not finding.verdict.success
    assert finding.why or finding.verdict.reason == "unreadable"


def test_what_is_unsure_of_its_first_frame_is_undecidable():
    """Strong sharpening at 8 px was a certain `wrong_start` in Sokoban, at a confidence of 0.30."""
    world = WORLDS["sokoban"]
    problem = posed(world)
    sharp = ImageFilter.UnsharpMask(2, 200, 0)
    video = each_picture(oracle_video(world, problem), lambda image: image.filter(sharp))
    finding = inspect(world, problem, video, DECLARED)
    assert finding.verdict.reason == UNDECIDABLE
    assert finding.why


def test_doubts_name_what_and_where():
    problem = posed(MAZE)
    video = oracle_video(MAZE, problem)
    assert (doubt(MAZE, problem, video).excess, doubt(MAZE, problem, video).what) == (0, "")
    spot = video.copy()
    spot[3, 16:24, 8:16] = (0.6 * spot[3, 16:24, 8:16]).astype(np.uint8)
    found = doubt(MAZE, problem, spot)
    assert found.excess > 1
    assert (found.frame, found.cell) == (3, (2, 1))
    late = video.copy()
    late[4:] = clipped(0.6 * late[4:].astype(float))
    leap = doubt(MAZE, problem, late)
    assert leap.excess > 1
    assert leap.frame == 4
