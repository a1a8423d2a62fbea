"""States on stage: shown as videos at any pace, legal or not. What cheats and variants are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache

import numpy as np

from videorlvr.worlds.api import Cells, Grid, Problem, Trace, Video, World
from videorlvr.worlds.problems import oracle_trace
from videorlvr.worlds.render import render_trace
from videorlvr.worlds.symmetry import flipped, transposed
from videorlvr.worlds.verify import MAX_FRAMES


def show(world: World, problem: Problem, figures: Cells, ground: Cells | None = None) -> Video:
    """Frames of states that need not be legal."""
    given = problem.grid.ground if ground is None else ground
    return render_trace(world, problem, Trace.exact(given, figures))


def oracle_figures(world: World, problem: Problem) -> Cells:
    """The oracle's figures, a state a frame, free to be changed: uint8 [T, R, C]."""
    return oracle_trace(world, problem).figure


def done_frame(figures: Cells) -> int:
    """The first frame of the last state, of states that end with a hold."""
    return int(np.argmax((figures == figures[-1]).all(axis=(1, 2))))


def staged(
    world: World, problem: Problem, states: Cells, counts: Sequence[int] | None = None
) -> Video | None:
    """States a move as a video of at least the problem's frames, the end held; None if it would be too long.

    counts: the moves that each frame after the first shows; after these, and by default, the full pace.
    """
    last, shown = len(states) - 1, [0]
    for count in counts or ():
        shown.append(min(last, shown[-1] + count))
    while shown[-1] < last:
        shown.append(min(last, shown[-1] + problem.moves_per_frame))
    shown += [last] * (problem.num_frames - len(shown))
    return show(world, problem, states[shown]) if len(shown) <= MAX_FRAMES else None


@lru_cache(maxsize=64)
def _solution(solve: Callable[[Grid], str | None], ground: bytes, figure: bytes, rows: int) -> str | None:
    """Kept, since several variants ask for the same one."""
    cells = (np.frombuffer(layer, np.uint8).reshape(rows, -1) for layer in (ground, figure))
    return solve(Grid(*cells))


def other_solutions(world: World, problem: Problem) -> Iterator[Cells]:
    """States a move of solutions that the solver finds when it looks at mirror images of the board."""
    grid = problem.grid
    mirrors: tuple[tuple[Grid, Callable[[Cells], Cells]], ...] = (
        (flipped(grid), lambda figures: figures[:, :, ::-1]),
        (transposed(grid), lambda figures: figures.transpose(0, 2, 1)),
        (transposed(flipped(grid)), lambda figures: figures.transpose(0, 2, 1)[:, :, ::-1]),
    )
    for image, back in mirrors:
        moves = _solution(world.solve, image.ground.tobytes(), image.figure.tobytes(), len(image.ground))
        if moves is not None:
            yield back(world.play(image, moves))
