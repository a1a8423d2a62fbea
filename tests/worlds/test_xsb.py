"""What the field writes into XSB files: read, or refused by line; nothing is lost in silence."""

from __future__ import annotations

import pytest

from videorlvr.worlds.sokoban.xsb import read_xsb, write_xsb, xsb_boards

ONE = "#####\n#@$.#\n#####"
TWO = "######\n#@ $.#\n######"
BOARDS = [ONE.split("\n"), TWO.split("\n")]


def rows_of(text: str) -> list[list[str]]:
    return [write_xsb([level]).split("\n")[-1 - len(level.grid.ground) : -1] for level in read_xsb(text)]


@pytest.mark.parametrize(
    "between",
    [
        "",
        "; 1",
        "=====",
        "-----",
        "-",
        "Title: Two",
        "2",
        "2.",
        "1-2",
        "*****",
        "# comment",
        "Solution: uurRdL",
        "....",
        "_",
    ],
)
@pytest.mark.parametrize("blank", ["", "\n"])
def test_what_parts_levels(between, blank):
    text = f"{ONE}\n{between}\n{blank}{TWO}\n"
    assert rows_of(text) == BOARDS
    words = [word for level in read_xsb(text) for word in (level.title, *level.comments) if word]
    assert words == [between.removeprefix(";").removeprefix("Title:").strip()] * bool(between)


@pytest.mark.parametrize(
    "written",
    [
        "5#\n#@$.#\n5#",
        "5#|#@$.#|5#",
        "5#|#@$.#|5#|",
        "5#|\n#@$.#|\n5#|",
        "2(2#)#|#@$.#|5(#)",
        "\t#####\n\t#@$.#\n\t#####",
        "    #####\n    #@$.#   \n    #####  ",
        "#####\r\n#@$.#\r\n#####\r\n",
        "#####\r#@$.#\r#####\r",
        "\ufeff#####\n#@$.#\n#####",
    ],
)
def test_ways_to_write_one_board(written):
    assert rows_of(written) == BOARDS[:1]
    assert rows_of(f"{ONE}\n\n{written}\n\n{TWO}") == [BOARDS[0], *BOARDS] or "\ufeff" in written


def test_floor_is_a_space_a_minus_or_an_underscore():
    assert rows_of("######\n#@-$.#\n######\n\n######\n#@_$.#\n######") == [BOARDS[1], BOARDS[1]]


def test_an_inner_row_without_a_wall_is_kept():
    """Open to both sides; written as a minus, or in full."""
    for row in ("-", "-----"):
        (level,) = (
            read_xsb(f"#####\n#@$.#\n{row}\n# # #\n#####") if row == "-----" else read_xsb("#\n-\n@\n$\n.\n#")
        )
        (board,) = xsb_boards(write_xsb([level]))
        assert board.grid == level.grid
        assert level.grid.shape == ((5, 7) if row == "-----" else (6, 3))


def test_decor_beside_the_room_is_kept():
    (board,) = xsb_boards("*###*\n#@$.#\n*###*")
    assert rows_of("*###*\n#@$.#\n*###*") == [["#######", "#*###*#", "##@$.##", "#*###*#", "#######"]]
    assert board.note == "line 1: the board is open at its edge, and was closed with walls"


def test_a_board_open_at_its_edge_is_closed_and_says_so():
    (board,) = xsb_boards("#######\n#@$. #\n ### ##\n")
    assert board.note.startswith("line 1: the board is open at its edge")
    assert rows_of("#######\n#@$. #\n ### ##\n") == [["#######", "#@$. ##", "#### ##", "#######"]]
    assert [board.note for board in xsb_boards(ONE)] == [""]


def test_ragged_rows_are_read_where_nothing_is_unclear():
    assert rows_of("  ####\n###  #\n#@ $.#\n######\n") == [["######", "###  #", "#@ $.#", "######"]]
    (board,) = xsb_boards("######\n#@ $.#\n#\n######")
    assert board.grid is None
    assert board.refusal.startswith(
        "line 3: the room of this board is not enclosed, since this row is shorter"
    )


def test_titles_before_and_after_their_boards():
    before = f"Title: A\n{ONE}\nTitle: B\n{TWO}\n"
    after = f"; a file of two\n\n{ONE}\nTitle: A\n{TWO}\nTitle: B\n"
    apart = f"{ONE}\n\nTitle: A\n\n{TWO}\n\nTitle: B"
    assert [level.title for level in read_xsb(before)] == ["A", "B"]
    assert [level.title for level in read_xsb(after)] == ["A", "B"]
    assert [level.title for level in read_xsb(apart)] == ["", "A"]
    assert read_xsb(apart)[1].comments == ("Title: B",), "not lost"
    assert read_xsb(after)[0].comments == ("a file of two",)


def test_one_that_is_refused_does_not_take_the_others_with_it():
    text = f"{ONE}\n\n#####\n#@$x#\n#####\n\n######\n#@$.+#\n######\n; {TWO!r}\n\n{TWO}\n"
    boards = list(xsb_boards(text))
    assert [board.line for board in boards] == [1, 5, 9, 14]
    assert [board.grid is None for board in boards] == [False, True, True, False]
    assert boards[1].refusal.startswith("line 6: 'x' is no XSB square")
    assert boards[2].refusal.startswith("line 9: this board has 2 players")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"{ONE}\n{TWO}", "line 1: this board has 2 players"),
        ("5#|#@$.#|999999999999#", "line 1: a run of 999999999999 squares; at most 64"),
        ("64(64(64(#)))\n#@$.#", "line 1: a row of"),
        ("3#2\n#@$.#\n#####", "line 1: a number without a square"),
        ("2(##\n#@$.#\n####", "line 1: a bracket without"),
        ("#####\n#@\t$.#\n#####", r"line 2: '\\t' is no XSB square"),
        ("\n".join(["#" * 70, "#@$." + " " * 65 + "#", "#" * 70]), "line 1: a row of 70 squares"),
        ("#####\n" + "#   #\n" * 70 + "#@$.#\n#####", "line 1: a board of 73 rows"),
        ("*****\n+++\n...", "there is no Sokoban board"),
    ],
)
def test_what_cannot_be_read_is_refused_by_line(text, said):
    with pytest.raises(ValueError, match=said):
        read_xsb(text)
