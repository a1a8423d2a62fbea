"""Maze: its generators, its solver and its judge; the judge against the second opinion is elsewhere."""

from __future__ import annotations

import dataclasses
import itertools
import time
from collections import Counter

import numpy as np
import pytest

from videorlvr.audit import second
from videorlvr.worlds.api import UNSURE, Cells, Grid, Problem, Trace
from videorlvr.worlds.maze import LEVELS, WORLD
from videorlvr.worlds.maze.generate import braid, depth_first, generate, wilson
from videorlvr.worlds.maze.rules import distances
from videorlvr.worlds.maze.verify import REASONS, transition_fault
from videorlvr.worlds.problems import make_problem, pace
from videorlvr.worlds.verify import COMMON_REASONS

STEPS = {1: (-1, 0), 2: (0, 1), 4: (1, 0), 8: (0, -1)}
"""Wall bit -> the step it forbids. Said again here: what checks boards shares nothing with what makes them."""


def exits(ground: Cells, cell):
    return [(cell[0] + dr, cell[1] + dc) for bit, (dr, dc) in STEPS.items() if not int(ground[cell]) & bit]


def moves_between(ground: Cells, source):
    """Breadth-first distances as a dict; cells out of reach are missing."""
    away, queue = {source: 0}, [source]
    for cell in queue:
        for other in exits(ground, cell):
            if other not in away:
                away[other] = away[cell] + 1
                queue.append(other)
    return away


# --- boards and traces --------------------------------------------------------------------------------


def board(*rows: str) -> Grid:
    """A maze as text. `@` head, `*` goal, `.` floor; between them, `|` and `-` are walls.

    >>> board("@ .|*")  # three cells in a row, a wall before the goal
    """
    lines = [row.ljust(len(rows[0])) for row in rows]
    cells = [line[::2] for line in lines[::2]]
    ground = np.zeros((len(cells), len(cells[0])), np.uint8)
    figure = np.zeros_like(ground)
    for (row, col), _ in np.ndenumerate(ground):
        if row == 0 or lines[2 * row - 1][2 * col] == "-":
            ground[row, col] += 1
        if col == len(cells[0]) - 1 or lines[2 * row][2 * col + 1] == "|":
            ground[row, col] += 2
        if row == len(cells) - 1 or lines[2 * row + 1][2 * col] == "-":
            ground[row, col] += 4
        if col == 0 or lines[2 * row][2 * col - 1] == "|":
            ground[row, col] += 8
        ground[row, col] += 16 * (cells[row][col] == "*")
        figure[row, col] = 2 * (cells[row][col] == "@")
    return Grid(ground, figure)


def posed(grid: Grid, *, num_frames: int, moves_per_frame: int) -> Problem:
    problem = make_problem(WORLD, "micro", "train", 0)
    return dataclasses.replace(
        problem,
        grid=grid,
        solution=WORLD.solve(grid),
        num_frames=num_frames,
        moves_per_frame=moves_per_frame,
    )


def shown(grid: Grid, moves: str, *, at: list[int]) -> Trace:
    """The states of a walk after `at[f]` of its moves in frame f."""
    return Trace.exact(grid.ground, WORLD.play(grid, moves)[at])


LOOP = board(
    "@ . .",
    "  -  ",
    ". . .",
    "     ",
    ".|.|*",
)
"""Two ways round, a wall under the top middle cell, walls beside the bottom middle cell."""


def carved(carve, rows: int, cols: int, seed: int) -> Cells:
    walls = np.full((rows, cols), 15, np.uint8)
    carve(walls, np.random.default_rng(seed))
    return walls


def openings(walls: Cells) -> int:
    """Doors between cells; every one must be open from both of its sides, and none leads off the board."""
    count = 0
    for (row, col), _ in np.ndenumerate(walls):
        for other in exits(walls, (row, col)):
            assert 0 <= other[0] < walls.shape[0], "a door leads off the board"
            assert 0 <= other[1] < walls.shape[1], "a door leads off the board"
            assert (row, col) in exits(walls, other), "a door is open from one side only"
            count += 1
    return count // 2


@pytest.mark.parametrize("carve", [depth_first, wilson])
@pytest.mark.parametrize(("rows", "cols"), [(1, 5), (3, 3), (4, 7), (12, 12)])
def test_perfect_mazes_are_spanning_trees(carve, rows, cols):
    for seed in range(10):
        walls = carved(carve, rows, cols, seed)
        assert openings(walls) == rows * cols - 1
        assert len(moves_between(walls, (0, 0))) == rows * cols


@pytest.mark.parametrize(("rows", "trees", "quantile"), [(2, 15, 36.1), (3, 192, 258.0)])
def test_wilson_is_uniform(rows, trees, quantile):
    """Over all spanning trees of 2x3 and 3x3 cells; chi-square's 0.999 quantile at trees - 1 degrees."""
    count, rng = 200 * trees if rows == 2 else 4000, np.random.default_rng(7)
    seen: Counter[bytes] = Counter()
    for _ in range(count):
        walls = np.full((rows, 3), 15, np.uint8)
        wilson(walls, rng)
        seen[walls.tobytes()] += 1
    assert len(seen) == trees
    expected = count / trees
    assert sum((n - expected) ** 2 / expected for n in seen.values()) < quantile


def test_depth_first_is_not_uniform_but_reaches_every_cell_by_longer_corridors():
    """The two algorithms differ in what they are there for: dead ends."""

    def dead_ends(carve):
        return np.mean([np.isin(carved(carve, 10, 10, seed), (7, 11, 13, 14)).sum() for seed in range(20)])

    assert dead_ends(depth_first) < 0.6 * dead_ends(wilson)


def test_braided_mazes_have_loops_and_stay_connected():
    more = 0
    for seed in range(20):
        walls = carved(wilson, 6, 6, seed)
        braid(walls, np.random.default_rng(seed))
        assert len(moves_between(walls, (0, 0))) == 36
        more += openings(walls) > 35
    assert more == 20


def test_levels_hold_perfect_and_braided_boards():
    """About a quarter of the boards have loops."""
    drafts = [generate(LEVELS["small"], np.random.default_rng(seed)) for seed in range(300)]
    loops = [openings(d.grid.ground) > d.grid.ground.size - 1 for d in drafts if d]
    assert 0.15 < np.mean(loops) < 0.35


@pytest.mark.parametrize("level", ["micro", "small", "paper"])
def test_solutions_are_shortest(level):
    for index in range(15):
        problem = make_problem(WORLD, level, "train", index)
        start = tuple(np.argwhere(problem.grid.figure == 2)[0])
        goal = tuple(np.argwhere(problem.grid.ground >= 16)[0])
        assert len(problem.solution) == moves_between(problem.grid.ground, start)[goal]
        low, high = LEVELS[level].moves
        assert low <= len(problem.solution) <= high


def test_a_goal_behind_walls_has_no_solution():
    grid = board("@ .|*")
    assert WORLD.solve(grid) is None
    assert distances(grid.ground, (0, 0)).tolist() == [[0, 1, -1]]


def test_a_head_on_the_goal_need_not_move():
    grid = board("* .")
    assert WORLD.solve(Grid(grid.ground, np.array([[2, 0]], np.uint8))) == ""


def test_play_refuses_walls_and_unknown_letters():
    with pytest.raises(ValueError, match="move 2"):
        WORLD.play(board("@ .|*"), "RR")
    with pytest.raises(ValueError, match="U, R, D, L"):
        WORLD.play(board("@ .|*"), "X")


# --- what is accepted ---------------------------------------------------------------------------------

PROBLEM = posed(LOOP, num_frames=7, moves_per_frame=2)
ACCEPTED = {
    "one move a frame": ("RRDD", [0, 1, 2, 3, 4]),
    "two moves a frame": ("RRDD", [0, 2, 4, 4, 4, 4, 4]),
    "uneven speed": ("RRDD", [0, 1, 3, 3, 4, 4, 4]),
    "waits at the start, on the way and at the goal": ("RRDD", [0, 0, 2, 2, 3, 4, 4, 4]),
    "the other way round": ("DRRD", [0, 2, 3, 4, 4, 4, 4]),
    "a detour into a dead end": ("DRDURD", [0, 2, 3, 4, 5, 6, 6]),
    "there and back again within a frame": ("RLRRDD", [0, 1, 3, 4, 5, 6, 6]),
    "back to the start first": ("DURRDD", [0, 1, 2, 4, 6, 6, 6]),
    "more frames than asked for": ("RRDD", [0, 0, 0, 0, 1, 2, 3, 4, 4, 4]),
    "fewer frames, faster": ("RRDD", [0, 4, 4, 4]),
}


@pytest.mark.parametrize("case", ACCEPTED)
def test_any_legal_walk_is_accepted(case):
    moves, at = ACCEPTED[case]
    trace = shown(LOOP, moves, at=at)
    assert second.legal(PROBLEM, trace).success
    verdict = WORLD.verify(PROBLEM, trace)
    assert verdict.success, verdict
    assert (verdict.reason, verdict.frame) == ("", None)
    for name in ("dense-v1", "sparse"):
        assert WORLD.rewards[name](verdict.components) == pytest.approx(1)


def painted(trace: Trace, frame: int, cell, code: int, *, onwards: bool = True) -> Trace:
    figure = trace.figure.copy()
    figure[(slice(frame, None) if onwards else frame, *cell)] = code
    return dataclasses.replace(trace, figure=figure)


WALKED = shown(LOOP, "RRDD", at=[0, 1, 2, 3, 4, 4, 4])


def then(*pictures: list[list[int]]) -> Trace:
    """The given frame, then these figures, the last one held."""
    figures = [LOOP.figure, *(np.array(picture, np.uint8) for picture in pictures)]
    return Trace.exact(LOOP.ground, np.stack(figures + figures[-1:] * (7 - len(figures))))


def without_a_wall(frame: int) -> Trace:
    ground = WALKED.ground.copy()
    ground[frame, 0, 1] -= 4
    ground[frame, 1, 1] -= 1
    return dataclasses.replace(WALKED, ground=ground)


REFUSED = {
    "walls_changed": (without_a_wall(2), 2),
    "no_head": (painted(WALKED, 4, (2, 2), 1), 4),
    "many_heads": (painted(WALKED, 3, (0, 0), 2), 3),
    "trail_erased": (painted(WALKED, 3, (0, 1), 0), 3),
    "wall_crossed": (then([[1, 2, 0], [0, 0, 0], [0, 0, 0]], [[1, 1, 0], [0, 2, 0], [0, 0, 0]]), 2),
    "jump": (then([[1, 0, 0], [0, 0, 0], [0, 0, 2]]), 1),
    "trail_unwalked": (painted(WALKED, 1, (2, 0), 1), 1),
    "left_goal": (shown(LOOP, "RRDDU", at=[0, 2, 4, 4, 4, 5, 5]), 5),
    "not_at_goal": (shown(LOOP, "RRD", at=[0, 1, 2, 3, 3, 3, 3]), 6),
}


def test_every_reason_of_the_maze_is_below():
    assert set(REFUSED) == set(REASONS) - set(COMMON_REASONS)


@pytest.mark.parametrize("reason", REFUSED)
def test_every_reason_names_its_frame(reason):
    trace, frame = REFUSED[reason]
    verdict = WORLD.verify(PROBLEM, trace)
    assert not verdict.success
    assert verdict.reason == reason
    assert second.legal(PROBLEM, trace).frame == frame
    assert verdict.frame == frame


def test_common_reasons():
    wrong = dataclasses.replace(WALKED, figure=WALKED.figure[::-1])
    assert WORLD.verify(PROBLEM, wrong).reason == "wrong_start"
    assert WORLD.verify(PROBLEM, painted(WALKED, 3, (1, 1), UNSURE)).reason == "unreadable"
    short = Trace(WALKED.ground[:1], WALKED.figure[:1], WALKED.confidence[:1])
    assert WORLD.verify(PROBLEM, short).reason == "too_few_frames"


def test_coming_back_to_the_goal_does_not_mend_leaving_it():
    verdict = WORLD.verify(PROBLEM, shown(LOOP, "RRDDUD", at=[0, 2, 4, 4, 5, 6, 6]))
    assert (verdict.reason, verdict.frame) == ("left_goal", 4)


def test_pace_is_enforced():
    """Four moves in one frame of a video that has all its frames, and in fewer frames one too often."""
    assert WORLD.verify(PROBLEM, shown(LOOP, "RRDD", at=[0, 4, 4, 4, 4, 4, 4])).reason == "jump"
    assert WORLD.verify(PROBLEM, shown(LOOP, "RRDD", at=[0, 3, 4, 4, 4, 4, 4])).reason != ""
    assert WORLD.verify(PROBLEM, shown(LOOP, "RRDD", at=[0, 0, 4, 4, 4, 4])).success


def test_progress_counts_only_what_came_before_the_fault():
    """Walking two of four moves, then painting, earns half of the progress."""
    jumped = then(
        [[1, 2, 0], [0, 0, 0], [0, 0, 0]],
        [[1, 1, 2], [0, 0, 0], [0, 0, 0]],
        [[1, 1, 1], [0, 0, 0], [1, 0, 2]],
    )
    verdict = WORLD.verify(PROBLEM, jumped)
    assert (verdict.reason, verdict.frame) == ("trail_unwalked", 3)
    assert verdict.components["progress"] == pytest.approx(0.5)
    assert verdict.components["process"] == pytest.approx(5 / 6)
    still = WORLD.verify(PROBLEM, shown(LOOP, "RR", at=[0, 1, 2, 2, 2, 2, 2]))
    assert still.components["progress"] == still.components["arrival"] == pytest.approx(0.5)


# --- hostile traces -----------------------------------------------------------------------------------


def open_board(size: int) -> Cells:
    """No walls but the rim's; the goal in the last corner."""
    ground = np.zeros((size, size), np.uint8)
    ground[0] |= 1
    ground[:, -1] |= 2
    ground[-1] |= 4
    ground[:, 0] |= 8
    ground[-1, -1] |= 16
    return ground


def test_a_hostile_frame_is_judged_quickly():
    """Whatever the pace: odd trail cells on a board with loops make the search for a walk a hard problem."""
    rng, ground, slowest = np.random.default_rng(0), open_board(10), 0.0
    start = np.zeros((10, 10), np.uint8)
    start[0, 0] = 2
    pictures = [np.where(rng.random((10, 10)) < share, 1, 0) for share in (0.1, 0.5, 0.9, 1.0)]
    for rows in (2, 3, 5):  # a block that can be walked in countless ways, and a cell that no walk reaches
        block = np.zeros((10, 10))
        block[:rows] = 1
        block[9, 5] = 1
        pictures.append(block)
    for moves, picture, end in itertools.product((8, 16, 80), pictures, ((9, 9), (1, 9), (0, 1))):
        after = picture.astype(np.uint8)
        after[0, 0], after[end] = 1, 2
        began = time.process_time()
        transition_fault(ground, start, after, moves)
        slowest = max(slowest, time.process_time() - began)
    assert slowest < 1, f"{slowest:.2f} s"


def test_a_hostile_video_is_judged_quickly():
    """At the fastest pace of the largest level, every frame as hard as the others."""
    ground, figures = open_board(25), [np.zeros((25, 25), np.uint8)]
    figures[0][0, 0] = 2
    problem = posed(Grid(ground, figures[0]), num_frames=25, moves_per_frame=8)
    for frame in range(1, 13):
        figure = (figures[-1] > 0).astype(np.uint8)
        row = 2 * frame - 2
        figure[row : row + 2, :7] = 1
        figure[row, 20] = 1
        figure[row + 1, frame % 3] = 2
        figures.append(figure)
    began = time.process_time()
    verdict = WORLD.verify(problem, Trace.exact(ground, np.stack(figures)))
    assert time.process_time() - began < 2
    assert (verdict.reason, verdict.frame) == ("trail_unwalked", 1)


def test_an_honest_walk_in_fewer_frames_is_accepted_on_long_boards():
    """The bound on the search must not refuse what it is there to find."""
    for index in range(10):
        problem = make_problem(WORLD, "paper", "train", index)
        for frames in (11, 14):
            at = np.linspace(0, len(problem.solution), frames).round().astype(int)
            trace = shown(problem.grid, problem.solution, at=at)
            assert WORLD.verify(problem, trace).success


def test_a_process_has_to_be_shown():
    """At no more than twice its pace, for as long as it takes and no longer."""
    assert WORLD.verify(PROBLEM, shown(LOOP, "RRDD", at=[0, 4])).reason == "jump"
    for at in ([0, 2, 4, 4], [0, 2, 4], [0, 4, 4], [0, 1, 2, 3, 4]):
        assert WORLD.verify(PROBLEM, shown(LOOP, "RRDD", at=at)).success


def test_pace_holds_the_end_and_refuses_what_does_not_fit():
    states = WORLD.play(LOOP, "RRDD")
    assert np.array_equal(pace(states, num_frames=4, moves_per_frame=2), states[[0, 2, 4, 4]])
    with pytest.raises(ValueError, match="at least 5 frames"):
        pace(states, num_frames=4, moves_per_frame=1)
