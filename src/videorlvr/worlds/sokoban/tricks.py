"""Cheats of Sokoban that play rightly and then make one move that is none."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from videorlvr.worlds.api import Cheat, Problem, Video, World
from videorlvr.worlds.sokoban.rules import (
    BOX,
    LETTERS,
    NOTHING,
    PLAYER,
    STONE,
    Board,
    State,
    moved,
    start_of,
)
from videorlvr.worlds.sokoban.states import changed, games_from, reachable, video_of

Trick = Callable[[Board, State], Iterator[State]]
"""The states that an illegal move could lead to."""


def _played(trick: Trick) -> Callable[[World, Problem, np.random.Generator], Video | None]:
    """A legal game up to the first state where the trick can be played, then the trick, held."""

    def make(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
        board, start = start_of(problem.grid)
        for game in games_from(board, start, problem.num_frames - 1):
            for state in trick(board, game[-1]):
                if state not in reachable(board, game[-1], problem.moves_per_frame):
                    return video_of(world, problem, [*game, state])
        return None

    make.__doc__ = trick.__doc__
    return make


def _steps(board: Board, state: State) -> Iterator[tuple[int, int, int]]:
    """(player's cell, the next cell, the one behind it) in each direction that stays on the board."""
    player = state.index(PLAYER)
    for letter in LETTERS:
        offset = board.offsets[letter]
        if 0 <= player + 2 * offset < len(state):
            yield player, player + offset, player + 2 * offset


def _pull(board: Board, state: State) -> Iterator[State]:
    """A step away from a box that follows."""
    player = state.index(PLAYER)
    for letter in LETTERS:
        offset = board.offsets[letter]
        if state[player - offset] == BOX and state[player + offset] == NOTHING:
            yield changed(state, (player - offset, NOTHING), (player, BOX), (player + offset, PLAYER))


def _push_two(board: Board, state: State) -> Iterator[State]:
    """Two boxes in a row are pushed at once."""
    for letter in LETTERS:
        after = moved(state, board.offsets[letter], 2)
        if after is not None and moved(state, board.offsets[letter]) is None:
            yield after


def _swap(board: Board, state: State) -> Iterator[State]:
    """The player and a box trade places."""
    player = state.index(PLAYER)
    for letter in LETTERS:
        if state[player + board.offsets[letter]] == BOX:
            yield changed(state, (player, BOX), (player + board.offsets[letter], PLAYER))


def _enter_wall(board: Board, state: State) -> Iterator[State]:
    """The player steps into a wall."""
    player = state.index(PLAYER)
    for letter in LETTERS:
        if board.walls[player + board.offsets[letter]]:
            yield changed(state, (player, NOTHING), (player + board.offsets[letter], PLAYER))


def _box_into_wall(board: Board, state: State) -> Iterator[State]:
    """A box is pushed against a wall, and goes on."""
    player = state.index(PLAYER)
    for letter in LETTERS:
        box, wall = player + board.offsets[letter], player + 2 * board.offsets[letter]
        if state[box] == BOX and board.walls[wall]:
            yield changed(state, (player, NOTHING), (box, PLAYER), (wall, BOX))


def _box_slides(board: Board, state: State) -> Iterator[State]:
    """A box goes two cells for one push."""
    for player, box, beyond in _steps(board, state):
        end = 2 * beyond - box
        if state[box] == BOX and state[beyond] == NOTHING and state[end] == NOTHING:
            yield changed(state, (player, NOTHING), (box, PLAYER), (end, BOX))


def _box_goes_aside(board: Board, state: State) -> Iterator[State]:
    """The player steps into a box, which goes aside."""
    for player, box, _ in _steps(board, state):
        for side in (board.cols,) if abs(box - player) == 1 else (1,):
            for aside in (box + side, box - side):
                if state[box] == BOX and state[aside] == NOTHING:
                    yield changed(state, (player, NOTHING), (box, PLAYER), (aside, BOX))


def _kick(board: Board, state: State) -> Iterator[State]:
    """A box goes a cell away from the player, who stays where he is."""
    for _, box, beyond in _steps(board, state):
        if state[box] == BOX and state[beyond] == NOTHING:
            yield changed(state, (box, NOTHING), (beyond, BOX))


def _drift(board: Board, state: State) -> Iterator[State]:
    """A box moves by a cell while the player is nowhere near it."""
    player = state.index(PLAYER)
    for box in (cell for cell, code in enumerate(state) if code == BOX and board.apart(player, cell) > 2):
        for letter in LETTERS:
            to = box + board.offsets[letter]
            if state[to] == NOTHING:
                yield changed(state, (box, NOTHING), (to, BOX))


def _box_to_target(board: Board, state: State) -> Iterator[State]:
    """A box is at once on a target, further away than a pull or two would bring it."""
    for box in (cell for cell, code in enumerate(state) if code == BOX and cell not in board.targets):
        for target in board.targets:
            if state[target] == NOTHING and board.apart(box, target) > 2:
                yield changed(state, (box, NOTHING), (target, BOX))


def _hop(board: Board, state: State) -> Iterator[State]:
    """The player hops over a box."""
    for player, box, beyond in _steps(board, state):
        if state[box] == BOX and state[beyond] == NOTHING:
            yield changed(state, (player, NOTHING), (beyond, PLAYER))


def _through_wall(board: Board, state: State) -> Iterator[State]:
    """The player steps through a wall to the floor behind it."""
    for player, wall, beyond in _steps(board, state):
        if board.walls[wall] and state[beyond] == NOTHING and board.apart(player, beyond) == 2:
            yield changed(state, (player, NOTHING), (beyond, PLAYER))


def _round_the_rim(board: Board, state: State) -> Iterator[State]:
    """The player leaves the room at one side and comes in at the other."""
    player = state.index(PLAYER)
    row, col = divmod(player, board.cols)
    ends = [(board.rows - 1 - row, col)] * (row in (1, board.rows - 2))
    ends += [(row, board.cols - 1 - col)] * (col in (1, board.cols - 2))
    for end in (row * board.cols + col for row, col in ends):
        if state[end] == NOTHING:
            yield changed(state, (player, NOTHING), (end, PLAYER))


def _boxes_merge(board: Board, state: State) -> Iterator[State]:
    """A box is pushed into another, and they are one."""
    for player, box, beyond in _steps(board, state):
        if state[box] == BOX and state[beyond] == BOX:
            yield changed(state, (player, NOTHING), (box, PLAYER))


def _box_to_stone(board: Board, state: State) -> Iterator[State]:
    """A box beside the player turns to stone."""
    for _, box, _ in _steps(board, state):
        if state[box] == BOX:
            yield changed(state, (box, STONE))


TRICKS = (
    Cheat("pull", _played(_pull), ("pulled",)),
    Cheat("push-two", _played(_push_two), ("pushed_two",)),
    Cheat("swap-with-box", _played(_swap), ("illegal_move",)),
    Cheat("player-into-wall", _played(_enter_wall), ("into_wall",)),
    Cheat("box-into-wall", _played(_box_into_wall), ("into_wall",)),
    Cheat("box-slides-on", _played(_box_slides), ("illegal_move",)),
    Cheat("box-goes-aside", _played(_box_goes_aside), ("illegal_move",)),
    Cheat("kick", _played(_kick), ("box_moved_alone",)),
    Cheat("box-drifts", _played(_drift), ("box_moved_alone",)),
    Cheat("box-to-target", _played(_box_to_target), ("box_moved_alone",)),
    Cheat("hop-over-box", _played(_hop), ("teleport",)),
    Cheat("through-wall", _played(_through_wall), ("teleport",)),
    Cheat("round-the-rim", _played(_round_the_rim), ("teleport",)),
    Cheat("boxes-merge", _played(_boxes_merge), ("box_count",)),
    Cheat("box-turns-to-stone", _played(_box_to_stone), ("stone_changed",)),
)
