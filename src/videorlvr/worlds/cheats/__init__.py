"""Cheats that every world shares: videos that must be refused whatever the rules are.

Here are those made of the oracle's states in a wrong order or at a wrong time; others are made of pixels
(`pixels`), of other boards (`boards`), or are no proper videos (`formats`). A world adds its own. To add one, write
`make(world, problem, rng)` and name the reasons that refuse it. `make` returns None where the video would be
right: it finds out by itself and never asks the judge.
"""

from __future__ import annotations

import numpy as np

from videorlvr.worlds.api import Cheat, Problem, Video, World
from videorlvr.worlds.cheats.boards import board_cheats
from videorlvr.worlds.cheats.formats import FORMAT_CHEATS
from videorlvr.worlds.cheats.ghosts import ghost_cheats
from videorlvr.worlds.cheats.marks import mark_cheats
from videorlvr.worlds.cheats.motion import motion_cheats
from videorlvr.worlds.cheats.pixels import pixel_cheats
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.staging import done_frame, oracle_figures, show


def _in_order(world: World, problem: Problem, order: list[int]) -> Video | None:
    """The oracle's frames in another order; None if its last state is reached in the second frame, so that
    a leap from the first state to any other is legal."""
    figures = oracle_figures(world, problem)
    if done_frame(figures) < 2:
        return None
    return show(world, problem, figures[np.minimum(order, problem.num_frames - 1)])


def _frozen(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The given frame, held: .69 to .71 on a published benchmark, above its trained models."""
    return _held(world, problem, 0)


def _last_frame_only(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The solved board, held."""
    return _held(world, problem, -1)


def _held(world: World, problem: Problem, frame: int) -> Video:
    return np.repeat(oracle_video(world, problem)[frame][None], problem.num_frames, axis=0)


def _reversed(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle video backwards."""
    return oracle_video(world, problem)[::-1]


def _reversed_after_the_first(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The given frame, then the oracle video backwards."""
    return _in_order(world, problem, [0, *range(problem.num_frames - 1, 0, -1)])


def _end_jump(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The given frame, then at once the solved board: .92 on a benchmark of frames."""
    return _in_order(world, problem, [0] + [problem.num_frames] * (problem.num_frames - 1))


def _late_jump(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The given frame held, and the solved board in the last one: enough where only that one is judged."""
    return _in_order(world, problem, [0] * (problem.num_frames - 1) + [problem.num_frames])


def _flash(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle with its second frame replaced by the solved board."""
    return _in_order(world, problem, [0, problem.num_frames, *range(2, problem.num_frames)])


def _flicker(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right state in every second frame, the given one in the others."""
    return _in_order(world, problem, [0 if frame % 2 else frame for frame in range(problem.num_frames)])


def _flicker_solved(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right state in every second frame, the solved one in the others."""
    frames = problem.num_frames
    return _in_order(world, problem, [frames if frame % 2 else frame for frame in range(frames)])


def _between_samples(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle in every second frame, the given frame in the others: right where only samples are looked at."""
    return _in_order(
        world, problem, [0 if frame % 2 else frame // 2 for frame in range(2 * problem.num_frames)]
    )


def _slideshow(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Every second frame of the oracle, shown twice."""
    return _in_order(world, problem, [frame - frame % 2 for frame in range(problem.num_frames)])


def _double_pace(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle at twice the pace, and the end held."""
    return _in_order(world, problem, [2 * frame for frame in range(problem.num_frames)])


def _frame_left_out(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle without its second frame, and the end held."""
    return _in_order(world, problem, [0, *range(2, problem.num_frames + 1)])


def _two_frames(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The given frame and the solved one, and nothing between: an end state and no process."""
    figures = oracle_figures(world, problem)
    return show(world, problem, figures[[0, -1]]) if done_frame(figures) > 1 else None


def _every_third(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Every third state of the oracle, ended as soon as it is solved."""
    figures = oracle_figures(world, problem)
    done = done_frame(figures)
    return show(world, problem, figures[[*range(0, done, 3), done]]) if done >= 3 else None


def _double_pace_one_less(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle at twice the pace and a frame less: what is lacking is one frame skipped, and not all of them."""
    return _one_less(_double_pace(world, problem, rng), world, problem, -1)


def _slideshow_one_less(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Every second frame of the oracle, shown twice, and the first one once."""
    return _one_less(_slideshow(world, problem, rng), world, problem, 0)


def _one_less(video: Video | None, world: World, problem: Problem, frame: int) -> Video | None:
    """None where the solution is so short that one frame skipped explains it."""
    enough = done_frame(oracle_figures(world, problem)) > 3
    return np.delete(video, frame, axis=0) if video is not None and enough else None


def _frames_exchanged(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle with its second and third frame exchanged."""
    return _in_order(world, problem, [0, 2, 1, *range(3, problem.num_frames)])


def _unsolved_again(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The oracle, and one frame more: the given one."""
    return _in_order(world, problem, [*range(problem.num_frames), 0])


def _cut(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle stopped before its last change, and held."""
    figures = oracle_figures(world, problem)
    done = done_frame(figures)
    figures[done:] = figures[done - 1]
    return show(world, problem, figures)


def shared_cheats(
    *, unfinished: str, ground: str, leap: tuple[str, ...], improper: tuple[str, ...]
) -> tuple[Cheat, ...]:
    """The cheats of every world.

    unfinished: the reason for a video that ends too early. ground: for a change of what never changes.
    leap: the reasons for states of the solution in a wrong order. improper: all reasons for states and
    transitions that no rule allows.
    """
    return (
        Cheat("frozen-first-frame", _frozen, (unfinished,)),
        Cheat("last-frame-only", _last_frame_only, ("wrong_start",)),
        Cheat("reversed", _reversed, ("wrong_start",)),
        Cheat("reversed-after-the-first-frame", _reversed_after_the_first, leap),
        Cheat("end-jump", _end_jump, leap),
        Cheat("late-jump", _late_jump, leap),
        Cheat("solution-flash", _flash, leap),
        Cheat("flicker", _flicker, leap),
        Cheat("flicker-with-the-solution", _flicker_solved, leap),
        Cheat("flicker-between-samples", _between_samples, leap),
        Cheat("slideshow", _slideshow, leap),
        Cheat("double-pace", _double_pace, leap),
        Cheat("frame-left-out", _frame_left_out, leap),
        Cheat("two-frames", _two_frames, leap),
        Cheat("every-third-state", _every_third, leap),
        Cheat("double-pace-and-a-frame-less", _double_pace_one_less, leap),
        Cheat("slideshow-and-a-frame-less", _slideshow_one_less, leap),
        Cheat("frames-exchanged", _frames_exchanged, leap),
        Cheat("solved-then-unsolved", _unsolved_again, leap),
        Cheat("cut-before-the-end", _cut, (unfinished,)),
        *board_cheats(ground),
        *pixel_cheats(unfinished=unfinished, ground=ground, improper=improper),
        *ghost_cheats(improper),
        *mark_cheats(improper),
        *motion_cheats(improper, leap, unfinished),
        *FORMAT_CHEATS,
    )
