"""XSB: what is read, what is refused by its line, and the way back."""

from __future__ import annotations

import pytest

from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.sokoban import WORLD
from videorlvr.worlds.sokoban.solve import solve
from videorlvr.worlds.sokoban.xsb import XsbLevel, read_xsb, write_xsb

COLLECTION = """\
; the first
Title: Corridor
  ####
###--#
#_$. #
#@ ###
####
Author: N. N.

; two
; boxes
######
#+$$.#
######
Title: Row

; the end
"""


def test_xsb_is_read() -> None:
    one, two = read_xsb(COLLECTION)
    assert (one.title, one.comments) == ("Corridor", ("the first", "Author: N. N."))
    assert (two.title, two.comments) == ("Row", ("two", "boxes", "the end"))
    assert one.grid.shape == (5, 6)
    assert one.grid.ground[0].tolist() == [16] * 6, "squares outside are walls"
    assert one.grid.figure[3].tolist() == [3, 1, 0, 3, 3, 3]
    assert two.grid.ground[1].tolist() == [16, 32, 0, 0, 32, 16]
    assert two.grid.figure[1].tolist() == [3, 1, 2, 2, 0, 3]
    assert solve(one.grid) == "uR"


def test_xsb_round_trip() -> None:
    levels = read_xsb(COLLECTION) + [
        XsbLevel("", ("Title: not a title", "#####", ""), make_problem(WORLD, "paper", "train", index).grid)
        for index in range(5)
    ]
    assert write_xsb(read_xsb(write_xsb(levels))) == write_xsb(levels)
    for before, after in zip(levels, read_xsb(write_xsb(levels)), strict=True):
        assert (before.title, before.comments, before.grid) == (after.title, after.comments, after.grid)
    with pytest.raises(ValueError, match="one line"):
        write_xsb([XsbLevel("two\nlines", (), levels[0].grid)])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no board here", "no Sokoban board"),
        ("; x\n#####\n#@$x#\n#####", "line 3: 'x' is no XSB square"),
        ("\n#####\n# $.#\n#####", "line 2: this board has no player"),
        ("######\n#@$.+#\n######", "line 1: this board has 2 players"),
        ("######\n#@$$.#\n######", r"line 1: this board has 2 boxes .* and 1 targets"),
        ("######\n#@   #\n######", "line 1: this board has 0 boxes"),
        ("#####\n#@*.\n#####", "boxes"),
        ("#####\n#@ *\n#####", "line 2: the room of this board is not enclosed"),
        ("#####\n#@*#\n####\n\n#####\n#  *#\n#@\n#####", "line 7: the room of this board is not enclosed"),
    ],
)
def test_xsb_errors_name_the_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_xsb(text)
