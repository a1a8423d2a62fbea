"""The finding on a video that moves between its states, where it explains more than to take each frame for a state.

Law: a video is believed as moving only if all of it is explained so: what lies between states by `judge.transition`,
all else, pixel by pixel, by the states themselves. Its trace is then judged by the same rules and the same pace.
"""

from __future__ import annotations

import dataclasses

from videorlvr.judge.finding import Finding, undecidable
from videorlvr.judge.own_colours import doubt_of
from videorlvr.judge.read import measure
from videorlvr.judge.transition import settle, stood_in_for
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.problems import theme_of


def settled_finding(world: World, problem: Problem, finding: Finding, *, small: bool) -> Finding | None:
    """The finding with the verdict on what the video moves through, in `settled`; undecidable where that does not
    explain it all, or breaks a rule by states that it never comes to rest in; None where it does not move.

    finding: what was read of it is in `seen`, in its layout. small: see `own_colours.doubt_of`.

    Raises:
        UnclearError: If what is between the states cannot be told.
    """
    seen, layout = finding.seen, finding.layout
    assert seen is not None
    assert layout is not None
    theme = theme_of(world, problem)
    settled = settle(seen, layout, theme, problem.grid)
    if settled is None:
        return None
    plain = seen if finding.plain is None else finding.plain
    measured = stood_in_for(measure(plain[None], layout), plain, layout, settled, theme)
    trace = settled.trace
    doubt = doubt_of(measured, trace.ground, trace.figure, theme, small=small)
    if doubt.excess > 1:
        return undecidable(str(doubt), finding.box)
    verdict = world.verify(dataclasses.replace(problem, layout=layout), trace)
    if not verdict.success and not settled.at_rest[: (verdict.frame or 0) + 1].all():
        return undecidable(
            f"frame {verdict.frame}: {verdict.reason}, by states that come to no rest", finding.box
        )
    return dataclasses.replace(finding, verdict=verdict, why="", settled=settled, place=None)
