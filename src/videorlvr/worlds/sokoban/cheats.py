"""Videos made to fool the judge of Sokoban. Each must be refused for its own reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from videorlvr.worlds.api import Cells, Cheat, Problem, Video, World, tile_code
from videorlvr.worlds.cheats import shared_cheats, show
from videorlvr.worlds.problems import oracle_trace
from videorlvr.worlds.sokoban.rules import (
    BOX,
    LETTERS,
    NOTHING,
    PLAYER,
    STONE,
    TARGET,
    WALL,
    Board,
    State,
    board_of,
    legal_steps,
    moved,
    start_of,
)

MAX_SEARCHED = 3000
"""States among which a cheat looks for a place where it can be played."""

Trick = Callable[[Board, State], Iterator[State]]
"""The states that an illegal move could lead to."""


def _oracle(world: World, problem: Problem) -> Cells:
    return oracle_trace(world, problem).figure.copy()


def _done(figures: Cells) -> int:
    """The first frame of the solved board."""
    return int(np.argmax((figures == figures[-1]).all(axis=(1, 2))))


def _with(state: State, *changes: tuple[int, int]) -> State:
    out = bytearray(state)
    for cell, code in changes:
        out[cell] = code
    return bytes(out)


def _video(world: World, problem: Problem, states: Iterable[State]) -> Video:
    """The states, a frame each, the last one held."""
    frames = [np.frombuffer(state, np.uint8).reshape(problem.grid.shape) for state in states]
    frames += frames[-1:] * (problem.num_frames - len(frames))
    return show(world, problem, np.stack(frames))


def _games(board: Board, state: State, most_frames: int) -> Iterator[list[State]]:
    """Legal games of one move a frame, shortest first, no two of them to the same state."""
    seen, games = {state}, [[state]]
    for game in games:  # grows while it is walked through
        yield game
        if len(game) >= most_frames or len(seen) > MAX_SEARCHED:
            continue
        for _, other in legal_steps(board, game[-1]):
            if other not in seen:
                seen.add(other)
                games.append([*game, other])


def _played(trick: Trick) -> Callable[[World, Problem, np.random.Generator], Video | None]:
    """A legal game up to the first state where the trick can be played, then the trick, held."""

    def make(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
        board, start = start_of(problem.grid)
        for game in _games(board, start, problem.num_frames - 1):
            for state in trick(board, game[-1]):
                return _video(world, problem, [*game, state])
        return None

    return make


def _pull(board: Board, state: State) -> Iterator[State]:
    """A step away from a box that follows."""
    player = state.index(PLAYER)
    for letter in LETTERS:
        offset = board.offsets[letter]
        if state[player - offset] == BOX and state[player + offset] == NOTHING:
            yield _with(state, (player - offset, NOTHING), (player, BOX), (player + offset, PLAYER))


def _push_two(board: Board, state: State) -> Iterator[State]:
    for letter in LETTERS:
        after = moved(state, board.offsets[letter], 2)
        if after is not None and moved(state, board.offsets[letter]) is None:
            yield after


def _swap(board: Board, state: State) -> Iterator[State]:
    """The player and a box trade places."""
    player = state.index(PLAYER)
    for letter in LETTERS:
        if state[player + board.offsets[letter]] == BOX:
            yield _with(state, (player, BOX), (player + board.offsets[letter], PLAYER))


def _enter_wall(board: Board, state: State) -> Iterator[State]:
    player = state.index(PLAYER)
    for letter in LETTERS:
        if board.walls[player + board.offsets[letter]]:
            yield _with(state, (player, NOTHING), (player + board.offsets[letter], PLAYER))


def _box_into_wall(board: Board, state: State) -> Iterator[State]:
    """A box is pushed against a wall, and goes on."""
    player = state.index(PLAYER)
    for letter in LETTERS:
        box, wall = player + board.offsets[letter], player + 2 * board.offsets[letter]
        if state[box] == BOX and board.walls[wall]:
            yield _with(state, (player, NOTHING), (box, PLAYER), (wall, BOX))


def _teleport(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The player appears in the free cell that is furthest away, if it is too far for one frame."""
    board, start = start_of(problem.grid)
    player = start.index(PLAYER)
    away = board.walk_lengths(player)
    free = [cell for cell in away if start[cell] == NOTHING and away[cell] > problem.moves_per_frame]
    if not free:
        return None
    to = max(free, key=lambda cell: away[cell])
    return _video(world, problem, [start, _with(start, (player, NOTHING), (to, PLAYER))])


def _diagonal(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A step over a corner that no walk of a frame explains."""
    board, start = start_of(problem.grid)
    player = start.index(PLAYER)
    away = board.walk_lengths(player)
    for step in (board.cols + 1, board.cols - 1, -board.cols + 1, -board.cols - 1):
        to = player + step
        if start[to] == NOTHING and away.get(to, problem.num_frames) > problem.moves_per_frame:
            return _video(world, problem, [start, _with(start, (player, NOTHING), (to, PLAYER))])
    return None


def _boxes_glide(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The boxes go to the targets by themselves while the player looks on from where he began."""
    board, start = start_of(problem.grid)
    player, figures = start.index(PLAYER), _oracle(world, problem)
    if (
        min(board.apart(player, cell) for cell, code in enumerate(start) if code == BOX)
        < problem.moves_per_frame
    ):
        return None  # he could have pushed it and come back within the frame
    figures[figures == PLAYER] = NOTHING
    here = figures[:, player // board.cols, player % board.cols]
    if here.any():
        return None
    here[:] = PLAYER
    return show(world, problem, figures)


def _vanish(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """A box that is not on a target is gone for a frame, and comes back on one."""
    board, start = start_of(problem.grid)
    box = next(cell for cell, code in enumerate(start) if code == BOX and cell not in board.targets)
    free = [cell for cell in board.targets if start[cell] != BOX]
    gone = _with(start, (box, NOTHING))
    to = next((cell for cell in free if start[cell] == NOTHING), free[0])
    return _video(world, problem, [start, gone, _with(gone, (to, BOX))])


def _duplicate(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The player plays on while boxes appear on all targets that are free."""
    figures = _oracle(world, problem)
    targets = problem.grid.ground == tile_code(TARGET)
    later = figures[1:]
    later[targets & (later == NOTHING)] = BOX
    return show(world, problem, figures)


def _two_players(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """A second player stays behind while the first plays."""
    figures = _oracle(world, problem)
    start = problem.grid.figure == PLAYER
    figures[start & (figures == NOTHING)] = PLAYER
    return show(world, problem, figures)


def _invisible(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The boxes move rightly, and the player is not to be seen."""
    figures = _oracle(world, problem)
    later = figures[1:]
    later[later == PLAYER] = NOTHING
    return show(world, problem, figures)


def _flicker(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Every second frame shows the solved board, the others play rightly."""
    figures = _oracle(world, problem)
    if _done(figures) < 4:
        return None
    figures[1::2] = figures[-1]
    return show(world, problem, figures)


def _without_walls(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """One wall is floor in one frame and back in the next."""
    figures = _oracle(world, problem)
    ground = np.repeat(problem.grid.ground[None], problem.num_frames, axis=0)
    walls = np.argwhere(problem.grid.ground == tile_code(WALL))
    row, col = walls[rng.integers(len(walls))]
    ground[1, row, col], figures[1, row, col] = 0, NOTHING
    return show(world, problem, figures, ground)


def _loose_stone(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The stone of one wall is gone in one frame."""
    figures = _oracle(world, problem)
    stones = np.argwhere(problem.grid.figure == STONE)
    row, col = stones[rng.integers(len(stones))]
    figures[1, row, col] = NOTHING
    return show(world, problem, figures)


def _target_to_box(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """Targets move to where the boxes stand."""
    frames = problem.num_frames
    ground = np.repeat(problem.grid.ground[None], frames, axis=0)
    ground[1:][ground[1:] == tile_code(TARGET)] = 0
    ground[1:, problem.grid.figure == BOX] = tile_code(TARGET)
    return show(world, problem, np.repeat(problem.grid.figure[None], frames, axis=0), ground)


def _past_the_solution(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Solved, and then a box is pushed off its target."""
    figures = _oracle(world, problem)
    board, done = board_of(problem.grid.ground), _done(figures)
    for game in _games(board, figures[done].tobytes(), problem.num_frames - done):
        if not board.is_solved(game[-1]):
            return _video(world, problem, [*(figure.tobytes() for figure in figures[:done]), *game])
    return None


def _faint(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right video at a tenth of its contrast over the first frame."""
    video = show(world, problem, _oracle(world, problem)).astype(np.float32)
    return np.asarray((video[0] + 0.1 * (video - video[0])).round(), np.uint8)


ILLEGAL = ("teleport", "pushed_two", "pulled", "box_moved_alone", "illegal_move")

CHEATS = (
    *shared_cheats(unfinished="not_solved", illegal=ILLEGAL),
    Cheat("pull", _played(_pull), ("pulled",)),
    Cheat("push-two", _played(_push_two), ("pushed_two",)),
    Cheat("swap-with-box", _played(_swap), ("illegal_move",)),
    Cheat("player-into-wall", _played(_enter_wall), ("into_wall",)),
    Cheat("box-into-wall", _played(_box_into_wall), ("into_wall",)),
    Cheat("teleport", _teleport, ("teleport",)),
    Cheat("diagonal-step", _diagonal, ("teleport",)),
    Cheat("boxes-glide", _boxes_glide, ("box_moved_alone",)),
    Cheat("box-vanishes", _vanish, ("box_count",)),
    Cheat("box-duplicated", _duplicate, ("box_count",)),
    Cheat("two-players", _two_players, ("many_players",)),
    Cheat("invisible-player", _invisible, ("no_player",)),
    Cheat("flicker", _flicker, ILLEGAL),
    Cheat("wall-gone-for-a-frame", _without_walls, ("board_changed",)),
    Cheat("loose-stone", _loose_stone, ("stone_changed",)),
    Cheat("target-moved-under-box", _target_to_box, ("board_changed",)),
    Cheat("past-the-solution", _past_the_solution, ("left_solution",)),
    Cheat("faint", _faint, ("not_solved",)),
)
