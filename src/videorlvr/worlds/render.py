"""Problems and traces as pictures: the hand. No judge imports this.

H, W of a problem's layout, T frames.
"""

from __future__ import annotations

import numpy as np

from videorlvr.worlds import draw
from videorlvr.worlds.api import Problem, Trace, Video, World
from videorlvr.worlds.motion import in_motion
from videorlvr.worlds.problems import oracle_trace, theme_of
from videorlvr.worlds.ways import STEP, motion_named


def render_trace(world: World, problem: Problem, trace: Trace) -> Video:
    """Frames of a trace, uint8 [T, H, W, 3], in the problem's layout and theme."""
    theme, (motion, frames) = theme_of(world, problem), motion_named(problem.address.level)
    if motion == STEP:
        return draw.render(trace.ground, trace.figure, layout=problem.layout, theme=theme)
    return in_motion(
        trace.ground, trace.figure, layout=problem.layout, theme=theme, motion=motion, frames_per_move=frames
    )


def oracle_video(world: World, problem: Problem) -> Video:
    return render_trace(world, problem, oracle_trace(world, problem))


def first_frame(world: World, problem: Problem) -> Video:
    """uint8 [H, W, 3]: what a model is given."""
    trace = Trace.exact(problem.grid.ground, problem.grid.figure[None])
    return np.asarray(render_trace(world, problem, trace)[0])
