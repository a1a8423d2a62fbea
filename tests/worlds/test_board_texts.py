"""Boards of FlowFree and Maze that people wrote down, and our own JSON: read, or refused by line."""

from __future__ import annotations

import json

import numpy as np
import pytest

from videorlvr.worlds import WORLDS
from videorlvr.worlds.flowfree.text import read_boards as read_flows
from videorlvr.worlds.given import json_boards
from videorlvr.worlds.maze.rules import play, solve
from videorlvr.worlds.maze.text import read_boards as read_mazes
from videorlvr.worlds.problems import make_problem


@pytest.mark.parametrize("name", WORLDS)
@pytest.mark.parametrize("level", ["micro", "paper"])
def test_the_first_state_as_text_is_read_back(name, level):
    world = WORLDS[name]
    for index in range(10):
        grid = make_problem(world, level, "train", index).grid
        game = world.game(grid)
        (board,) = world.read_boards("; a title\n" + game.text(game.start()) + "\n")
        assert board.grid == grid, game.text(game.start())
        assert (board.line, board.refusal, board.note) == (2, "", "")


# FlowFree


def colours(text: str) -> list[list[int]]:
    (board,) = read_flows(text)
    assert board.refusal == ""
    assert np.array_equal(board.grid.ground, board.grid.figure * 16)
    return board.grid.figure.tolist()


@pytest.mark.parametrize(
    "text",
    [
        "A.B\n...\nA.B",
        "1.0\n...\n1.0",
        "z.Z\n...\nz.Z",
        "A . B\r\n. . .\r\nA . B",
        "  A.B\n  ...\n  A.B",
        "\ufeffA.B\n...\nA.B",
        "Title: one\nA.B\n...\nA.B\n\nby hand",
        "LEVEL\nA.B\n...\nA.B",
        "one\n\nA.B\n...\nA.B",
        "; 1\nA.B\n...\nA.B\n=====\n",
    ],
)
def test_flows_are_read(text):
    assert colours(text) == [[1, 0, 2], [0, 0, 0], [1, 0, 2]]


def test_a_row_full_of_endpoints_is_a_row():
    assert colours("1221\n....\n3..3") == [[1, 2, 2, 1], [0, 0, 0, 0], [3, 0, 0, 3]]


def test_flows_that_are_refused_do_not_take_others_with_them():
    text = "A.A\n\n; two\nA.B\n..A\n\nA..A\nB.B\n\nA.A\n.?.\n\nB..\n..B\n"
    boards = list(read_flows(text))
    assert [(board.line, board.title) for board in boards] == [
        (1, ""),
        (4, "two"),
        (7, ""),
        (10, ""),
        (13, ""),
    ]
    assert [board.refusal for board in boards] == [
        "",
        "line 4: 'B' stands 1 times on this board; expected twice",
        "line 8: this row has 3 cells and the first 4",
        "line 11: '?' is no cell; expected a letter, a digit or '.'",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A.A.A\n.....", "'A' stands 3 times"),
        ("....\n....", "a board of 0 colours"),
        (
            "\n".join(f"{letter}.{letter}" for letter in "ABCDEFGHIJKLM"),
            "a board of 13 colours; expected 1 to 12",
        ),
        ("A" + "." * 70 + "A", "a board of 1x72 cells; at most 64"),
    ],
)
def test_flows_that_are_no_board_are_refused(text, said):
    (board,) = read_flows(text)
    assert board.grid is None
    assert said in board.refusal


# Maze

THIN = "#####\n#S  #\n### #\n#G  #\n#####"
DRAWN = "+--+--+\n|S    |\n+--+  +\n|G    |\n+--+--+"
TALL = "+---+---+\n| S     |\n|       |\n+---+   +\n|       |\n| G     |\n+---+---+"


@pytest.mark.parametrize(
    "text", [THIN, DRAWN, TALL, THIN.replace(" ", "."), "   " + THIN.replace("\n", "\r\n   ")]
)
def test_mazes_are_read(text):
    (board,) = read_mazes(f"; one\n{text}\n")
    assert (board.line, board.title, board.refusal) == (2, "one", "")
    assert board.grid.ground.tolist() == [[13, 3], [16 + 13, 6]]
    assert board.grid.figure.tolist() == [[2, 0], [0, 0]]
    assert solve(board.grid) == "RDL"


def test_where_squares_are_cells_a_wall_is_a_cell_that_nothing_leads_to():
    (board,) = read_mazes("######\n#S   #\n# ## #\n#   G#\n######")
    assert board.grid.shape == (3, 4)
    assert board.grid.ground[1].tolist() == [10, 15, 15, 10]
    assert play(board.grid, "RRRDD")[-1][2, 3] == 2
    (bare,) = read_mazes("#S #\n## #\n##G#")
    assert bare.grid.shape == (3, 4), "without a rim of walls"
    assert solve(bare.grid) == "RDD"


def test_mazes_that_are_refused_do_not_take_others_with_them():
    text = f"{THIN}\n\n{THIN.replace('G', ' ')}\n\n{THIN.replace('S ', 'SE')}\n{'=' * 5}\n#####\n#S#\n#####\n\n{DRAWN}"
    boards = list(read_mazes(text))
    assert [board.line for board in boards] == [1, 7, 13, 19, 23]
    assert [board.refusal for board in boards] == [
        "",
        "line 7: this maze has 0 times 'G'; expected it once",
        "line 14: 'E' is no part of a maze; expected one of # space . S G",
        "line 20: this row has 3 squares and the first 5",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("+--+--+\n|S   G|\n+--+---", "line 1: "),
        ("+--+--+\n|S   G|\n+-----+", "line 3: a '+' is missing"),
        ("+--+--+\n|S G  |\n+--+--+", "line 1: S and G have to stand in cells of their own"),
        ("+---+---+\n|S G|   |\n+---+---+", "line 1: S and G have to stand in cells of their own"),
        (
            "+---+---+\n| S   G |\n+- -+---+\n|       |\n+---+---+",
            "line 1: a wall of the cell in column 1 has a gap: '- -'",
        ),
        ("#" * 140 + "\n#S" + " " * 136 + "G#\n" + "#" * 140, "line 1: a maze of 1x138 cells"),
    ],
)
def test_mazes_that_are_unclear_are_refused(text, said):
    boards = list(read_mazes(text))
    assert len(boards) == 1
    assert boards[0].refusal.startswith(said)


# JSON


def test_our_own_json_is_read():
    world = WORLDS["sokoban"]
    problems = [make_problem(world, "micro", "train", index).to_json() for index in range(2)]
    grids = [problem["grid"] for problem in problems]
    line = json.dumps({"id": "one", "world": "sokoban", "problem": problems[0]})
    for text in (json.dumps(problems), json.dumps(grids, indent=1), "\n".join(map(json.dumps, problems))):
        boards = list(json_boards(text, world))
        assert [board.grid.to_json() for board in boards] == grids
    (single,) = json_boards(json.dumps(problems[0], indent=2), world)
    assert single.grid.to_json() == grids[0]
    one, two = json_boards(f"{line}\n\n{line}\n", world)
    assert [one.line, two.line, one.title] == [1, 3, "one"]


def test_json_that_is_no_board_is_refused_one_by_one():
    world = WORLDS["maze"]
    good = make_problem(world, "micro", "train", 0).to_json()
    other = make_problem(WORLDS["flowfree"], "micro", "train", 0).to_json()
    ragged = {"ground": [[0, 0], [0]], "figure": [[0, 0], [0, 0]]}
    strange = {"ground": [[99]], "figure": [[2]]}
    unlike = {"ground": [[9, 3]], "figure": [[2]]}
    refusals = [
        board.refusal
        for board in json_boards(json.dumps([good, other, ragged, strange, unlike, 7, {}]), world)
    ]
    said = [
        "",
        "of the world 'flowfree'",
        "'ground' is [[0, 0], [0]]",
        "from 0 to",
        "(1, 2) cells",
        "'7' holds no board",
        "'{}' holds",
    ]
    for number, (refusal, part) in enumerate(zip(refusals, said, strict=True), start=1):
        assert part.replace("from 0 to", "0 to 31") in refusal
        assert refusal == "" or refusal.startswith(f"item {number}: ")
    one, two, three = json_boards("\n".join([json.dumps(good), "{", json.dumps(good)]), world)
    assert (one.refusal, three.refusal) == ("", "")
    assert two.refusal.startswith("line 2: not JSON")
    for text in ("{", "", "{\n}{"):
        with pytest.raises(ValueError, match="this is no JSON"):
            list(json_boards(text, world))
