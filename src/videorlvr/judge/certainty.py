"""How sure a finding on a file is: a success that all pixels speak for, a refusal that is not the file's fault.

Law: what the first frame, which everyone is given, cannot be read from for certain is not held against a video, and
what is not explained is no success.
"""

from __future__ import annotations

import dataclasses

import numpy as np

from videorlvr.judge.closely import left_over
from videorlvr.judge.decoded import UNDECIDABLE
from videorlvr.judge.finding import Finding
from videorlvr.judge.frames import UNEXPLAINED, seen_twice
from videorlvr.judge.locate import Box
from videorlvr.judge.moving import settled_finding
from videorlvr.judge.own_colours import SMALL_CELL_PX, Doubt, doubt_of
from videorlvr.judge.passages import UnclearError
from videorlvr.judge.read import measure, read
from videorlvr.worlds.api import Problem, Trace, Verdict, Video, World
from videorlvr.worlds.problems import theme_of

SURELY, CLEAR = 1.6, 0.5
"""What is unexplained by so many times what is borne is held against a video, if its first frame is no worse than that;
else the file may be at fault."""


def explained_finding(world: World, problem: Problem, finding: Finding) -> Finding:
    """The finding, where it is not a success with pixels that are not explained, nor a refusal of frames after a first
    one that is not explained itself; what is to be said instead, where it is."""
    late = finding.verdict.frame is not None and finding.verdict.frame > 0
    if finding.seen is None or finding.layout is None or not (finding.verdict.success or late):
        return finding
    shown = dataclasses.replace(problem, layout=finding.layout)
    plain = finding.seen if finding.plain is None else finding.plain
    small = is_small(problem, finding.box, finding.video)
    if not finding.verdict.success:
        first = read(finding.seen[None, :1], layout=finding.layout, theme=theme_of(world, problem))[0]
        doubt = doubt_about(world, shown, plain[:1], first, small=small)
        if doubt.excess <= 1:
            return finding
        why = f"it was to be refused for {finding.verdict.reason}, but its first frame is not clear either: {doubt}"
        return dataclasses.replace(finding, verdict=Verdict(False, UNDECIDABLE), why=why)
    trace = read(finding.seen[None], layout=finding.layout, theme=theme_of(world, problem))[0]
    doubt = doubt_about(world, shown, plain, trace, small=small)
    if doubt.excess <= 1 and not small:
        doubt = close_doubt(world, shown, plain, trace)
    if doubt.excess <= 1:
        verdict = seen_twice(world, shown, plain, trace, finding.verdict)
        return dataclasses.replace(finding, verdict=verdict, why=verdict.why)
    if doubt.excess >= SURELY and doubt.at_first <= CLEAR:
        components = {**finding.verdict.components, "success": 0.0}
        verdict = dataclasses.replace(
            finding.verdict, success=False, reason=UNEXPLAINED, frame=doubt.frame, components=components
        )
        return dataclasses.replace(finding, verdict=verdict, why=str(doubt), place=_place(doubt))
    why = f"it keeps the rules, but they do not explain all that it shows: {doubt}"
    return dataclasses.replace(finding, verdict=Verdict(False, UNDECIDABLE), why=why, place=_place(doubt))


def _place(doubt: Doubt) -> tuple[int, int, int] | None:
    return None if doubt.cell is None else (doubt.frame, *doubt.cell)


def judged_as_moving(world: World, problem: Problem, still: Finding, *, steady: bool) -> Finding:
    """The finding on a video that moves between its states, where that explains all of it; else the one on a video of
    states, which blames no frames for a rule of the game that may be on their way from one state to another.

    steady: its board is at rest; of one that is followed, parts of a pixel may look like a way between states.
    """
    late = still.verdict.frame is None or still.verdict.frame > 0
    if still.verdict.success or not late or still.seen is None or still.layout is None:
        return still
    try:
        moving = settled_finding(world, problem, still, small=is_small(problem, still.box, still.video))
    except UnclearError as error:
        blamed = still.verdict.frame
        if error.odd or not steady or (blamed is not None and error.since > blamed):
            return still
        why = str(error)
    else:
        if moving is None or moving.settled is not None:
            return still if moving is None else seen_at_rest(world, problem, moving)
        if not steady:
            return still
        why = moving.why
    if still.verdict.reason == UNDECIDABLE:
        why = f"{still.why}; taken for a video that moves: {why}"
    else:
        why = f"it was to be refused for {still.verdict.reason}, but it moves between states: {why}"
    return dataclasses.replace(still, verdict=Verdict(False, UNDECIDABLE), why=why)


def seen_at_rest(world: World, problem: Problem, finding: Finding) -> Finding:
    """The finding on a success that moves between states, seen by the second eye where it rests."""
    settled, seen, layout = finding.settled, finding.seen, finding.layout
    if not finding.verdict.success or settled is None or seen is None or layout is None:
        return finding
    shown = dataclasses.replace(problem, layout=layout)
    plain, passing = seen if finding.plain is None else finding.plain, settled.cells | settled.cores
    verdict = seen_twice(world, shown, plain, settled.trace, finding.verdict, passing)
    return dataclasses.replace(finding, verdict=verdict, why=verdict.why)


def is_small(problem: Problem, box: Box | None, video: Video | None) -> bool:
    """Were its cells small, or partly outside their frames?"""
    if box is None or video is None:
        return problem.layout.cell_px < SMALL_CELL_PX
    rows, cols = problem.grid.shape
    inside = min(box.left, box.top, video.shape[2] - box.right, video.shape[1] - box.bottom) >= 0
    return not inside or min(box.cell_px(rows, cols)) < SMALL_CELL_PX


def doubt_about(world: World, problem: Problem, plain: Video, trace: Trace, *, small: bool) -> Doubt:
    """plain: frames [T, H, W, 3] in the problem's layout as they came, without any correction."""
    measured = measure(plain[None], problem.layout)
    return doubt_of(measured, trace.ground, trace.figure, theme_of(world, problem), small=small)


def close_doubt(world: World, problem: Problem, plain: Video, trace: Trace) -> Doubt:
    """What a close look at the cells finds, in frames as in `doubt_about`."""
    left = left_over(plain, problem.layout, trace.ground, trace.figure, theme_of(world, problem))
    frame, row, col = (int(number) for number in np.unravel_index(int(left.argmax()), left.shape))
    what = "a small square is not what lies around it"
    return Doubt(float(left.max()), what, frame, (row, col), float(left[0].max()))
