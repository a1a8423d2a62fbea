"""Verdicts on frames that are in their problem's layout: read, under `exact` explained too, then verified.

Law: the verdicts on many videos are those on each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from videorlvr.judge.explain import unexplained
from videorlvr.judge.read import check_size, measure, states
from videorlvr.judge.tolerance import EXACT, Tolerance
from videorlvr.worlds.api import UNSURE, Layout, Problem, Theme, Trace, Verdict, Video, World
from videorlvr.worlds.problems import theme_of
from videorlvr.worlds.verify import array_fault

Bools = npt.NDArray[np.bool_]

UNEXPLAINED = "unexplained"


def verdict_on(world: World, problem: Problem, video: Video, tolerance: Tolerance) -> Verdict:
    """The verdict on one video; a malformed one is a verdict too, never an exception."""
    return verdicts_on(world, [problem], video[None], tolerance)[0]


def verdicts_on(
    world: World, problems: Sequence[Problem], videos: Video, tolerance: Tolerance
) -> list[Verdict]:
    """Those of `verdict_on` for videos [B, T, H, W, 3], read together where they share layout and theme."""
    out: dict[int, Verdict] = {}
    by_layout: dict[object, list[int]] = {}
    for index, problem in enumerate(problems):
        fault = array_fault(problem, videos[index])
        if fault:
            out[index] = Verdict(False, fault, 0 if fault == "too_few_frames" else None)
        else:
            by_layout.setdefault((problem.layout, problem.theme), []).append(index)
    for indices in by_layout.values():
        first = problems[indices[0]]
        traces, far = explained(
            videos[indices], layout=first.layout, theme=theme_of(world, first), tolerance=tolerance
        )
        for index, trace, odd in zip(indices, traces, far, strict=True):
            out[index] = verify_explained(world, problems[index], trace, odd)
    return [out[index] for index in range(len(problems))]


def explained(
    videos: Video, *, layout: Layout, theme: Theme, tolerance: Tolerance
) -> tuple[list[Trace], Bools]:
    """What videos [B, T, H, W, 3] are read as, and which cells that does not explain: bool [B, T, R, C].

    Raises:
        ValueError: If the frames are not of the layout's size.
    """
    measured = measure(check_size(videos, layout), layout)
    traces = states(measured.zones, theme)
    if tolerance != EXACT:
        return traces, np.zeros(measured.squares.shape, bool)
    ground, figure = (
        np.stack([trace.ground for trace in traces]),
        np.stack([trace.figure for trace in traces]),
    )
    return traces, unexplained(measured, ground, figure, theme) > 1


def verify_explained(world: World, problem: Problem, trace: Trace, far: Bools) -> Verdict:
    """The verdict of the rules on a trace whose cells `far` [T, R, C] are taken for unread, under their own reason."""
    read = (trace.ground != UNSURE) & (trace.figure != UNSURE)
    odd = far & read
    if not odd.any():
        return world.verify(problem, trace)
    verdict = world.verify(problem, dataclasses.replace(trace, figure=np.where(odd, UNSURE, trace.figure)))
    if verdict.reason == "unreadable" and verdict.frame is not None and read[verdict.frame].all():
        return dataclasses.replace(verdict, reason=UNEXPLAINED)
    return verdict
