"""The rules of the worlds to the letter, on boards that are small enough to know every cell."""

from __future__ import annotations

import itertools
from collections import deque

import numpy as np
import pytest

from tiny_boards import row
from videorlvr.audit.second.sokoban import Room, Sokoban
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Cells, Grid
from videorlvr.worlds.flowfree import play as flowfree_play
from videorlvr.worlds.flowfree import rules as flowfree
from videorlvr.worlds.maze import rules as maze
from videorlvr.worlds.sokoban import rules as sokoban
from videorlvr.worlds.sokoban.transitions import explained
from videorlvr.worlds.sokoban.xsb import read_xsb

# All worlds


@pytest.mark.parametrize("name", WORLDS)
def test_states_are_bytes_that_may_be_changed(name: str) -> None:
    grids = {"maze": MAZE, "flowfree": FLOWS, "sokoban": room("#####", "#@$.#", "#####")}
    moves = {"maze": "R", "flowfree": "A0,0:R", "sokoban": "R"}
    states = WORLDS[name].play(grids[name], moves[name])
    assert (states.dtype, states.shape) == (np.uint8, (2, *grids[name].shape))
    assert np.array_equal(states[0], grids[name].figure)
    states[0] = 0
    assert grids[name].figure.any(), "a copy"


# Maze

MAZE = Grid(np.array([[9, 5, 3], [14, 13, 22]], np.uint8), row("200 000"))
"""Two rows of three cells. The upper one leads round its right end to the goal, the last cell, and on into a
dead end at (1, 1); below the start, (1, 0) is a dead end, too."""


def test_a_walk_in_a_maze_by_hand() -> None:
    assert maze.goal_of(MAZE.ground) == (1, 2)
    assert maze.heads_of(row("020 002")) == [(0, 1), (1, 2)], "in reading order"
    assert maze.neighbours(MAZE.ground, (0, 0)) == [("R", (0, 1)), ("D", (1, 0))]
    away = maze.distances(MAZE.ground, (0, 0))
    assert away.dtype == np.int32
    assert away.tolist() == [[0, 1, 2], [1, 4, 3]]
    assert maze.distances(np.array([[13, 7, 15]], np.uint8), (0, 1)).tolist() == [[1, 0, -1]], "behind a wall"
    assert maze.solve(MAZE) == "RRD"
    states = [row(each) for each in ("200 000", "120 000", "112 000", "111 002", "111 021", "111 012")]
    assert np.array_equal(maze.play(MAZE, "RRDLR"), np.stack(states))


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        ("RX", "move 2 is 'X': a maze move is one of U, R, D, L"),
        ("RRR", "move 3 is 'R' from row 0, col 2: it runs into a wall"),
        ("DD", "move 2 is 'D' from row 1, col 0: it runs into a wall"),
    ],
)
def test_a_wrong_move_in_a_maze_is_named(moves: str, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the whole message is compared
        maze.play(MAZE, moves)
    assert str(error.value) == message


# FlowFree

FLOWS = Grid(row("1001 2002") * 16, row("1001 2002"))


def test_the_text_of_flows_is_their_text_again() -> None:
    for number, letter in enumerate("ABCDEFGHIJKL", start=1):
        text = f"{letter}10,3:URDDLLU B0,12: A2,2:R"
        flow, short, other = flowfree.flows_of(text)
        assert flow.cells == ((10, 3), (9, 3), (9, 4), (10, 4), (11, 4), (11, 3), (11, 2), (10, 2))
        assert (flow.colour, short.colour, other.colour) == (number, 2, 1)
        assert (short.cells, other.cells) == (((0, 12),), ((2, 2), (2, 3)))
        assert flowfree.moves_text([flow, short, other]) == text
    assert flowfree.flows_of("") == []


def test_a_cell_has_the_neighbours_that_share_a_side_with_it() -> None:
    """In the order up, right, down, left: by that order an address has its problem, for ever."""
    assert flowfree.neighbours((3, 3), (1, 1)) == [(0, 1), (1, 2), (2, 1), (1, 0)]
    for shape in ((2, 3), (3, 2), (1, 4)):
        cells = list(np.ndindex(shape))
        for cell in cells:
            near = [other for other in cells if abs(other[0] - cell[0]) + abs(other[1] - cell[1]) == 1]
            assert sorted(flowfree.neighbours(shape, cell)) == near


def test_random_flows_grow_from_both_endpoints() -> None:
    texts = {flowfree_play.FlowFree(FLOWS).wander(9, np.random.default_rng(seed)) for seed in range(40)}
    assert {text[:4] for text in texts} == {"A0,0", "A0,3"}
    assert {text.split()[1][:4] for text in texts} == {"B1,0", "B1,3"}


def test_endpoints_come_by_colour_and_in_reading_order() -> None:
    ends = flowfree.endpoints_of(row("0300 1030 0001") * 16)
    assert list(ends.items()) == [(1, ((1, 0), (2, 3))), (3, ((0, 1), (1, 2)))]


def test_colours_are_named_by_their_first_endpoints() -> None:
    named = flowfree.with_names_in_reading_order(Grid(row("2112 0930 0390") * 16, row("2112 2930 0390")))
    assert np.array_equal(named.figure, row("1221 1340 0430"))
    assert np.array_equal(named.ground, row("1221 0340 0430") * 16)


def test_a_flow_follows_its_links_from_either_end() -> None:
    path = [(0, 0), (0, 1), (1, 1), (1, 0), (2, 0), (2, 1)]
    links = {
        cell: set(path[max(step - 1, 0) : step] + path[step + 1 : step + 2]) for step, cell in enumerate(path)
    }
    assert flowfree.follow(links, 3, (0, 0)) == flowfree.Flow(3, tuple(path))
    assert flowfree.follow(links, 4, (2, 1)) == flowfree.Flow(4, tuple(path[::-1]))
    ring = {
        (0, 0): {(0, 1), (1, 0)},
        (0, 1): {(0, 0), (1, 1)},
        (1, 1): {(0, 1), (1, 0)},
        (1, 0): {(0, 0), (1, 1)},
    }
    assert flowfree.follow(ring, 0, (0, 0)).cells == ((0, 0), (0, 1), (1, 1), (1, 0)), "the lesser cell first"


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        (
            "A0,0:R X",
            "move 2 is 'X': a flow is written like A0,1:RDD (colour A-L, row, column, and steps U, R, D, L)",
        ),
        (
            "A0,0:R  B1,0:R",
            "move 2 is '': a flow is written like A0,1:RDD (colour A-L, row, column, and steps U, R, D, L)",
        ),
        ("B1,0:R A0,0:R B1,0:R", "move 3 is 'B1,0:R': the flow of B goes on from row 1, col 1"),
        ("A0,0:R B0,1:R", "move 2 is 'B0,1:R': row 0, col 1 is no endpoint of B"),
        ("A0,0:R B0,1:", "move 2 is 'B0,1:': row 0, col 1 is no endpoint of B"),
        ("C0,0:R", "move 1 is 'C0,0:R': there is no colour C on this board"),
        ("B1,0:RD", "move 2 is 'B1,1:D': it leaves the board"),
        ("B1,3:R", "move 1 is 'B1,3:R': it leaves the board"),
        ("A0,3:U", "move 1 is 'A0,3:U': it leaves the board"),
        ("A0,0:L", "move 1 is 'A0,0:L': it leaves the board"),
        ("B1,0:RU A0,0:R", "move 3 is 'A0,0:R': at row 0, col 1 there is colour B already"),
        ("A0,0:RL", "move 2 is 'A0,1:L': at row 0, col 0 there is colour A already"),
        ("A0,0:RRRD", "move 4 is 'A0,3:D': the flow of A has joined its endpoints"),
    ],
)
def test_a_wrong_flow_is_named(moves: str, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the whole message is compared
        flowfree_play.play(FLOWS, moves)
    assert str(error.value) == message


# Sokoban


def room(*rows: str) -> Grid:
    return read_xsb("\n".join(rows))[0].grid


HALL = room("######", "#@   #", "#  $ #", "#   .#", "######")


def test_in_an_empty_hall_cells_are_as_far_apart_as_a_walk_is_long() -> None:
    board = sokoban.board_of(HALL.ground)
    assert (board.rows, board.cols) == HALL.shape
    for cell in board.floor:
        walks = board.walk_lengths(cell)
        assert walks == {other: board.apart(cell, other) for other in board.floor}
    assert list(board.walk_lengths(14))[:5] == [14, 8, 15, 20, 13], (
        "the nearest first, and up, right, down, left"
    )
    assert board.apart(7, 22) == board.apart(22, 7) == 2 + 3, "from the first free cell to the last"
    assert board.apart(10, 19) == 2 + 3, "between the other two corners"


def test_boxes_stand_in_the_way_of_a_walk() -> None:
    grid = room("######", "#@$ .#", "# # ##", "#    #", "######")
    board, state = sokoban.start_of(grid)
    assert board.walk_lengths(7, state) == {7: 0, 13: 1, 19: 2, 20: 3, 21: 4, 15: 5, 22: 5, 9: 6, 10: 7}
    assert board.walk_lengths(7) == {7: 0, 8: 1, 13: 1, 9: 2, 19: 2, 10: 3, 15: 3, 20: 3, 21: 4, 22: 5}


def test_a_gap_anywhere_in_the_rim_is_refused() -> None:
    rows, cols = HALL.shape
    for cell in itertools.product(range(rows), range(cols)):
        ground = HALL.ground.copy()
        ground[cell] = 0
        if cell[0] in (0, rows - 1) or cell[1] in (0, cols - 1):
            with pytest.raises(ValueError, match="the rim of this 5x6 Sokoban board has a gap"):
                sokoban.board_of(ground)
        else:
            sokoban.board_of(ground)


def test_a_room_without_boxes_is_no_game() -> None:
    with pytest.raises(ValueError, match="0 boxes and 0 targets"):
        sokoban.start_of(Grid(row("1111 1001 1111") * 16, row("3333 3103 3333")))


def test_a_player_who_cannot_move_makes_no_moves() -> None:
    grid = room("#####", "#@#.#", "## ##", "#$  #", "#####")
    assert sokoban.Sokoban(grid).wander(5, np.random.default_rng(0)) == ""


@pytest.mark.parametrize(
    ("moves", "message"),
    [
        ("dx", "move 2 is 'x': a Sokoban move is one of u, r, d, l, or U, R, D, L"),
        ("rddd", "move 4 is 'd' from row 3, col 2: it runs into a wall"),
        ("drRR", "move 4 is 'R' from row 2, col 3: it runs into a box that cannot move"),
        ("drr", "move 3 is 'r' from row 2, col 2: it pushes: write 'R'"),
        ("drU", "move 3 is 'U' from row 2, col 2: it pushes no box: write 'u'"),
    ],
)
def test_a_wrong_move_in_a_room_is_named(moves: str, message: str) -> None:
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the whole message is compared
        sokoban.play(HALL, moves)
    assert str(error.value) == message


def all_rooms(grid: Grid, start: Room, depth: int) -> dict[Room, int]:
    """What a game reaches within some moves, and in how many; by the rules of the second opinion."""
    game = Sokoban(grid)
    away, queue = {start: 0}, deque([start])
    while queue:
        place = queue.popleft()
        for after in game.moves(place, place) if away[place] < depth else ():
            if after not in away:
                away[after] = away[place] + 1
                queue.append(after)
    return away


def figure_of(grid: Grid, place: Room) -> Cells:
    figure = np.where(grid.ground == 16, 3, 0).astype(np.uint8)
    figure[place[0]] = 1
    for box in place[1]:
        figure[box] = 2
    return figure


@pytest.mark.parametrize("moves", [1, 2, 3, 5])
def test_a_transition_is_explained_by_fewest_moves_or_there_are_too_few(moves: int) -> None:
    grid = room("######", "#.   #", "# $$ #", "# @ .#", "######")
    board, before = sokoban.start_of(grid)
    away = all_rooms(grid, Sokoban(grid).start(), 6)
    assert max(away.values()) == 6
    for place, fewest in away.items():
        figure = figure_of(grid, place)
        letters = explained(board, before, figure.tobytes(), moves)
        if fewest > moves:
            assert letters is None
        else:
            assert letters is not None
            assert len(letters) == fewest
            assert np.array_equal(sokoban.play(grid, letters)[-1], figure)


def test_a_hint_that_leads_there_is_told_whole() -> None:
    """Whatever other ways there are, in as many moves or fewer; but only with letters of the right case."""
    grid = room("######", "#.   #", "# $$ #", "# @ .#", "######")
    board, before = sokoban.start_of(grid)
    texts = {"": before}
    for _ in range(4):
        longer = ((text, step) for text, state in texts.items() for step in sokoban.legal_steps(board, state))
        texts = {text + letter: after for text, (letter, after) in longer}
    assert len(texts) > 50
    for text, after in texts.items():
        if after != before:
            assert explained(board, before, after, 4, text) == text
            assert explained(board, before, after, 4, text + text) == text, "no further than the moves go"
            other = explained(board, before, after, 4, text.swapcase())
            assert other is not None
            assert sokoban.play(grid, other)[-1].tobytes() == after
