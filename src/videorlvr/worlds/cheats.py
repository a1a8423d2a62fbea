"""Cheats that every world shares: videos that must be refused whatever the rules are.

A world adds its own. To add one, write `make(world, problem, rng)` and name the reasons that refuse it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from videorlvr.worlds.api import Cells, Cheat, Problem, Trace, Video, World
from videorlvr.worlds.problems import (
    first_frame,
    make_problem,
    oracle_trace,
    oracle_video,
    render_trace,
)


def show(world: World, problem: Problem, figures: Cells, ground: Cells | None = None) -> Video:
    """Frames of states that need not be legal."""
    given = problem.grid.ground if ground is None else ground
    return render_trace(world, problem, Trace.exact(given, figures))


def _frozen(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The given frame, held."""
    return np.repeat(first_frame(world, problem)[None], problem.num_frames, axis=0)


def _constant(value: int) -> Callable[[World, Problem, np.random.Generator], Video]:
    def make(world: World, problem: Problem, rng: np.random.Generator) -> Video:
        """Every pixel of one grey level."""
        layout = problem.layout
        return np.full((problem.num_frames, layout.height_px, layout.width_px, 3), value, np.uint8)

    return make


def _noise(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The given frame, then random pixels."""
    video = rng.integers(0, 256, oracle_video(world, problem).shape, dtype=np.uint8)
    video[0] = first_frame(world, problem)
    return video


def _reversed(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle video backwards."""
    return oracle_video(world, problem)[::-1]


def _last_frame_only(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The solved board, held."""
    return np.repeat(oracle_video(world, problem)[-1:], problem.num_frames, axis=0)


def _end_jump(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The given frame, then at once the solved board."""
    figures = oracle_trace(world, problem).figure.copy()
    if np.array_equal(figures[1], figures[-1]):
        return None  # a solution of one frame is no jump
    figures[1:] = figures[-1]
    return show(world, problem, figures)


def _cross_fade(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """From the given frame to the solved one by mixing their colours."""
    video = oracle_video(world, problem).astype(np.float32)
    share = np.linspace(0, 1, len(video), dtype=np.float32)[:, None, None, None]
    if len(np.unique(oracle_trace(world, problem).figure, axis=0)) < 3:
        return None
    return np.asarray(((1 - share) * video[0] + share * video[-1]).round(), np.uint8)


def _cut(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle stopped before its last change, and held."""
    figures = oracle_trace(world, problem).figure.copy()
    done = int(np.argmax((figures == figures[-1]).all(axis=(1, 2))))
    figures[done:] = figures[done - 1]
    return show(world, problem, figures)


def _other_solution(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Another problem's oracle video, of the same size."""
    address = problem.address
    for step in range(1, 20):
        other = make_problem(world, address.level, address.split, address.index + step)
        if other.layout == problem.layout and other.grid != problem.grid:
            return oracle_video(world, other)
    return None


def _flash(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle with one frame in its middle replaced by the solved board."""
    figures = oracle_trace(world, problem).figure.copy()
    done = int(np.argmax((figures == figures[-1]).all(axis=(1, 2))))
    if done < 3:
        return None
    figures[1] = figures[-1]
    return show(world, problem, figures)


def _unsolved_again(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Solved, then back to the given frame at the end."""
    figures = oracle_trace(world, problem).figure.copy()
    figures[-1] = figures[0]
    return None if np.array_equal(figures[-2], figures[0]) else show(world, problem, figures)


def _single_frame(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The solved board as a video of one frame."""
    return oracle_video(world, problem)[-1:]


def _two_frames(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The given frame and the solved one, and nothing between."""
    return oracle_video(world, problem)[[0, -1]]


def _wrong_size(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle video without its last rows of pixels."""
    return oracle_video(world, problem)[:, :-8]


def shared_cheats(*, unfinished: str, illegal: tuple[str, ...]) -> tuple[Cheat, ...]:
    """The cheats of every world. `unfinished`: the reason for a video that ends too early.
    `illegal`: every reason the world gives for a transition that no rule allows."""
    return (
        Cheat("frozen-first-frame", _frozen, (unfinished,)),
        Cheat("black", _constant(0), ("wrong_start",)),
        Cheat("white", _constant(255), ("wrong_start",)),
        Cheat("noise", _noise, ("unreadable",)),
        Cheat("reversed", _reversed, ("wrong_start",)),
        Cheat("last-frame-only", _last_frame_only, ("wrong_start",)),
        Cheat("end-jump", _end_jump, illegal),
        Cheat("cross-fade", _cross_fade, ("unreadable", *illegal)),
        Cheat("cut-before-the-end", _cut, (unfinished,)),
        Cheat("another-problems-solution", _other_solution, ("wrong_start",)),
        Cheat("solution-flash", _flash, illegal),
        Cheat("solved-then-unsolved", _unsolved_again, illegal),
        Cheat("single-frame", _single_frame, ("too_few_frames",)),
        Cheat("two-frames", _two_frames, ("too_few_frames",)),
        Cheat("wrong-size", _wrong_size, ("wrong_size",)),
    )
