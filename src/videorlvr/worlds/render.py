"""Problems and traces as pictures: the hand. No judge imports this.

H, W of a problem's layout, T frames.
"""

from __future__ import annotations

import numpy as np

from videorlvr.worlds import draw
from videorlvr.worlds.api import Problem, Trace, Video, World
from videorlvr.worlds.problems import oracle_trace, theme_of


def render_trace(world: World, problem: Problem, trace: Trace) -> Video:
    """Frames of a trace, uint8 [T, H, W, 3], in the problem's layout and theme."""
    return draw.render(trace.ground, trace.figure, layout=problem.layout, theme=theme_of(world, problem))


def oracle_video(world: World, problem: Problem) -> Video:
    return render_trace(world, problem, oracle_trace(world, problem))


def first_frame(world: World, problem: Problem) -> Video:
    """uint8 [H, W, 3]: what a model is given."""
    trace = Trace.exact(problem.grid.ground, problem.grid.figure[None])
    return np.asarray(render_trace(world, problem, trace)[0])
