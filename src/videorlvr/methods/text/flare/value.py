"""The evaluator's learner: states in mid-play, some of them astray, and how far they are from solved."""

from __future__ import annotations

from functools import partial

from torch import Tensor

from videorlvr.base import seeding
from videorlvr.methods.text.flare.config import FlareValueConfig
from videorlvr.methods.text.flare.math import word_of
from videorlvr.training.language.examples import Batch, Tell
from videorlvr.training.language.imitation import Imitation, next_token_loss
from videorlvr.worlds.api import Grid, Problem, World
from videorlvr.worlds.written.boards import cells_text
from videorlvr.worlds.written.outlook import Outlook
from videorlvr.worlds.written.passages import ASK, BOARD, END, Passage, Piece

DECIDING = 0.5
"""Share of random moves that decide something, where there are such: else few states would be lost."""


def state_question(grid: Grid) -> str:
    """A state in mid-play, and that its value is asked for."""
    return f"{BOARD}{cells_text(grid)}\n{ASK}"


def told(world: World, problem: Problem, *, astray: int) -> Passage:
    """A state on the way to the reference solution or up to `astray` random moves beside it, and its value."""
    rng, outlook = seeding.rng("flare-value", str(problem.address)), Outlook(world, problem)
    game = outlook.game
    state, moves = game.start(), game.read_moves(problem.solution)
    for move in moves[: int(rng.integers(len(moves) + 1))]:
        state = game.step(state, move)
    for _ in range(int(rng.integers(astray + 1))):
        ways = game.legal(state)
        deciding = [move for move in ways if game.is_choice(state, move)]
        ways = deciding if deciding and rng.random() < DECIDING else ways
        if ways:
            state = game.step(state, ways[int(rng.integers(len(ways)))])
    asked = state_question(Grid(problem.grid.ground, game.figure(state)))
    return Passage((Piece(asked), Piece(word_of(outlook.left(state)) + END, "answer", 1.0)))


class FlareValue(Imitation):
    """What it adds to imitation: its passages, and the loss of the next token."""

    config: FlareValueConfig

    def tell_one(self) -> Tell:
        return partial(told, astray=self.config.astray)

    def loss(self, world: str, batch: Batch, index: int) -> Tensor:
        return next_token_loss(self.policy.logits(batch.ids), batch.ids, batch.weights)
