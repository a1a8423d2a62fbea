"""The rules of Sokoban: a player walks over floor and pushes boxes, one at a time, and never pulls.

The ground is floor, wall or target. A figure is nothing, the player, a box, or the stone that fills every
wall and never moves. A state is the board's figures as bytes, row after row, so that a cell is one number
and a move is one offset. Moves are letters after the LURD custom: u, r, d, l walk; U, R, D, L push.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np

from videorlvr.worlds import game
from videorlvr.worlds.api import Cells, Grid, tile_code
from videorlvr.worlds.game import Game, IllegalMoveError, NotAMoveError

FLOOR, WALL, TARGET = 0, 1, 2
NOTHING, PLAYER, BOX, STONE = 0, 1, 2, 3
TILE_NAMES = ("floor", "wall", "target")
FIGURE_NAMES = ("nothing", "player", "box", "stone")

SQUARES = {
    (WALL, STONE): "#",
    (FLOOR, PLAYER): "@",
    (TARGET, PLAYER): "+",
    (FLOOR, BOX): "$",
    (TARGET, BOX): "*",
    (TARGET, NOTHING): ".",
    (FLOOR, NOTHING): " ",
}
"""(ground tile, figure) -> the character that XSB has for it."""
LETTERS = "urdl"
State = bytes
"""Figure codes of a board, row after row."""
_IS_STONE = bytes(int(code == STONE) for code in range(256))


@dataclass(frozen=True, eq=False)
class Board:
    """What never changes. A cell is its row times `cols` plus its column.

    walls: 1 where a wall is, else 0. targets: the target cells.
    """

    rows: int
    cols: int
    walls: bytes
    targets: tuple[int, ...]

    @cached_property
    def offsets(self) -> dict[str, int]:
        """Move letter -> what it adds to a cell. Walls on the rim keep every sum on the board."""
        steps = (-self.cols, 1, self.cols, -1)
        return {
            name: step
            for letter, step in zip(LETTERS, steps, strict=True)
            for name in (letter, letter.upper())
        }

    @cached_property
    def floor(self) -> tuple[int, ...]:
        """All cells that are not walls."""
        return tuple(cell for cell, wall in enumerate(self.walls) if not wall)

    def apart(self, cell: int, other: int) -> int:
        """Moves between two cells of an empty room."""
        rows, cols = cell // self.cols - other // self.cols, cell % self.cols - other % self.cols
        return abs(rows) + abs(cols)

    def walk_lengths(self, start: int, blocked: State | None = None) -> dict[int, int]:
        """Moves from `start` to every cell a walk can reach; boxes of `blocked` stand in the way."""
        out, layer = {start: 0}, [start]
        for cell in layer:  # grows while it is walked through
            for letter in LETTERS:
                other = cell + self.offsets[letter]
                if other in out or self.walls[other] or (blocked and blocked[other] == BOX):
                    continue
                out[other] = out[cell] + 1
                layer.append(other)
        return out

    def has_stones(self, state: State) -> bool:
        """Are there stones in all walls, and nowhere else?"""
        return state.translate(_IS_STONE) == self.walls

    def is_solved(self, state: State) -> bool:
        """Does every target carry a box?"""
        return all(state[cell] == BOX for cell in self.targets)


def board_of(ground: Cells) -> Board:
    """The board of a ground. Kept, since a group of rollouts asks for the same one many times.

    Raises:
        ValueError: If the rim has a gap: the player could walk off the board.
    """
    return _board(ground.tobytes(), ground.shape[0], ground.shape[1])


@lru_cache(maxsize=1024)
def _board(ground: bytes, rows: int, cols: int) -> Board:
    wall, target = tile_code(WALL), tile_code(TARGET)
    walls = bytes(int(code == wall) for code in ground)
    rim = walls[:cols] + walls[-cols:] + walls[::cols] + walls[cols - 1 :: cols]
    if not all(rim):
        raise ValueError(f"the rim of this {rows}x{cols} Sokoban board has a gap: close it with walls")
    if other := set(ground) - {tile_code(FLOOR), wall, target}:
        raise ValueError(f"a Sokoban board has the ground code {min(other)}: expected floor, wall or target")
    return Board(rows, cols, walls, tuple(cell for cell, code in enumerate(ground) if code == target))


def start_of(grid: Grid) -> tuple[Board, State]:
    """The board and the first state of a grid.

    Raises:
        ValueError: If it lacks what a game needs; every other function here counts on it.
    """
    board, state = board_of(grid.ground), grid.figure.tobytes()
    if state.count(PLAYER) != 1:
        raise ValueError(f"a Sokoban board has {state.count(PLAYER)} players: expected 1")
    if state.count(BOX) != len(board.targets) or not board.targets:
        raise ValueError(
            f"a Sokoban board has {state.count(BOX)} boxes and {len(board.targets)} targets: "
            "expected as many boxes as targets, and at least one"
        )
    if not board.has_stones(state):
        raise ValueError("a Sokoban board needs the figure 'stone' in all walls, and nowhere else")
    return board, state


def moved(state: State, offset: int, most_boxes: int = 1) -> State | None:
    """The state after the player's step by `offset`, or None where a stone or too many boxes stop it.

    most_boxes: how many boxes in a row he may push; the rules say 1.
    """
    player = state.index(PLAYER)
    end = player + offset
    while state[end] == BOX:
        end += offset
    num_boxes = (end - player) // offset - 1
    if state[end] != NOTHING or num_boxes > most_boxes:
        return None
    after = bytearray(state)
    after[player] = NOTHING
    if num_boxes:
        after[end] = BOX
    after[player + offset] = PLAYER
    return bytes(after)


def legal_steps(board: Board, state: State) -> Iterator[tuple[str, State]]:
    """(letter, state after it) of every legal move, in the order up, right, down, left."""
    player = state.index(PLAYER)
    for letter in LETTERS:
        offset = board.offsets[letter]
        after = moved(state, offset)
        if after is not None:
            yield (letter.upper() if state[player + offset] == BOX else letter), after


class Sokoban(Game[State]):
    """The game on one board. A move is a letter, whose case says whether it pushes."""

    def __init__(self, grid: Grid) -> None:
        """
        Raises:
            ValueError: For a grid that is no board of Sokoban, saying why.
        """
        self.board, self.first = start_of(grid)

    def start(self) -> State:
        return self.first

    def legal(self, state: State) -> list[str]:
        return [letter for letter, _ in legal_steps(self.board, state)]

    def step(self, state: State, move: str) -> State:
        if move not in self.board.offsets:
            raise NotAMoveError(f"{move!r}: a Sokoban move is one of u, r, d, l, or U, R, D, L")
        offset, player = self.board.offsets[move], state.index(PLAYER)
        row, col = divmod(player, self.board.cols)
        pushes, after = state[player + offset] == BOX, moved(state, offset)
        if after is None:
            stop = "a box that cannot move" if pushes else "a wall"
            raise IllegalMoveError(f"'{move}' from row {row}, col {col}: it runs into {stop}")
        if pushes != move.isupper():
            what = "pushes" if pushes else "pushes no box"
            raise IllegalMoveError(
                f"'{move}' from row {row}, col {col}: it {what}: write '{move.swapcase()}'"
            )
        return after

    def figure(self, state: State) -> Cells:
        return np.frombuffer(state, np.uint8).reshape(self.board.rows, self.board.cols)

    def is_choice(self, state: State, move: str) -> bool:
        """A push; a walk can be walked back."""
        return move.isupper()

    def text(self, state: State) -> str:
        """The rows of an XSB board."""
        tiles = bytearray(WALL if wall else FLOOR for wall in self.board.walls)
        for cell in self.board.targets:
            tiles[cell] = TARGET
        squares = "".join(SQUARES[square] for square in zip(tiles, state, strict=True))
        cols = self.board.cols
        return "\n".join(squares[start : start + cols] for start in range(0, len(squares), cols))

    def solved(self, state: State) -> bool:
        return self.board.is_solved(state)

    def wander(self, num_moves: int, rng: np.random.Generator) -> str:
        """Random legal moves that turn back only where nothing else is left, and stop on a solved board."""
        state, moves, last = self.first, "", None
        while len(moves) < num_moves and not self.solved(state):
            ways = list(legal_steps(self.board, state))
            onward = [way for way in ways if way[1] != last] or ways
            if not onward:
                break
            letter, after = onward[rng.integers(len(onward))]
            last, state, moves = state, after, moves + letter
        return moves


def play(grid: Grid, moves: str) -> Cells:
    """States of a game: uint8 [L + 1, R, C]; an illegal move is named by an error."""
    return game.play(Sokoban(grid), moves)
