"""Traces to try a judge on: legal ones of every kind, and such as are wrong by one cell or one frame.

A trace is named by its family. `legal_traces` should succeed, most of them; `tampered` changes any trace a
little, which may or may not be legal still. Whether it is, is the judge's question: nothing here answers it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.judge.read import read
from videorlvr.worlds.api import UNSURE, Cells, Cheat, Problem, Trace, Variant, World
from videorlvr.worlds.problems import make_problem, oracle_trace, theme_of
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.verify import array_fault

Rng = np.random.Generator

NUM_VARIANTS, NUM_CHEATS = 8, 16
"""Of a world's variants and cheats, so many are taken at random for one problem."""


def seen(world: World, problem: Problem, video: npt.NDArray[Any]) -> Trace:
    """What the judge's eye reads in a video of the problem's size."""
    return read(video[None], layout=problem.layout, theme=theme_of(world, problem))[0]


def _some_as_read(
    world: World, problem: Problem, makers: Sequence[Cheat | Variant], count: int, rng: Rng
) -> Iterator[Trace]:
    """Of cheats or variants some, without those that the problem has not or that are no videos."""
    for number in rng.permutation(len(makers))[:count].tolist():
        video = makers[number].make(world, problem, rng)
        if video is not None and not array_fault(problem, video):
            yield seen(world, problem, video)


# Legal play


def legal_traces(world: World, problem: Problem, rng: Rng) -> Iterator[tuple[str, Trace]]:
    """Legal play, at an even pace and at uneven ones, with holds, in fewer frames and in more."""
    yield "oracle", oracle_trace(world, problem)
    states = world.play(problem.grid, problem.solution)
    for _ in range(3):
        yield "oracle, uneven pace", paced(problem, states, rng)
    yield "too fast by a move", paced(problem, states, rng, hurry=1)
    for trace in _some_as_read(world, problem, world.variants, NUM_VARIANTS, rng):
        yield "variant", trace
    budget = problem.moves_per_frame * (problem.num_frames - 1)
    for _ in range(2):
        states = world.play(problem.grid, world.random_moves(problem.grid, budget, rng))
        yield "random legal play", paced(problem, states, rng)


def paced(problem: Problem, states: Cells, rng: Rng, *, hurry: int = 0) -> Trace:
    """States per move shown in about the problem's number of frames, any number of moves a frame up to the
    allowed one (plus `hurry`): that of a step, and of two in as many frames as the problem has more. Of moves that do
    not fit, the last are left out."""
    fewest = max(2, -(-(problem.num_frames - 1) // 2) + 1)
    as_asked, num_frames = rng.random() < 0.5, int(rng.integers(fewest, problem.num_frames + 4))
    num_frames = problem.num_frames if as_asked else num_frames
    lacking = problem.num_frames - num_frames if num_frames > 2 else 0
    steps = 1 + (rng.permutation(num_frames - 1) < lacking)
    places = np.repeat(np.arange(num_frames - 1), steps * problem.moves_per_frame + hurry)
    taken = rng.permutation(places)[: len(states) - 1]
    at = np.concatenate([[0], np.cumsum(np.bincount(taken, minlength=num_frames - 1))])
    return Trace.exact(problem.grid.ground, states[at])


# What is wrong by little, or altogether


Tamper = Callable[[World, Trace, Trace, Rng], tuple[Cells, Cells]]
"""(world, a trace, another trace of the same problem) -> ground and figure of a changed one."""


def _place(trace: Trace, rng: Rng) -> tuple[int, int, int]:
    """A frame but the first, and a cell; half of the time one that changes in some frame, or beside one."""
    frames, rows, cols = trace.figure.shape
    row, col = int(rng.integers(rows)), int(rng.integers(cols))
    active = np.argwhere((trace.figure != trace.figure[0]).any(axis=0))
    if len(active) and rng.random() < 0.5:
        row, col = active[rng.integers(len(active))].tolist()
        if rng.random() < 0.5:
            down, right = ((-1, 0), (0, 1), (1, 0), (0, -1))[rng.integers(4)]
            row, col = (row + down) % rows, (col + right) % cols
    return int(rng.integers(1, frames)), row, col


def _code(world: World, trace: Trace, rng: Rng) -> int:
    """A figure: mostly one that the trace shows anyway, else any, or an unsure one."""
    if rng.random() < 0.85:
        return int(rng.choice(np.unique(trace.figure)))
    return int(rng.choice([*range(len(world.figure_names)), UNSURE]))


def _cell_once(world: World, trace: Trace, other: Trace, rng: Rng) -> tuple[Cells, Cells]:
    figure = trace.figure.copy()
    figure[_place(trace, rng)] = _code(world, trace, rng)
    return trace.ground, figure


def _cell_onwards(world: World, trace: Trace, other: Trace, rng: Rng) -> tuple[Cells, Cells]:
    figure, (frame, row, col) = trace.figure.copy(), _place(trace, rng)
    figure[frame:, row, col] = _code(world, trace, rng)
    return trace.ground, figure


def _ground_cell(world: World, trace: Trace, other: Trace, rng: Rng) -> tuple[Cells, Cells]:
    """A wall's bit, a tile or an unsure cell; in one frame or from then on."""
    ground, (frame, row, col) = trace.ground.copy(), _place(trace, rng)
    code = int(ground[frame, row, col])
    wrong = [
        code ^ 1 << int(rng.integers(4)),
        code % 16 + 16 * int(rng.integers(len(world.tile_names))),
        UNSURE,
    ]
    stop = frame + 1 if rng.random() < 0.5 else None
    ground[frame:stop, row, col] = wrong[rng.integers(3)]
    return ground, trace.figure


def _early_or_late(world: World, trace: Trace, other: Trace, rng: Rng) -> tuple[Cells, Cells]:
    """One cell shows what it does in the frame before, or after."""
    figure, (frame, row, col) = trace.figure.copy(), _place(trace, rng)
    source = min(max(frame + (-1 if rng.random() < 0.5 else 1), 0), len(figure) - 1)
    figure[frame, row, col] = figure[source, row, col]
    return trace.ground, figure


def _neighbours_trade(world: World, trace: Trace, other: Trace, rng: Rng) -> tuple[Cells, Cells]:
    """Two cells side by side trade their figures, in one frame or from then on."""
    figure, (frame, row, col) = trace.figure.copy(), _place(trace, rng)
    down, right = ((0, 1), (1, 0))[rng.integers(2)]
    there = (row + down) % figure.shape[1], (col + right) % figure.shape[2]
    later = figure[frame : frame + 1 if rng.random() < 0.5 else None]
    later[:, row, col], later[:, *there] = later[:, *there].copy(), later[:, row, col].copy()
    return trace.ground, figure


def _frames(pick: Callable[[int, Rng], list[int]]) -> Tamper:
    def tamper(world: World, trace: Trace, other: Trace, rng: Rng) -> tuple[Cells, Cells]:
        at = pick(len(trace.figure), rng)
        return trace.ground[at], trace.figure[at]

    return tamper


def _frames_swapped(count: int, rng: Rng) -> list[int]:
    at = list(range(count))
    one = int(rng.integers(1, count))
    two = min(one + 1, count - 1) if rng.random() < 0.5 else int(rng.integers(1, count))
    at[one], at[two] = at[two], at[one]
    return at


def _frames_dropped(count: int, rng: Rng) -> list[int]:
    gone = rng.permutation(np.arange(1, count))[: int(rng.integers(1, max(2, count // 3)))].tolist()
    return [frame for frame in range(count) if frame not in gone]


def _frames_repeated(count: int, rng: Rng) -> list[int]:
    return sorted([*range(count), *rng.integers(0, count, int(rng.integers(1, 4))).tolist()])


def _frames_reversed(count: int, rng: Rng) -> list[int]:
    """A stretch after the first frame is shown backwards."""
    start, stop = sorted(rng.integers(1, count + 1, 2).tolist())
    return [*range(start), *reversed(range(start, stop)), *range(stop, count)]


def _frame_held(count: int, rng: Rng) -> list[int]:
    """One frame is shown in the place of the next ones."""
    frame, length = int(rng.integers(count)), int(rng.integers(1, 4))
    return [frame if frame < index <= frame + length else index for index in range(count)]


def _splice(world: World, trace: Trace, other: Trace, rng: Rng) -> tuple[Cells, Cells]:
    """The beginning of one trace, then the rest of another."""
    cut = int(rng.integers(1, len(trace.figure)))
    return (
        np.concatenate([trace.ground[:cut], other.ground[cut:]]),
        np.concatenate([trace.figure[:cut], other.figure[cut:]]),
    )


TAMPERS: tuple[tuple[str, Tamper], ...] = (
    ("a cell in one frame", _cell_once),
    ("a cell from then on", _cell_onwards),
    ("a cell of the ground", _ground_cell),
    ("a cell early or late", _early_or_late),
    ("two cells trade", _neighbours_trade),
    ("frames swapped", _frames(_frames_swapped)),
    ("frames dropped", _frames(_frames_dropped)),
    ("frames repeated", _frames(_frames_repeated)),
    ("frames reversed", _frames(_frames_reversed)),
    ("a frame held", _frames(_frame_held)),
    ("splice", _splice),
)


def tampered(world: World, trace: Trace, other: Trace, rng: Rng) -> tuple[str, Trace]:
    """One change to a trace of at least two frames; `other` is a trace of the same problem."""
    name, tamper = TAMPERS[rng.integers(len(TAMPERS))]
    return name, Trace.exact(*tamper(world, trace, other, rng))


def strange_traces(world: World, problem: Problem, rng: Rng) -> Iterator[tuple[str, Trace]]:
    """Cheats as they are read, another problem's oracle, random codes, and a video that is hard to read."""
    # A trace has no pixels: what only unexplained pixels betray is no cheat any more once it is read.
    read = [cheat for cheat in world.cheats if "unexplained" not in cheat.reasons]
    for trace in _some_as_read(world, problem, read, NUM_CHEATS, rng):
        yield "cheat", trace
    address = problem.address
    other = oracle_trace(world, make_problem(world, address.level, address.split, address.index + 1))
    if other.figure.shape[1:] == problem.grid.shape:
        figure = other.figure.copy()
        figure[0] = problem.grid.figure if rng.random() < 0.5 else figure[0]
        yield "another problem's", Trace.exact(problem.grid.ground, figure)
    shape = oracle_trace(world, problem).figure.shape
    for _ in range(2):
        figure = rng.integers(0, len(world.figure_names), shape).astype(np.uint8)
        figure[0] = problem.grid.figure
        yield "random codes", Trace.exact(problem.grid.ground, figure)
    # Pixels between two pictures, and in noise: what is hard to read must be refused by both.
    clean = oracle_video(world, problem).astype(np.float32)
    noise = rng.normal(128, 60, clean.shape)
    share = np.where(rng.random((len(clean), 1, 1, 1)) < 0.3, rng.uniform(0, 0.6), 0.1)
    share[0] = 0
    yield "blend with noise", seen(world, problem, np.clip((1 - share) * clean + share * noise, 0, 255))
