"""Cheats with another board than the given one: another problem's, two in one video, a mirrored, moved or
emptied one. They show that a video must be about its problem, in every frame and every cell."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from videorlvr.base import seeding
from videorlvr.worlds.api import Cheat, Draft, Grid, Level, Problem, Video, World
from videorlvr.worlds.problems import oracle_trace
from videorlvr.worlds.render import oracle_video, render_trace
from videorlvr.worlds.symmetry import flipped, transposed

MAX_DRAFTS = 100


@lru_cache(maxsize=256)
def _solved_board(
    generate: Callable[[Level, np.random.Generator], Draft | None],
    solve: Callable[[Grid], str | None],
    level: Level,
    name: str,
) -> tuple[Grid, str] | None:
    """A board of this level and its solution. Kept, since several cheats ask for the same one."""
    rng = seeding.rng("another-board", name)
    for _ in range(MAX_DRAFTS):
        draft = generate(level, rng)
        moves = draft and (draft.moves or solve(draft.grid))
        if draft and moves:
            return draft.grid, moves
    return None


def another_problem(world: World, problem: Problem) -> Problem | None:
    """A problem of the same level, size and layout whose ground is another, or None if none turns up."""
    rows, cols = problem.grid.shape
    if problem.address.level not in world.levels:
        return None  # a board from elsewhere
    level = dataclasses.replace(world.levels[problem.address.level], rows=(rows, rows), cols=(cols, cols))
    for number in range(10):
        found = _solved_board(world.generate, world.solve, level, f"{problem.address} {number}")
        if found is None or np.array_equal(found[0].ground, problem.grid.ground):
            continue
        length = len(world.play(*found)) - 1
        if length <= problem.moves_per_frame * (problem.num_frames - 1):
            return dataclasses.replace(problem, grid=found[0], solution=found[1])
    return None


def _another_solution(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Another problem's oracle video, of the same size."""
    other = another_problem(world, problem)
    return oracle_video(world, other) if other else None


def _another_after_the_first(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The given frame, then another problem's oracle video."""
    other = another_problem(world, problem)
    if other is None:
        return None
    return np.concatenate([oracle_video(world, problem)[:1], oracle_video(world, other)[1:]])


def _two_problems_in_turn(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right video in every second frame, another problem's in the others."""
    other = another_problem(world, problem)
    if other is None:
        return None
    video = oracle_video(world, problem)
    video[1::2] = oracle_video(world, other)[1::2]
    return video


def _two_problems_side_by_side(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """From the second frame on, the right columns of the board are another problem's."""
    other = another_problem(world, problem)
    half = slice(problem.grid.shape[1] // 2, None)
    if other is None or np.array_equal(other.grid.ground[:, half], problem.grid.ground[:, half]):
        return None
    return _with_ground_and_figures(world, problem, other, np.s_[1:, :, half])


def _with_ground_and_figures(
    world: World, problem: Problem, other: Problem, where: tuple[slice, ...]
) -> Video:
    """The oracle video, in some cells of some frames another problem's: slices of [T, R, C]."""
    trace, foreign = oracle_trace(world, problem), oracle_trace(world, other)
    trace.ground[where], trace.figure[where] = foreign.ground[where], foreign.figure[where]
    return render_trace(world, problem, trace)


def _two_problems_interlaced(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """From the second frame on, every second row of pixels is another problem's."""
    other = another_problem(world, problem)
    if other is None or problem.layout.cell_px % 2:
        return None
    video = oracle_video(world, problem)
    video[1:, ::2] = oracle_video(world, other)[1:, ::2]
    return video


def _seen_otherwise(look: Callable[[Grid], Grid]) -> Callable[[World, Problem], Video | None]:
    """The oracle video with every state but the first looked at in another way; None if nothing changes."""

    def make(world: World, problem: Problem) -> Video | None:
        trace = oracle_trace(world, problem)
        seen = [look(Grid(*state)) for state in zip(trace.ground, trace.figure, strict=True)]
        if seen[0].shape != problem.grid.shape or np.array_equal(seen[0].ground, problem.grid.ground):
            return None
        trace.ground[1:] = [grid.ground for grid in seen[1:]]
        trace.figure[1:] = [grid.figure for grid in seen[1:]]
        return render_trace(world, problem, trace)

    return make


def _mirrored(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right video, its board mirrored from the second frame on."""
    return _seen_otherwise(flipped)(world, problem)


def _turned(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right video, its board turned by a quarter, or by a half if it is not square: .61 on a benchmark
    that compares frames."""
    quarter = _seen_otherwise(lambda grid: flipped(transposed(grid)))(world, problem)
    half = _seen_otherwise(lambda grid: flipped(transposed(flipped(transposed(grid)))))
    return quarter if quarter is not None else half(world, problem)


def _rolled(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right video, its board moved by a column, with the last one first, from the second frame on."""
    return _seen_otherwise(lambda grid: Grid(np.roll(grid.ground, 1, 1), np.roll(grid.figure, 1, 1)))(
        world, problem
    )


def _bare_between(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right figures on a board without walls, goals or endpoints, which are back in the last frame."""
    trace = oracle_trace(world, problem)
    if trace.num_frames < 3 or not problem.grid.ground.any():
        return None
    trace.ground[1:-1] = 0
    return render_trace(world, problem, trace)


def _bare_for_good(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right figures; walls, goals and endpoints are gone after the given frame."""
    trace = oracle_trace(world, problem)
    if not problem.grid.ground.any():
        return None
    trace.ground[1:] = 0
    return render_trace(world, problem, trace)


def board_cheats(ground: str) -> tuple[Cheat, ...]:
    """ground: the reason for a change of what never changes."""
    return (
        Cheat("another-problems-solution", _another_solution, ("wrong_start",)),
        Cheat("another-problem-after-the-first-frame", _another_after_the_first, (ground,)),
        Cheat("two-problems-in-turn", _two_problems_in_turn, (ground,)),
        Cheat("two-problems-side-by-side", _two_problems_side_by_side, (ground,)),
        Cheat("two-problems-interlaced", _two_problems_interlaced, ("unreadable", ground)),
        Cheat("mirrored", _mirrored, (ground,)),
        Cheat("turned", _turned, (ground,)),
        Cheat("rolled", _rolled, (ground,)),
        Cheat("board-bare-between", _bare_between, (ground,)),
        Cheat("board-bare-for-good", _bare_for_good, (ground,)),
    )
