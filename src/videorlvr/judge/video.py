"""The verdict on one video."""

from __future__ import annotations

from videorlvr.judge.read import read
from videorlvr.worlds.api import Problem, Verdict, Video, World
from videorlvr.worlds.problems import theme_of
from videorlvr.worlds.verify import array_fault


def judge_video(world: World, problem: Problem, video: Video) -> Verdict:
    """The verdict on one video; a malformed one is a verdict too, never an exception."""
    fault = array_fault(problem, video)
    if fault:
        return Verdict(False, fault, 0 if fault == "too_few_frames" else None)
    trace = read(video[None], layout=problem.layout, theme=theme_of(world, problem))[0]
    return world.verify(problem, trace)
