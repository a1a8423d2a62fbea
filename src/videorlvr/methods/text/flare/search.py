"""Ways to choose moves, as generators: each yields what it wants to know of a state, and is sent the answer.

So many boards are searched side by side, and what they ask is answered in one batch. Law: what a board is told, and
so what it does, does not depend on its neighbours; no way asks for more than its board's calls.

A game's move is written here as the tuple of all moves so far.
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from videorlvr.methods.text.flare.config import FlareConfig
from videorlvr.methods.text.flare.math import upper_bounds
from videorlvr.worlds.game import Game

Moves = tuple[str, ...]
Ways = list[tuple[str, float]]
"""Moves and their probabilities, the likeliest first."""
Asking = Generator["Want", Any, Any]


@dataclass(frozen=True)
class Want:
    """What is asked: the `moves` proposed behind these moves, or what the state behind them is `worth`."""

    kind: str
    moves: Moves


class SpentError(Exception):
    """No calls are left."""


@dataclass
class Board:
    """A board in search. known: what was told of it. most: moves at most. chance: noise for proposals, None while they
    are taken as they are."""

    game: Game[Any]
    config: FlareConfig
    most: int
    known: dict[Want, Any] = field(default_factory=dict)
    worths: dict[Any, float] = field(default_factory=dict)
    calls: int = 0
    chance: np.random.Generator | None = None

    def state(self, moves: Moves) -> Any:
        state = self.game.start()
        for move in moves:
            state = self.game.step(state, move)
        return state

    def is_over(self, moves: Moves) -> bool:
        state = self.state(moves)
        return len(moves) >= self.most or self.game.solved(state) or not self.game.legal(state)

    def ask(self, want: Want) -> Asking:
        """What is wanted, by a call if it is not known."""
        if want not in self.known:
            if self.calls >= self.config.calls:
                raise SpentError
            self.calls += 1
            self.known[want] = yield want
        return self.known[want]

    def ways(self, moves: Moves) -> Asking:
        """The candidates in a state: the likeliest moves, or, with chance, drawn by their probabilities."""
        listed: Ways = yield from self.ask(Want("moves", moves))
        if self.chance is not None:  # the largest of log p + Gumbel noise are a draw without putting back
            noise = self.chance.gumbel(size=len(listed))
            keys = [
                np.log(max(share, 1e-12)) + shift for (_, share), shift in zip(listed, noise, strict=True)
            ]
            listed = [listed[place] for place in np.argsort(keys)[::-1]]
        return listed[: self.config.candidates]

    def worth(self, moves: Moves) -> Asking:
        """What a state is worth: 1 where it is solved; one that was met before costs nothing."""
        state = self.state(moves)
        if self.game.solved(state):
            return 1.0
        key = self.game.figure(state).tobytes()
        if key not in self.worths:
            self.worths[key] = yield from self.ask(Want("worth", moves))
        return self.worths[key]


def greedy(board: Board) -> Asking:
    """The likeliest move, always."""
    moves: Moves = ()
    while not board.is_over(moves):
        ways = yield from _or_none(board.ways(moves))
        if not ways:
            break
        moves = (*moves, ways[0][0])
    return moves


def one_step(board: Board) -> Asking:
    """The candidate whose next state is worth most, among equals the likeliest."""
    moves: Moves = ()
    while not board.is_over(moves):
        ways = yield from _or_none(board.ways(moves))
        if not ways:
            break
        worths = []
        for move, _ in ways:
            value = yield from _or_none(board.worth((*moves, move)))
            worths.append(-1.0 if value is None else value)
        moves = (*moves, ways[int(np.argmax(worths))][0])
    return moves


def beam(board: Board) -> Asking:
    """The likeliest sequences side by side, as many as the calls are enough for."""
    width = max(1, board.config.calls // board.most)
    beams: list[tuple[float, Moves]] = [(0.0, ())]
    for _ in range(board.most):
        grown: list[tuple[float, Moves]] = []
        for score, moves in beams:
            if board.is_over(moves):
                grown.append((score, moves))
                continue
            ways = yield from _or_none(board.ways(moves))
            grown += [
                (score + float(np.log(max(share, 1e-12))), (*moves, move)) for move, share in ways or []
            ]
        if not grown:
            break
        solved = [moves for _, moves in grown if board.game.solved(board.state(moves))]
        if solved:
            return solved[0]
        beams = sorted(grown, key=lambda one: -one[0])[:width]
    return beams[0][1]


@dataclass
class Node:
    """A state in the tree: its candidates, how often each was tried and the sum of what that was worth."""

    ways: Ways
    tries: list[int]
    sums: list[float]

    @property
    def worths(self) -> list[float]:
        return [total / count if count else 0.0 for total, count in zip(self.sums, self.tries, strict=True)]


def flare(board: Board) -> Asking:
    """Look ahead, back up, commit to one move; then anew."""
    moves: Moves = ()
    while not board.is_over(moves):
        tree: dict[Moves, Node] = {}
        try:
            for _ in range(board.config.simulations):
                yield from _branch(board, tree, moves)
        except SpentError:
            pass
        if moves not in tree:
            break
        root = tree[moves]
        best = max(range(len(root.ways)), key=lambda place: (root.worths[place], root.tries[place], -place))
        moves = (*moves, root.ways[best][0])
    return moves


def _branch(board: Board, tree: dict[Moves, Node], root: Moves) -> Asking:
    """Down the tree, a new state, the policy's moves to the depth, and the worth backed up."""
    path, moves = list[tuple[Node, int]](), root
    while len(moves) - len(root) < board.config.depth and not board.is_over(moves):
        if moves not in tree:
            ways = yield from board.ways(moves)
            tree[moves] = Node(ways, [0] * len(ways), [0.0] * len(ways))
        node = tree[moves]
        bounds = upper_bounds(node.worths, node.tries, board.config.explore)
        untried = [place for place, count in enumerate(node.tries) if count == 0]
        place = untried[0] if untried else int(np.argmax(bounds))
        path.append((node, place))
        moves = (*moves, node.ways[place][0])
    value = yield from board.worth(moves)
    for node, place in path:
        node.tries[place] += 1
        node.sums[place] += value


def _or_none(asking: Asking) -> Asking:
    """What is asked for, None where no calls are left."""
    try:
        return (yield from asking)
    except SpentError:
        return None


SEARCHES = {"flare": flare, "greedy": greedy, "beam": beam, "one-step": one_step}


def attempts(board: Board, rng: np.random.Generator) -> Asking:
    """(moves of the first attempt, moves that are answered, attempts): one attempt, and others with chance while the
    board is not solved and calls are left."""
    search = SEARCHES[board.config.search]
    first: Moves = yield from search(board)
    answer, count = first, 1
    while (
        board.config.again and not board.game.solved(board.state(answer)) and board.calls < board.config.calls
    ):
        board.chance, before = rng, board.calls
        tried: Moves = yield from search(board)
        count += 1
        if board.game.solved(board.state(tried)):
            answer = tried
        if board.calls == before and count > board.config.calls:
            break  # all that can be asked is known
    return first, answer, count
