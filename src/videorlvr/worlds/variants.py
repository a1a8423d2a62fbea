"""Variants that every world shares: videos other than the reference that the judge must accept.

A judge that compares with one reference, or whose tracker slips, refuses right videos: one published benchmark
gives its own ground truth .66. A world adds its own. To add one, write `make(world, problem, rng)`; it returns
None where the problem has no such variant.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from videorlvr.worlds.api import Cells, Problem, Variant, Video, World
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.staging import oracle_figures, other_solutions, show, staged
from videorlvr.worlds.verify import MAX_FRAMES


def _states(world: World, problem: Problem) -> Cells:
    """The reference solution, a state a move: uint8 [L + 1, R, C]."""
    return world.play(problem.grid, problem.solution)


def _reference(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle video: a published tracker refuses a third of its own."""
    return oracle_video(world, problem)


def _one_move_a_frame(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The reference solution, one move in each frame."""
    states = _states(world, problem)
    return staged(world, problem, states, [1] * (len(states) - 1))


def _frames_doubled(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle at twice the frame rate: every frame two times."""
    fits = 2 * problem.num_frames <= MAX_FRAMES
    return oracle_video(world, problem).repeat(2, axis=0) if fits else None


def _double_pace(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle in half of the frames, at twice the pace: the fastest that is fast enough to be seen."""
    frames = -(-(problem.num_frames - 1) // 2) + 1
    if frames == problem.num_frames:
        return None
    figures = oracle_figures(world, problem)
    return show(world, problem, figures[np.minimum(2 * np.arange(frames), len(figures) - 1)])


def _frames_dropped(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle without some frames, no two of them in a row."""
    kept = rng.random(problem.num_frames) < 0.5
    kept[[0, -1]] = True
    for frame in range(1, problem.num_frames):
        kept[frame] |= not kept[frame - 1]
    return oracle_video(world, problem)[kept]


def _late_start(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The given frame held as long as the frames allow, and the solution done in the last one."""
    states = _states(world, problem)
    spare = problem.num_frames - 1 - -(-(len(states) - 1) // problem.moves_per_frame)
    return staged(world, problem, states, [0] * spare) if spare else None


def _long_hold_at_start(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The given frame held for as many frames as the problem has, then the solution."""
    return staged(world, problem, _states(world, problem), [0] * problem.num_frames)


def _long_hold_at_end(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle, its end held for as many frames again."""
    figures = oracle_figures(world, problem)
    return staged(world, problem, figures, [1] * (len(figures) - 1) + [0] * len(figures))


def _pauses(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The full pace, with pauses of some frames."""
    states, pace = _states(world, problem), problem.moves_per_frame
    counts = [count for _ in range(len(states)) for count in [pace] + [0] * int(rng.integers(3))]
    return staged(world, problem, states, counts[: 3 * problem.num_frames])


def _mixed_pace(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Each frame shows some number of moves, from none to the full pace."""
    counts = rng.integers(0, problem.moves_per_frame + 1, 2 * problem.num_frames).tolist()
    return staged(world, problem, _states(world, problem), counts)


def _solved_in_a_mirror(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The solution that the solver finds on a mirror image of the board, where it is another one."""
    reference = _states(world, problem)
    for states in other_solutions(world, problem):
        if not np.array_equal(states, reference):
            return staged(world, problem, states)
    return None


def _float_pixels(world: World, problem: Problem, rng: np.random.Generator) -> Any:
    """The oracle video as floats, each off by less than half a grey level."""
    video = oracle_video(world, problem)
    return (video + rng.uniform(-0.49, 0.49, video.shape)).astype(np.float32)


def _busy_margin(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle with random pixels around the board."""
    layout, video = problem.layout, oracle_video(world, problem)
    around = np.ones(video.shape[1:3], bool)
    height, width = layout.rows * layout.cell_px, layout.cols * layout.cell_px
    around[layout.top_px : layout.top_px + height, layout.left_px : layout.left_px + width] = False
    if not around.any():
        return None
    noise = rng.integers(0, 256, video.shape, dtype=np.uint8)
    return np.where(around[None, :, :, None], noise, video)


SHARED_VARIANTS = (
    Variant("reference", _reference),
    Variant("one-move-a-frame", _one_move_a_frame),
    Variant("frames-doubled", _frames_doubled),
    Variant("double-pace-in-half-the-frames", _double_pace),
    Variant("frames-dropped", _frames_dropped),
    Variant("late-start", _late_start),
    Variant("long-hold-at-start", _long_hold_at_start),
    Variant("long-hold-at-end", _long_hold_at_end),
    Variant("pauses", _pauses),
    Variant("mixed-pace", _mixed_pace),
    Variant("solved-in-a-mirror", _solved_in_a_mirror),
    Variant("float-pixels", _float_pixels),
    Variant("busy-margin", _busy_margin),
)
