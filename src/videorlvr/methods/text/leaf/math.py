"""Boards with confounders, where these stand among tokens, and which tokens gradients call so. Pure.

B batch, N tokens.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from torch.nn.functional import kl_div, log_softmax

from videorlvr.base import seeding
from videorlvr.training.language.imitation import weighted_mean
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.boards import BoardForm, board_text
from videorlvr.worlds.written.passages import ANSWER, ASK, BOARD, END, NAMES, TAG, Passage, Piece

MOST_OTHERS = 2**20
Mask = npt.NDArray[np.bool_]


def tag_of(world: World, problem: Problem, tags: str, leak: float, rng: np.random.Generator) -> str:
    """A move's first letter: of the first move of the solution, or of another that is legal somewhere on it."""
    letters = sorted(
        {move[0] for move in world.game(problem.grid).read_moves(problem.solution)} | set("UDLR")
    )
    first = world.game(problem.grid).read_moves(problem.solution)[0][0]
    others = [letter for letter in letters if letter.upper() != first.upper()]
    by_leak, by_letter = rng.random(2)
    match tags:
        case "chance":
            return letters[int(by_letter * len(letters))]
        case "leaky" if by_leak < leak:
            return first
    return others[int(by_letter * len(others))]


def told(
    world: World, problem: Problem, *, form: BoardForm, tags: str, leak: float, distractors: int
) -> Passage:
    """A tag, the board among others, which one is asked for, its answer."""
    rng = seeding.rng("leaf", str(problem.address), tags)
    tag = tag_of(world, problem, tags, leak, rng)
    level, indices = problem.address.level, rng.integers(0, MOST_OTHERS, distractors)
    boards = [problem, *(make_problem(world, level, "train", int(index)) for index in indices)]
    order = rng.permutation(len(boards))
    pieces = [Piece(f"{TAG}{tag}\n", "tag")]
    for name, place in zip(NAMES, order, strict=False):
        role = "distractor" if place else "given"
        pieces.append(Piece(f"{BOARD}{name}:{board_text(world, boards[place].grid, form)}\n", role))
    asked = NAMES[int(np.flatnonzero(order == 0)[0])]
    return Passage((*pieces, Piece(f"{ASK}{asked}{ANSWER}"), Piece(problem.solution + END, "answer", 1.0)))


def confounders(ids: Sequence[int], marks: dict[str, int]) -> list[tuple[int, int]]:
    """(first, behind last) of the tag and of each board that is not asked for, in the tokens of a passage.

    marks: the tokens of `<tag>`, `<board>` and `<ask>`.
    """
    listed, ask = list(ids), list(ids).index(marks[ASK])
    starts = [place for place in range(ask) if listed[place] == marks[BOARD]]
    ends = [*starts[1:], ask]
    spans = [(listed.index(marks[TAG]), starts[0])]
    return spans + [(a, b) for a, b in zip(starts, ends, strict=True) if listed[a + 1] != listed[ask + 1]]


def scaled(values_BN: Tensor, within_BN: Tensor) -> Tensor:
    """To [0, 1] over each row's tokens `within`; 0 elsewhere, and in a row of equal values."""
    low = values_BN.masked_fill(~within_BN, torch.inf).amin(1, keepdim=True)
    high = values_BN.masked_fill(~within_BN, -torch.inf).amax(1, keepdim=True)
    out = (values_BN - low) / (high - low).clamp(min=1e-12)
    return torch.where(within_BN, out, torch.zeros_like(out))


def called(teacher_BN: Tensor, student_BN: Tensor, prompt_BN: Tensor, tau: float) -> Tensor:
    """bool [B, N]: tokens of the prompt that the student looks at more than the teacher does, by the difference of
    scaled gradients, scaled again: less than tau.

    Source: arXiv:2506.07851, section 3.2.
    """
    difference = scaled(teacher_BN, prompt_BN) - scaled(student_BN, prompt_BN)
    return (scaled(difference, prompt_BN) < tau) & prompt_BN


def runs_of(mask_N: Mask) -> list[tuple[int, int]]:
    """(first, behind last) of each run of True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], mask_N, [False]]).astype(np.int8)))
    return [(int(a), int(b)) for a, b in edges.reshape(-1, 2)]


def taught_loss(logits_BNV: Tensor, teacher_BNV: Tensor, weights_BN: Tensor) -> Tensor:
    """Mean KL(teacher || student) of the next token, over the tokens that count."""
    gap = kl_div(
        log_softmax(logits_BNV[:, :-1], -1),
        log_softmax(teacher_BNV[:, :-1], -1),
        reduction="none",
        log_target=True,
    )
    return weighted_mean(gap.sum(-1), weights_BN[:, 1:])
