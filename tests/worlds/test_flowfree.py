"""FlowFree: the solver against SAT, and the judge; the judge against the second opinion is elsewhere."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from videorlvr.audit.laws import check_world
from videorlvr.base import seeding
from videorlvr.base.media.read import read_video
from videorlvr.base.media.write import write_mp4
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import DECLARED, EXACT
from videorlvr.worlds.api import Cells, Grid, Level, Problem, Trace, Verdict, tile_code
from videorlvr.worlds.flowfree import LEVELS, WORLD, sat
from videorlvr.worlds.flowfree.cheats import CHEATS
from videorlvr.worlds.flowfree.generate import MIN_LENGTH, NUM_COLOURS, generate
from videorlvr.worlds.flowfree.play import play
from videorlvr.worlds.flowfree.rules import Flow, endpoints_of, flows_of, moves_text, neighbours
from videorlvr.worlds.flowfree.solve import solve
from videorlvr.worlds.flowfree.verify import REASONS
from videorlvr.worlds.problems import make_problem, oracle_trace, pace
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.symmetry import flipped, transposed
from videorlvr.worlds.verify import COMMON_REASONS


def board(*rows: str) -> Grid:
    """A board in letters: `A..A` has two endpoints of the first colour."""
    colours = np.array([[".ABCDEFGHIJKL".index(letter) for letter in row] for row in rows], np.uint8)
    return Grid(colours * 16, colours)


def posed(grid: Grid, solution: str, *, num_frames: int, moves_per_frame: int) -> Problem:
    problem = make_problem(WORLD, "micro", "train", 0)
    return dataclasses.replace(
        problem, grid=grid, solution=solution, num_frames=num_frames, moves_per_frame=moves_per_frame
    )


def judged(problem: Problem, figures: Cells) -> Verdict:
    return WORLD.verify(problem, Trace.exact(problem.grid.ground, figures))


def played(problem: Problem, moves: str) -> Verdict:
    """The verdict on these moves, shown at the problem's pace."""
    states = play(problem.grid, moves)
    return judged(
        problem, pace(states, num_frames=problem.num_frames, moves_per_frame=problem.moves_per_frame)
    )


def of_side(side: int) -> Level:
    return dataclasses.replace(LEVELS["micro"], rows=(side, side), cols=(side, side))


# Boards


def drafts(side: int, count: int) -> Iterator[tuple[Grid, list[Flow]]]:
    for index in range(count):
        draft = generate(of_side(side), seeding.rng("test-flowfree", side, index))
        if draft is not None and draft.moves is not None:
            yield draft.grid, flows_of(draft.moves)


@pytest.mark.parametrize("side", range(4, 11))
def test_boards_are_covers_by_flows_that_do_not_touch_themselves(side: int) -> None:
    num_boards = 0
    for grid, flows in drafts(side, 30):
        num_boards += 1
        assert NUM_COLOURS[side][0] <= len(flows) <= NUM_COLOURS[side][1]
        assert sorted(cell for flow in flows for cell in flow.cells) == list(np.ndindex(side, side))
        assert endpoints_of(grid.ground) == {
            flow.colour: tuple(sorted((flow.cells[0], flow.cells[-1]))) for flow in flows
        }
        assert np.array_equal(grid.figure, grid.ground >> 4)
        for flow in flows:
            assert MIN_LENGTH <= len(flow.cells) <= 3 * side
            for i, j in itertools.combinations(range(len(flow.cells)), 2):
                assert (flow.cells[j] in neighbours(grid.shape, flow.cells[i])) == (j == i + 1)
        # Colours are named, and flows grow, in reading order.
        starts = [flow.cells[0] for flow in flows]
        assert starts == sorted(starts)
        assert all(flow.cells[0] < flow.cells[-1] for flow in flows)
        assert [flow.colour for flow in flows] == list(range(1, len(flows) + 1))
    assert num_boards >= 25


def test_boards_of_a_size_without_colours_are_refused() -> None:
    with pytest.raises(ValueError, match="from 4x4 to 10x10"):
        generate(of_side(3), np.random.default_rng(0))


def test_oblong_boards_are_made_where_a_level_asks_for_them() -> None:
    level = dataclasses.replace(LEVELS["micro"], rows=(4, 4), cols=(6, 6))
    made = [generate(level, np.random.default_rng(seed)) for seed in range(10)]
    shapes = {draft.grid.shape for draft in made if draft}
    assert shapes == {(4, 6)}
    assert all(solve(draft.grid) for draft in made if draft)


def test_the_name_of_a_board_forgets_colours_and_mirrors() -> None:
    grid = make_problem(WORLD, "small", "train", 0).grid
    names = np.array([0, 3, 1, 2, 5, 4, 12, *range(7, 16)], np.uint8)
    renamed = Grid(names[grid.ground >> 4] * 16, names[grid.figure])
    for image in (renamed, flipped(grid), transposed(flipped(renamed))):
        assert WORLD.canonical(image) == WORLD.canonical(grid)
    assert WORLD.canonical(make_problem(WORLD, "small", "train", 1).grid) != WORLD.canonical(grid)


# Moves


def test_the_step_onto_the_other_endpoint_is_written_but_no_state() -> None:
    grid = board("A.A", "B.B")
    states = play(grid, "A0,0:RR B1,2:LL")
    assert states.tolist() == [
        [[1, 0, 1], [2, 0, 2]],
        [[1, 1, 1], [2, 0, 2]],
        [[1, 1, 1], [2, 2, 2]],
    ]
    assert len(play(grid, "A0,0:R")) == 2
    assert len(play(grid, "")) == 1


@pytest.mark.parametrize(
    ("moves", "match"),
    [
        ("A0,0RR", "a flow is written like"),
        ("A0,0:RX", "a flow is written like"),
        ("A0,1:R", "no endpoint of A"),
        ("C0,0:R", "no colour C"),
        ("A0,0:U", "leaves the board"),
        ("A0,0:D", "there is colour B already"),
        ("A0,0:RL", "there is colour A already"),
        ("A0,0:RRD", "the flow of A has joined its endpoints"),
        ("A0,0:R A0,0:R", "goes on from row 0, col 1"),
    ],
)
def test_illegal_moves_are_named(moves: str, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        play(board("A.A", "B.B"), moves)


def test_random_flows_wander_until_they_arrive_or_are_stuck() -> None:
    """From either endpoint, a colour after the other, and never more cells than were asked for."""
    starts: dict[int, set[tuple[int, int]]] = {}
    for seed in range(40):
        grid = make_problem(WORLD, "small", "train", seed % 3).grid
        num_moves = 3 if seed % 2 else 99
        moves = WORLD.random_moves(grid, num_moves, np.random.default_rng(seed))
        figures, ends, flows = play(grid, moves), endpoints_of(grid.ground), flows_of(moves)
        assert [flow.colour for flow in flows] == list(ends)
        assert len(figures) - 1 <= num_moves
        if num_moves == 3:
            assert len(figures) == 4
            continue
        shown, number = grid.figure.copy(), 0
        for flow in flows:
            one, other = ends[flow.colour]
            starts.setdefault(flow.colour, set()).add(flow.cells[0])
            end = other if flow.cells[0] == one else one
            for cell in flow.cells[1:]:
                shown[cell] = flow.colour
                number += cell != end
            tip = flow.cells[-1]
            arrived = tip == end
            stuck = all(shown[cell] for cell in neighbours(grid.shape, tip))
            assert arrived or stuck, moves
            assert all(end not in neighbours(grid.shape, cell) for cell in flow.cells[:-2]), (
                "it goes past its end"
            )
        assert number == len(figures) - 1
    assert all(len(cells) > 1 for cells in starts.values())


# Solver


def moved_endpoint(grid: Grid, rng: np.random.Generator) -> Grid:
    """One endpoint goes to an empty cell: most such boards have no solution."""
    ends = endpoints_of(grid.ground)
    colour = int(rng.choice(list(ends)))
    empty = np.argwhere(grid.ground == 0)
    figure = grid.figure.copy()
    figure[ends[colour][rng.integers(2)]] = 0
    figure[tuple(empty[rng.integers(len(empty))])] = colour
    return Grid(figure * tile_code(1), figure)


def test_solver_and_sat_agree_on_what_can_be_solved() -> None:
    outcomes = []
    for side in (4, 5, 6):
        for index, (given, _) in enumerate(drafts(side, 40)):
            grid = moved_endpoint(given, seeding.rng("moved", side, index)) if index % 4 else given
            ours, theirs = solve(grid), sat.solve_sat(grid)
            assert (ours is None) == (theirs is None), grid.figure
            outcomes.append(ours is not None)
            for moves in (ours, theirs):
                assert moves is None or play(grid, moves)[-1].all()
            if ours:
                assert [str(flow) for flow in flows_of(ours)] == ours.split()
                assert [f.cells[0] for f in flows_of(ours)] == [
                    e[0] for e in endpoints_of(grid.ground).values()
                ]
                assert solve(grid) == ours
    assert 30 < sum(outcomes) < len(outcomes) - 30


@pytest.mark.parametrize("side", [8, 10])
def test_solver_fills_large_boards(side: int) -> None:
    for grid, _ in drafts(side, 3):
        moves = solve(grid)
        assert moves is not None
        assert play(grid, moves)[-1].all()


def test_solutions_are_counted_by_what_they_show() -> None:
    # The flow may snake by rows or by columns: two orders, one picture.
    assert sat.count_solutions(board("A..", "...", "..A"), limit=9) == 1
    assert sat.count_solutions(board("A.A", "B.B"), limit=9) == 1
    assert sat.count_solutions(board("AB", "BA"), limit=9) == 0
    assert not sat.is_unique(board("AB", "BA"))


def test_count_agrees_with_trying_every_colouring() -> None:
    """On boards of 3x4: a colouring counts if each colour has a path through all of its cells."""

    def has_path(cells: frozenset[tuple[int, int]], tip: tuple[int, int], end: tuple[int, int]) -> bool:
        rest = cells - {tip}
        if tip == end:
            return not rest
        return any(has_path(rest, cell, end) for cell in neighbours((3, 4), tip) if cell in rest)

    counts = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        figure = np.zeros(12, np.uint8)
        figure[rng.permutation(12)[:4]] = (1, 1, 2, 2)
        grid = Grid(figure.reshape(3, 4) * tile_code(1), figure.reshape(3, 4))
        ends, empty = endpoints_of(grid.ground), np.argwhere(grid.figure == 0)
        count = 0
        for paint in itertools.product((1, 2), repeat=len(empty)):
            cells = {colour: set(pair) for colour, pair in ends.items()}
            for cell, colour in zip(empty.tolist(), paint, strict=True):
                cells[colour].add(tuple(cell))
            count += all(has_path(frozenset(cells[colour]), *ends[colour]) for colour in ends)
        assert sat.count_solutions(grid, limit=100) == count
        assert (solve(grid) is not None) == (count > 0)
        counts.append(count)
    assert {0, 1} < set(counts)


# The judge: what it must accept


def test_every_cover_is_a_solution() -> None:
    """Boards with several solutions: each is accepted, and only the reference's f1 is 1."""
    num_boards = 0
    for index in range(8):
        problem = make_problem(WORLD, "hard", "test", index)
        covers = list(itertools.islice(sat.solutions(problem.grid), 4))
        if len(covers) < 2:
            continue
        num_boards += 1
        assert len({figure.tobytes() for _, figure in covers}) == len(covers)
        for moves, figure in covers:
            verdict = played(problem, moves)
            assert verdict.success, verdict.reason
            assert all(reward(verdict.components) == pytest.approx(1) for reward in WORLD.rewards.values())
            reference = play(problem.grid, problem.solution)[-1]
            assert (verdict.metrics["f1"] == 1) == np.array_equal(figure, reference)
    assert num_boards >= 2


def test_any_order_and_either_endpoint_is_accepted() -> None:
    rng = np.random.default_rng(0)
    for index in range(30):
        problem = make_problem(WORLD, "small", "val", index)
        flows = [
            Flow(flow.colour, flow.cells[::-1] if rng.random() < 0.5 else flow.cells)
            for flow in flows_of(problem.solution)
        ]
        rng.shuffle(flows)  # type: ignore[arg-type]
        assert played(problem, moves_text(flows)).success
        turns = rng.permutation([flow.colour for flow in flows for _ in flow.cells[1:-1]])
        states, grown = [problem.grid.figure], dict.fromkeys(turns.tolist(), 0)
        by_colour = {flow.colour: flow for flow in flows}
        for colour in turns.tolist():
            grown[colour] += 1
            states.append(states[-1].copy())
            states[-1][by_colour[colour].cells[grown[colour]]] = colour
        assert judged(
            problem, pace(np.stack(states), num_frames=problem.num_frames, moves_per_frame=2)
        ).success


def test_flows_may_touch_themselves_and_pass_by_their_end() -> None:
    grid = board("A..", "A..", "B.B")
    problem = posed(grid, "A0,0:RRDLL B2,0:RR", num_frames=6, moves_per_frame=1)
    assert played(problem, problem.solution).success
    verdict = played(problem, "A1,0:RRULL B2,0:RR")
    assert verdict.success
    assert verdict.components["path_valid"] == 1


def test_orders_within_a_frame_are_remembered() -> None:
    """Both orders explain the second frame; the third tells which, and only one tip may be used."""
    grid = board("A....", "....A")
    problem = posed(grid, "A0,0:DRURDRURD", num_frames=5, moves_per_frame=3)
    states = np.repeat(grid.figure[None], 5, axis=0)
    for frame, cells in enumerate([[(0, 1), (1, 1), (1, 0)], [(0, 2)]], start=1):
        for cell in cells:
            states[frame:, *cell] = 1
    # Round the square either way, the tip is (0, 1) or (1, 0): only the first can go on to (0, 2).
    assert judged(problem, states[:3]).components["process"] == 1
    states[3:, 1, 2] = 1
    assert judged(problem, states[:4]).components["process"] == 1
    states[4:, 0, 3] = 1  # beside (0, 2), which is no tip any more
    verdict = judged(problem, states)
    assert (verdict.reason, verdict.frame) == ("branched", 4)


# Components, cheats, laws


def test_components_by_hand() -> None:
    grid = board("A..A", "B..B", "C..C")
    problem = posed(grid, "A0,0:RRR B1,0:RRR C2,0:RRR", num_frames=7, moves_per_frame=1)
    frozen = judged(problem, np.repeat(grid.figure[None], 7, axis=0))
    assert (frozen.reason, frozen.components["process"], frozen.components["progress"]) == (
        "not_joined",
        1,
        0,
    )
    assert WORLD.rewards["dense-v1"](frozen.components) == 0
    half = played(problem, "A0,0:RRR B1,0:R")
    assert half.components["progress"] == pytest.approx(3 / 6)
    assert half.components["arrival"] == half.components["path_valid"] == pytest.approx(1 / 3)
    assert half.components["connected"] == pytest.approx(1 / 3)
    assert half.components["fill"] == pytest.approx(9 / 12)
    assert half.components["endpoints"] == 1
    assert half.metrics == {"precision": 1, "recall": 0.5, "f1": pytest.approx(2 / 3)}
    late = np.repeat(grid.figure[None], 7, axis=0)
    late[1:, 0, 1] = 1
    late[3:, 2, 2] = late[3:, 2, 1] = 3  # two cells where one is allowed
    late[5:, 0, 0] = 2
    verdict = judged(problem, late)
    assert (verdict.reason, verdict.frame) == ("too_fast", 3)
    assert verdict.components["process"] == pytest.approx(4 / 6)
    assert verdict.components["progress"] == pytest.approx(1 / 6)
    assert verdict.components["arrival"] == pytest.approx(4 / 6 / 3)
    assert verdict.components["endpoints"] == pytest.approx(5 / 6)


def test_growing_past_the_end_is_told_from_passing_by() -> None:
    grid = board("A.A.", "....", "B..B")
    problem = posed(grid, "A0,0:RR B2,0:RRR", num_frames=8, moves_per_frame=1)
    figures = np.repeat(grid.figure[None], 8, axis=0)
    for frame, cell in enumerate([(0, 1), (1, 1)], start=1):
        figures[frame:, *cell] = 1
    verdict = judged(problem, figures)
    assert (verdict.reason, verdict.frame) == ("grew_past_end", 2)
    figures[3:, 1, 2] = 1  # beside the endpoint again
    assert judged(problem, figures).reason == "not_joined"
    out_of_the_end = np.repeat(grid.figure[None], 8, axis=0)
    out_of_the_end[1:, 0, 1] = 1
    out_of_the_end[2:, 0, 3] = 1  # beside the endpoint that is already joined
    verdict = judged(problem, out_of_the_end)
    assert (verdict.reason, verdict.frame) == ("grew_past_end", 2)


def test_every_own_reason_has_a_cheat() -> None:
    by_name = {cheat.name: cheat for cheat in CHEATS}
    # Few boards can be joined without being filled, so that cheat is looked for on more of them.
    trials = [(index, cheat) for index in range(5) for cheat in CHEATS]
    trials += [(index, by_name["short-cuts"]) for index in range(60)]
    seen = set()
    for index, cheat in trials:
        problem = make_problem(WORLD, "small", "train", index)
        video = cheat.make(WORLD, problem, seeding.rng(cheat.name, index))
        if video is not None:
            verdict = judge(WORLD, problem, video, EXACT)
            assert verdict.reason in cheat.reasons, cheat.name
            seen.add(verdict.reason)
    assert set(REASONS) - set(COMMON_REASONS) <= seen


def test_oracle_trace_grows_flow_after_flow() -> None:
    problem = make_problem(WORLD, "paper", "test", 1)
    figures = oracle_trace(WORLD, problem).figure
    first_shown = [
        int(np.argmax(((figures == colour) & (figures[0] == 0)).any(axis=(1, 2))))
        for colour in endpoints_of(problem.grid.ground)
    ]
    assert first_shown == sorted(first_shown)


@pytest.mark.parametrize("theme", list(WORLD.themes))
def test_colours_survive_chroma_subsampling(theme: str, tmp_path: Path) -> None:
    """An endpoint's ring is one pixel wide: the hardest thing to tell in yuv420p."""
    problem = make_problem(WORLD, "hard", "train", 3)
    problem = dataclasses.replace(problem, theme=theme)
    write_mp4(tmp_path / "lossy.mp4", oracle_video(WORLD, problem), fps=8, lossless=False)
    assert judge(WORLD, problem, read_video(tmp_path / "lossy.mp4")[0], DECLARED).success


@pytest.mark.parametrize(("level", "count"), [("micro", 2), ("small", 2), ("paper", 1), ("hard", 1)])
def test_laws(level: str, count: int) -> None:
    assert check_world(WORLD, level=level, count=count) == []
