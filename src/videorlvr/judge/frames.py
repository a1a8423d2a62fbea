"""Verdicts on frames that are in their problem's layout: read, then verified. Nothing is taken back.

Law: the verdicts on many videos are those on each.
"""

from __future__ import annotations

from collections.abc import Sequence

from videorlvr.judge.read import read
from videorlvr.worlds.api import Problem, Verdict, Video, World
from videorlvr.worlds.problems import theme_of
from videorlvr.worlds.verify import array_fault


def verdict_on(world: World, problem: Problem, video: Video) -> Verdict:
    """The verdict on one video; a malformed one is a verdict too, never an exception."""
    fault = array_fault(problem, video)
    if fault:
        return Verdict(False, fault, 0 if fault == "too_few_frames" else None)
    trace = read(video[None], layout=problem.layout, theme=theme_of(world, problem))[0]
    return world.verify(problem, trace)


def verdicts_on(world: World, problems: Sequence[Problem], videos: Video) -> list[Verdict]:
    """Those of `verdict_on` for videos [B, T, H, W, 3], read together where they share layout and theme."""
    out: dict[int, Verdict] = {}
    by_layout: dict[object, list[int]] = {}
    for index, problem in enumerate(problems):
        if array_fault(problem, videos[index]):
            out[index] = verdict_on(world, problem, videos[index])
        else:
            by_layout.setdefault((problem.layout, problem.theme), []).append(index)
    for indices in by_layout.values():
        first = problems[indices[0]]
        traces = read(videos[indices], layout=first.layout, theme=theme_of(world, first))
        for index, trace in zip(indices, traces, strict=True):
            out[index] = world.verify(problems[index], trace)
    return [out[index] for index in range(len(problems))]
