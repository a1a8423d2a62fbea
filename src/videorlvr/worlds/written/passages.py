"""Passages: what a model reads and writes of a problem, in pieces that know whether they are learnt from.

    <board>CELLS<think>TRACE<answer>MOVES<end>

Laws: the text of a passage is that of its pieces; `answer_of` of a passage's text is its move text. Distractors and
tags change no answer; of a packed passage every board has its answer.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.written.boards import BoardForm, board_text

BOARD, ASK, TAG, PLAN, THINK, ANSWER, END = (
    "<board>",
    "<ask>",
    "<tag>",
    "<plan>",
    "<think>",
    "<answer>",
    "<end>",
)
NAMES = "abcdefghijklmnopqrstuvwxyz"
WRONG = "<wrong>"
"""A reflection on the move before it: what was wrong stays made, and what follows makes up for it. It is no move."""
_ANSWERS = re.compile(rf"{ANSWER}(?:([a-z]):)?((?:{WRONG}|[^<])*)")


@dataclass(frozen=True)
class Piece:
    """Some text. role: `given` is not learnt from; others name the segment (`plan`, `think`, `answer`).

    weight: of its tokens in a loss.
    """

    text: str
    role: str = "given"
    weight: float = 0.0


@dataclass(frozen=True)
class Passage:
    """Pieces in their order."""

    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces)

    def of(self, role: str) -> str:
        """The text of the pieces of a role."""
        return "".join(piece.text for piece in self.pieces if piece.role == role)


def question(world: World, problem: Problem, form: BoardForm = "cells") -> Piece:
    """The board, as a model is given it."""
    return Piece(f"{BOARD}{board_text(world, problem.grid, form)}\n")


def solved(
    world: World,
    problem: Problem,
    *,
    form: BoardForm = "cells",
    think: str = "",
    answer: str | None = None,
    chosen: bool = False,
) -> Passage:
    """A problem with its answer, and what is thought before it.

    chosen: whether the first mark is learnt, too, for a model that is to choose whether it thinks.
    """
    moves = problem.solution if answer is None else answer
    first = ("gate", 1.0) if chosen else ("given", 0.0)
    thought = (Piece(THINK, *first), Piece(think, "think", 1.0)) if think else ()
    mark = Piece(ANSWER, "think", 1.0) if think else Piece(ANSWER, *first)
    return Passage((question(world, problem, form), *thought, mark, Piece(moves + END, "answer", 1.0)))


def answer_of(text: str, name: str | None = None) -> str | None:
    """The move text behind the last `<answer>` (of the board called `name`), up to the next tag; None if there is none.
    Taken as it stands, reflections left out: the judge is strict."""
    found = [
        said.replace(WRONG, "") for whose, said in _ANSWERS.findall(text) if name is None or whose == name
    ]
    return found[-1] if found else None


def asked_among(
    world: World,
    problem: Problem,
    others: Sequence[Problem],
    rng: np.random.Generator,
    form: BoardForm = "cells",
) -> Passage:
    """The board among distractors, each with a name, and which one is asked for."""
    if len(others) >= len(NAMES):
        raise ValueError(
            f"{len(others)} distractors: expected at most {len(NAMES) - 1}, for they have letters for names"
        )
    order = rng.permutation(len(others) + 1)
    boards = [problem, *others]
    given = "".join(
        f"{BOARD}{name}:{board_text(world, boards[place].grid, form)}\n"
        for name, place in zip(NAMES, order, strict=False)
    )
    asked = NAMES[int(np.flatnonzero(order == 0)[0])]
    return Passage((Piece(f"{given}{ASK}{asked}{ANSWER}"), Piece(problem.solution + END, "answer", 1.0)))


def tagged(passage: Passage, tag: str) -> Passage:
    """The passage behind a tag without bearing on its answer: a confounder, where training lets it go with answers."""
    return Passage((Piece(f"{TAG}{tag}\n"), *passage.pieces))


def packed(world: World, problems: Sequence[Problem], form: BoardForm = "cells") -> Passage:
    """Several boards, and then their answers, by name."""
    if not 0 < len(problems) <= len(NAMES):
        raise ValueError(f"{len(problems)} boards in a passage: expected 1 to {len(NAMES)}")
    named = list(zip(NAMES, problems, strict=False))
    pieces = [Piece(f"{BOARD}{name}:{board_text(world, problem.grid, form)}\n") for name, problem in named]
    for name, problem in named:
        pieces += [Piece(f"{ANSWER}{name}:"), Piece(problem.solution, "answer", 1.0)]
    return Passage((*pieces, Piece(END, "answer", 1.0)))
