"""FlowFree: the solver against SAT, the judge against an explicit search over all growths."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from videorlvr.base import seeding
from videorlvr.base.video import read_mp4, write_mp4
from videorlvr.worlds.api import Cells, Grid, Level, Problem, Trace, Verdict, tile_code
from videorlvr.worlds.flowfree import LEVELS, WORLD, sat
from videorlvr.worlds.flowfree.cheats import CHEATS
from videorlvr.worlds.flowfree.generate import MIN_LENGTH, NUM_COLOURS, generate
from videorlvr.worlds.flowfree.rules import Flow, endpoints_of, flows_of, moves_text, neighbours, play
from videorlvr.worlds.flowfree.solve import solve
from videorlvr.worlds.flowfree.verify import REASONS
from videorlvr.worlds.laws import check_world
from videorlvr.worlds.problems import judge_video, make_problem, oracle_trace, oracle_video, pace
from videorlvr.worlds.symmetry import flipped, transposed
from videorlvr.worlds.verify import COMMON_REASONS

END_REASONS = {"not_joined", "not_filled", "grew_past_end"}


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
        ("A0,1:R", "no endpoint of that colour"),
        ("C0,0:R", "no endpoint of that colour"),
        ("A0,0:U", "leaves the board"),
        ("A0,0:D", "there is colour B already"),
        ("A0,0:RL", "there is colour A already"),
        ("A0,0:RRD", "there is colour A already"),
        ("A0,0:RR A0,0:R", "a colour is written once"),
    ],
)
def test_illegal_moves_are_named(moves: str, match: str) -> None:
    with pytest.raises(ValueError, match=match):
        play(board("A.A", "B.B"), moves)


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


# The judge against an explicit search

Paths = tuple[tuple[tuple[int, int], ...], ...]


def growths(grid: Grid, states: set[Paths], target: Cells, moves: int) -> set[Paths]:
    """All ways to grow the paths into `target` by at most so many cells, one cell at a time."""
    want = {(r, c): int(target[r, c]) for r, c in np.ndindex(grid.shape) if target[r, c]}
    colours = list(endpoints_of(grid.ground))
    ends = {cell: code for code, pair in endpoints_of(grid.ground).items() for cell in pair}
    out, front = set(), states
    for step in range(moves + 1):
        for paths in front:
            shown = ends | {cell: colours[i] for i, path in enumerate(paths) for cell in path}
            if shown == want:
                out.add(paths)
        if step == moves:
            break
        front = {
            (*paths[:i], (*path, cell), *paths[i + 1 :])
            for paths in front
            for i, path in enumerate(paths)
            for cell in neighbours(grid.shape, path[-1])
            if want.get(cell) == colours[i] and cell not in ends and all(cell not in other for other in paths)
        }
    return out


def slow_judge(problem: Problem, figures: Cells) -> tuple[bool, int | None]:
    """(success, first frame that no growth explains)."""
    grid, ends = problem.grid, endpoints_of(problem.grid.ground)
    states: set[Paths] = set(itertools.product(*(((a,), (b,)) for a, b in ends.values())))
    for frame in range(1, len(figures)):
        states = growths(grid, states, figures[frame], problem.moves_per_frame)
        if not states:
            return False, frame
    done = any(
        all(
            ({*pair} - {path[0]}).pop() in neighbours(grid.shape, path[-1])
            for path, pair in zip(paths, ends.values(), strict=True)
        )
        for paths in states
    )
    return done and bool(figures[-1].all()), None


def wandering(problem: Problem, rng: np.random.Generator) -> Cells:
    """Legal growth in turns from random endpoints, at a random pace; or the oracle's in some order."""
    ends = endpoints_of(problem.grid.ground)
    tips = {colour: pair[rng.integers(2)] for colour, pair in ends.items()}
    known = {flow.colour: flow.cells[1:-1] for flow in flows_of(problem.solution)}
    follow = rng.random() < 0.6
    for colour, pair in ends.items():
        known[colour] = known[colour] if pair[0] == tips[colour] else known[colour][::-1]
    figure, figures = problem.grid.figure.copy(), [problem.grid.figure.copy()]
    while len(figures) < 8:
        for _ in range(rng.integers(problem.moves_per_frame // 2, problem.moves_per_frame + 1)):
            colour = int(rng.choice(list(ends)))
            free = [cell for cell in neighbours(figure.shape, tips[colour]) if figure[cell] == 0]
            if follow:
                free = [cell for cell in known[colour] if figure[cell] == 0][:1]
            if free:
                tips[colour] = free[rng.integers(len(free))]
                figure[tips[colour]] = colour
        figures.append(figure.copy())
    return np.stack(figures)


def mutated(figures: Cells, num_colours: int, rng: np.random.Generator) -> Cells:
    figures, frame = figures.copy(), int(rng.integers(1, len(figures)))
    row, col = rng.integers(figures.shape[1]), rng.integers(figures.shape[2])
    match int(rng.integers(8)):
        case 0:  # a cell changes from here on
            figures[frame:, row, col] = rng.integers(num_colours + 1)
        case 1:  # a cell changes for a frame
            figures[frame, row, col] = rng.integers(num_colours + 1)
        case 2:  # a cell fills early
            figures[frame:, row, col] = figures[-1, row, col]
        case 3:  # a cell never fills
            figures[1:, row, col] = figures[0, row, col]
        case 4:  # a frame is left out
            figures[frame:-1] = figures[frame + 1 :].copy()
        case 5:  # two frames trade places
            other = int(rng.integers(1, len(figures)))
            figures[[frame, other]] = figures[[other, frame]]
        case _:  # none
            pass
    return figures


@pytest.mark.parametrize("moves_per_frame", [1, 2, 4])
def test_judge_agrees_with_a_search_over_all_growths(moves_per_frame: int) -> None:
    outcomes: dict[str, int] = {}
    for index in range(220):
        rng = seeding.rng("mutated", moves_per_frame, index)
        problem = make_problem(WORLD, "micro", "train", index % 20)
        problem = dataclasses.replace(problem, moves_per_frame=moves_per_frame, num_frames=2)
        figures = mutated(wandering(problem, rng), 3, rng)
        verdict = judged(problem, figures)
        success, frame = slow_judge(problem, figures)
        assert verdict.success == success, figures
        if frame is None:
            assert verdict.reason in END_REASONS | {""}
            assert verdict.components["process"] == 1
        else:
            assert verdict.reason not in END_REASONS - {"grew_past_end"}
            assert verdict.frame == frame, figures
            assert verdict.components["process"] < 1
        outcomes[verdict.reason] = outcomes.get(verdict.reason, 0) + 1
    assert len(outcomes) >= 6, outcomes


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
            verdict = judge_video(WORLD, problem, video)
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
    assert judge_video(WORLD, problem, read_mp4(tmp_path / "lossy.mp4")[0]).success


@pytest.mark.parametrize(("level", "count"), [("micro", 2), ("small", 2), ("paper", 1), ("hard", 1)])
def test_laws(level: str, count: int) -> None:
    assert check_world(WORLD, level=level, count=count) == []
