"""Verdicts on frames that are in their problem's layout: read, under `exact` explained and seen twice too, verified.

Law: the verdicts on many videos are those on each.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.judge.decoded import UNDECIDABLE
from videorlvr.judge.explain import unexplained
from videorlvr.judge.passages import UnclearError
from videorlvr.judge.read import check_size, measure, states
from videorlvr.judge.second_eye import look_twice
from videorlvr.judge.tolerance import EXACT, Tolerance
from videorlvr.judge.transition import settle, stood_in_for
from videorlvr.worlds.api import UNSURE, Layout, Problem, Theme, Trace, Verdict, Video, World
from videorlvr.worlds.problems import theme_of
from videorlvr.worlds.verify import array_fault
from videorlvr.worlds.ways import STEP, motion_named

Floats = npt.NDArray[np.floating[Any]]

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
            moving = motion_named(problems[index].address.level)[0] != STEP and tolerance == EXACT
            moved = _moving_trace(world, problems[index], videos[index]) if moving else None
            shown, left, passing = moved or (trace, odd, None)
            verdict = verify_explained(world, problems[index], shown, left)
            if verdict.success and tolerance == EXACT:
                verdict = seen_twice(world, problems[index], videos[index], shown, verdict, passing)
            out[index] = verdict
    return [out[index] for index in range(len(problems))]


def _moving_trace(world: World, problem: Problem, video: Video) -> tuple[Trace, Floats, Bools] | None:
    """The states that a video goes through, of a level whose moves take time; how far cells are from them, as a
    multiple of what is borne; and which are on their way. None where nothing moves, or what is between states cannot be
    told. Where moves are steps nothing is between them."""
    layout, theme = problem.layout, theme_of(world, problem)
    try:
        settled = settle(video, layout, theme, problem.grid)
    except UnclearError:
        return None
    if settled is None:
        return None
    measured = stood_in_for(measure(video[None], layout), video, layout, settled, theme)
    trace = settled.trace
    far = unexplained(measured, trace.ground[None], trace.figure[None], theme)[0]
    return trace, far, settled.cells | settled.cores


def explained(
    videos: Video, *, layout: Layout, theme: Theme, tolerance: Tolerance
) -> tuple[list[Trace], Floats]:
    """What videos [B, T, H, W, 3] are read as, and how far each cell is from that: [B, T, R, C]; see `unexplained`.

    Raises:
        ValueError: If the frames are not of the layout's size.
    """
    measured = measure(check_size(videos, layout), layout)
    traces = states(measured.zones, theme)
    if tolerance != EXACT:
        return traces, np.zeros(measured.squares.shape)
    ground, figure = (
        np.stack([trace.ground for trace in traces]),
        np.stack([trace.figure for trace in traces]),
    )
    return traces, unexplained(measured, ground, figure, theme)


def verify_explained(world: World, problem: Problem, trace: Trace, far: Floats) -> Verdict:
    """The verdict of the rules on a trace. far: how far cells are from how they were read, as a multiple of what is
    borne, [T, R, C]; those above 1 are taken for unread, under their own reason."""
    read = (trace.ground != UNSURE) & (trace.figure != UNSURE)
    odd = (far > 1) & read
    if not odd.any():
        return world.verify(problem, trace)
    verdict = world.verify(problem, dataclasses.replace(trace, figure=np.where(odd, UNSURE, trace.figure)))
    if verdict.reason == "unreadable" and verdict.frame is not None and read[verdict.frame].all():
        return dataclasses.replace(verdict, reason=UNEXPLAINED, why=_where(far[verdict.frame], verdict.frame))
    return verdict


def _where(far: Floats, frame: int) -> str:
    row, col = (int(number) for number in np.unravel_index(int(far.argmax()), far.shape))
    others = int((far > 1).sum()) - 1
    more = f", and in {others} more cells" if others else ""
    what = "pixels that what was read does not explain"
    return f"frame {frame}, cell {row}, {col}: {what}, {far.max():.1f} times as much as is borne{more}"


def seen_twice(
    world: World,
    problem: Problem,
    plain: Video,
    trace: Trace,
    verdict: Verdict,
    passing: npt.NDArray[np.bool_] | None = None,
) -> Verdict:
    """A success, if the second eye sees in frames [T, H, W, 3] as they came what the first one read, or is blind.

    passing: cells on their way from one state to another, [T, R, C]; what these show, it is not asked.
    """
    pixels = np.asarray(np.clip(np.rint(plain), 0, 255), np.uint8) if plain.dtype != np.uint8 else plain
    look = look_twice(
        pixels,
        layout=problem.layout,
        theme=theme_of(world, problem),
        given=problem.grid,
        ground=trace.ground,
        figure=trace.figure,
        passing=passing,
    )
    if look.where is None:
        return dataclasses.replace(verdict, second_eye=look.what)
    return dataclasses.replace(
        verdict,
        success=False,
        reason=UNDECIDABLE,
        frame=None,
        components={**verdict.components, "success": 0.0},
        why=f"two ways of reading see different states: {look}",
        second_eye=look.what,
    )
