"""FlowFree: boards, moves, and the solver against SAT."""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator

import numpy as np
import pytest
from flow_boards import board

from videorlvr.base import seeding
from videorlvr.worlds.api import Grid, Level, tile_code
from videorlvr.worlds.flowfree import LEVELS, WORLD, sat
from videorlvr.worlds.flowfree.generate import MIN_LENGTH, NUM_COLOURS, generate
from videorlvr.worlds.flowfree.play import play
from videorlvr.worlds.flowfree.rules import Flow, endpoints_of, flows_of, neighbours
from videorlvr.worlds.flowfree.solve import solve
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.symmetry import flipped, transposed


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
