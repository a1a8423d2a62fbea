"""From an address to a problem, and from a problem to its oracle trace.

Splits are disjoint by construction: a board's split is a function of its canonical content, so no board,
mirror image included, can be in two splits whatever index produced it.
"""

from __future__ import annotations

import dataclasses
import hashlib

import numpy as np

from videorlvr.base import seeding
from videorlvr.base.choices import unknown
from videorlvr.base.media.video import MAX_FRAMES
from videorlvr.worlds.api import (
    GIVEN,
    SPLITS,
    Address,
    Cells,
    Draft,
    Grid,
    Layout,
    Level,
    Problem,
    Split,
    Theme,
    Trace,
    World,
)
from videorlvr.worlds.ways import MAX_FRAMES_PER_MOVE, MOVES_BY, STEP, Motion, boards_of, motion_named

MAX_ATTEMPTS = 20_000


def level_of(world: World, name: str) -> Level:
    """The level of that name; `small~slide-4` is `small` with each move shown over 4 frames.

    Raises:
        ValueError: For a level or a motion that there is not, or more frames than a video may have.
    """
    boards, moves_by, how = name.partition(MOVES_BY)
    if boards not in world.levels:
        raise unknown(f"level of {world.name}", boards, world.levels)
    level = world.levels[boards]
    if not moves_by:
        return level
    motion, frames = motion_named(name)
    if motion == STEP:
        raise ValueError(
            f"'{how}' is no way to show a move: expected slide-N or dissolve-N, with N from 2 to {MAX_FRAMES_PER_MOVE} "
            "frames a move"
        )
    num_frames = level.moves[1] * frames + 1
    if num_frames > MAX_FRAMES:
        raise ValueError(
            f"{level.moves[1]} moves of {frames} frames each are more than the {MAX_FRAMES} frames that a video may "
            "have: take fewer frames per move, or a level of shorter solutions"
        )
    return dataclasses.replace(
        level, name=name, motion=motion, frames_per_move=frames, moves_per_frame=1, num_frames=num_frames
    )


def level_moving(level: str, motion: Motion, frames_per_move: int) -> str:
    """The name of a level whose moves are shown so."""
    return level if motion == STEP else f"{level}{MOVES_BY}{motion}-{frames_per_move}"


def split_of(canonical: bytes) -> Split:
    """Eight boards in ten train, one validates, one tests; decided by the board's content alone."""
    digit = hashlib.sha256(b"videorlvr split " + canonical).digest()[0] % 10
    return "test" if digit == 0 else "val" if digit == 1 else "train"


def make_problem(
    world: World, level_name: str, split: Split, index: int, *, theme: str | None = None
) -> Problem:
    """The problem at an address.

    Args:
        theme: Colours in which it is shown, and which its prompt names; None takes the level's.

    Raises:
        ValueError: For a level, split, index or theme that does not exist.
    """
    level = level_of(world, level_name)
    if theme is not None:
        if theme not in world.themes:
            raise unknown(f"theme of {world.name}", theme, world.themes)
        level = dataclasses.replace(level, theme=theme)
    if split not in SPLITS:
        raise unknown("split", split, SPLITS)
    if index < 0:
        raise ValueError(f"index {index} is negative: problems are numbered from 0")
    for attempt in range(MAX_ATTEMPTS):
        rng = seeding.rng(world.id, boards_of(level.name), split, index, attempt)
        draft = world.generate(level, rng)
        if draft is None or split_of(world.canonical(draft.grid)) != split:
            continue
        moves = _admissible_solution(world, level, draft)
        if moves is not None:
            address = Address(world.name, world.version, level.name, split, index)
            return pose(world, level, address, draft, moves, rng)
    raise AssertionError(
        f"{world.id}/{level.name}: no board in {MAX_ATTEMPTS} attempts; the level is too strict"
    )


def _admissible_solution(world: World, level: Level, draft: Draft) -> str | None:
    moves = draft.moves if draft.moves is not None else world.solve(draft.grid)
    if moves is None:
        return None
    length = len(world.play(draft.grid, moves)) - 1
    return moves if level.moves[0] <= length <= level.moves[1] else None


def content_index(grid: Grid) -> int:
    """48 bits that stand for a board as it is shown, mirror images and renamed colours told apart."""
    content = bytes(grid.shape) + grid.ground.tobytes() + grid.figure.tobytes()
    return int.from_bytes(hashlib.sha256(b"videorlvr board " + content).digest()[:6], "big")


def pose_given(world: World, level: Level, grid: Grid, moves: str) -> Problem:
    """A board that somebody else wrote, and its solution, as a problem at the pace of this level.

    Raises:
        ValueError: If the board is larger than the level's.
    """
    address = Address(world.name, world.version, level.name, GIVEN, content_index(grid))
    return pose(world, level, address, Draft(grid), moves, seeding.rng(world.id, GIVEN, address.index))


def pose(
    world: World, level: Level, address: Address, draft: Draft, moves: str, rng: np.random.Generator
) -> Problem:
    """A board and its solution as a problem of this level."""
    rows, cols = draft.grid.shape
    canvas_rows, canvas_cols = level.canvas
    layout = Layout.centred(
        rows, cols, canvas_rows=canvas_rows, canvas_cols=canvas_cols, cell_px=level.cell_px
    )
    return Problem(
        address=address,
        grid=draft.grid,
        solution=moves,
        prompt=world.prompt(draft.grid, world.themes[level.theme], rng),
        num_frames=level.num_frames,
        moves_per_frame=level.moves_per_frame,
        layout=layout,
        theme=level.theme,
    )


def shown_as(
    world: World,
    problem: Problem,
    *,
    size: tuple[int, int] | None = None,
    frames: int | None = None,
    align_px: int = 1,
    theme: str | None = None,
) -> Problem:
    """The same problem in frames of another size (H, W), in another number of frames, or in other colours, which its
    prompt then names.

    Args:
        frames: The pace stays: what comes after the solution's end shows the end.
        align_px: As in `Layout.letterboxed`; of no effect without `size`.

    Raises:
        ValueError: If the size leaves less than 8 px a cell, the solution needs more frames, or the world has no such
            theme.
    """
    if theme is not None and theme != problem.theme:
        place = problem.address
        if place.split == GIVEN:
            level = dataclasses.replace(level_of(world, place.level), theme=theme)
            named = pose_given(world, level, problem.grid, problem.solution)
        else:
            named = make_problem(world, place.level, place.split, place.index, theme=theme)
        problem = dataclasses.replace(problem, theme=theme, prompt=named.prompt)
    if size is not None:
        rows, cols = problem.grid.shape
        layout = Layout.letterboxed(rows, cols, height_px=size[0], width_px=size[1], align_px=align_px)
        problem = dataclasses.replace(problem, layout=layout)
    if frames is not None:
        moves = len(world.play(problem.grid, problem.solution)) - 1
        check_frames(frames, moves, problem.moves_per_frame, motion_named(problem.address.level)[1])
        problem = dataclasses.replace(problem, num_frames=frames)
    return problem


def check_frames(num_frames: int, moves: int, moves_per_frame: int, frames_per_move: int = 1) -> None:
    """
    Raises:
        ValueError: If so many moves do not fit so many frames.
    """
    least = -(-moves * frames_per_move // moves_per_frame) + 1
    if num_frames < least:
        pace = (
            f"{moves_per_frame} moves each"
            if frames_per_move == 1
            else f"which a move takes {frames_per_move}"
        )
        raise ValueError(
            f"{moves} moves do not fit {num_frames} frames of {pace}: take at least {least} frames"
        )


def pace(figures: Cells, *, num_frames: int, moves_per_frame: int, frames_per_move: int = 1) -> Cells:
    """States per move [L + 1, R, C] -> states per frame [T, R, C]: steady, then the end held.

    Raises:
        ValueError: If the solution is too long for the frames.
    """
    last = len(figures) - 1
    check_frames(num_frames, last, moves_per_frame, frames_per_move)
    return figures[np.minimum(np.arange(num_frames) * moves_per_frame // frames_per_move, last)]


def oracle_trace(world: World, problem: Problem) -> Trace:
    figures = pace(
        world.play(problem.grid, problem.solution),
        num_frames=problem.num_frames,
        moves_per_frame=problem.moves_per_frame,
        frames_per_move=motion_named(problem.address.level)[1],
    )
    return Trace.exact(problem.grid.ground, figures)


def theme_of(world: World, problem: Problem) -> Theme:
    if problem.theme not in world.themes:
        raise unknown(f"theme of {world.name}", problem.theme, world.themes)
    return world.themes[problem.theme]
