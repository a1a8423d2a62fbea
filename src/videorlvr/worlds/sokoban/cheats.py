"""Videos made to fool the judge of Sokoban. Each must be refused for its own reason."""

from __future__ import annotations

import numpy as np

from videorlvr.worlds.api import Cheat, Problem, Video, World, tile_code
from videorlvr.worlds.cheats import shared_cheats
from videorlvr.worlds.sokoban.rules import (
    BOX,
    NOTHING,
    PLAYER,
    STONE,
    TARGET,
    WALL,
    board_of,
    legal_steps,
    start_of,
)
from videorlvr.worlds.sokoban.states import changed, games_from, video_of
from videorlvr.worlds.sokoban.tricks import TRICKS
from videorlvr.worlds.staging import done_frame, oracle_figures, show


def _teleport(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The player appears in the free cell that is furthest away, if it is too far for one frame."""
    board, start = start_of(problem.grid)
    player = start.index(PLAYER)
    away = board.walk_lengths(player)
    free = [cell for cell in away if start[cell] == NOTHING and away[cell] > problem.moves_per_frame]
    if not free:
        return None
    to = max(free, key=lambda cell: away[cell])
    return video_of(world, problem, [start, changed(start, (player, NOTHING), (to, PLAYER))])


def _diagonal(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A step over a corner that no walk of a frame explains."""
    board, start = start_of(problem.grid)
    player = start.index(PLAYER)
    away = board.walk_lengths(player)
    for step in (board.cols + 1, board.cols - 1, -board.cols + 1, -board.cols - 1):
        to = player + step
        if start[to] == NOTHING and away.get(to, problem.num_frames) > problem.moves_per_frame:
            return video_of(world, problem, [start, changed(start, (player, NOTHING), (to, PLAYER))])
    return None


def _walks_about(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """A busy walk that pushes nothing: every move of it is legal, and nothing is solved."""
    board, state = start_of(problem.grid)
    game = [state]
    for _ in range(problem.num_frames - 1):
        ways = [after for letter, after in legal_steps(board, game[-1]) if letter.islower()]
        if not ways:
            return None
        game.append(ways[rng.integers(len(ways))])
    return video_of(world, problem, game)


def _boxes_glide(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The boxes go to the targets by themselves while the player looks on from where he began."""
    board, start = start_of(problem.grid)
    player, figures = start.index(PLAYER), oracle_figures(world, problem)
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
    gone = changed(start, (box, NOTHING))
    to = next((cell for cell in free if start[cell] == NOTHING), free[0])
    return video_of(world, problem, [start, gone, changed(gone, (to, BOX))])


def _duplicate(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The player plays on while boxes appear on all targets that are free."""
    figures = oracle_figures(world, problem)
    added = (problem.grid.ground == tile_code(TARGET)) & (figures == NOTHING)
    added[0] = False
    figures[added] = BOX
    return show(world, problem, figures) if added.any() else None


def _two_players(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """A second player stays behind while the first plays."""
    figures = oracle_figures(world, problem)
    start = problem.grid.figure == PLAYER
    figures[start & (figures == NOTHING)] = PLAYER
    return show(world, problem, figures)


def _invisible(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The boxes move rightly, and the player is not to be seen."""
    figures = oracle_figures(world, problem)
    later = figures[1:]
    later[later == PLAYER] = NOTHING
    return show(world, problem, figures)


def _without_walls(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """One wall is floor in one frame and back in the next."""
    figures = oracle_figures(world, problem)
    ground = np.repeat(problem.grid.ground[None], problem.num_frames, axis=0)
    walls = np.argwhere(problem.grid.ground == tile_code(WALL))
    row, col = walls[rng.integers(len(walls))]
    ground[1, row, col], figures[1, row, col] = 0, NOTHING
    return show(world, problem, figures, ground)


def _loose_stone(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The stone of one wall is gone in one frame."""
    figures = oracle_figures(world, problem)
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
    figures = oracle_figures(world, problem)
    board, done = board_of(problem.grid.ground), done_frame(figures)
    for game in games_from(board, figures[done].tobytes(), problem.num_frames - done):
        if not board.is_solved(game[-1]):
            return video_of(world, problem, [*(figure.tobytes() for figure in figures[:done]), *game])
    return None


def _target_added(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The cells where the boxes stand become targets, too."""
    ground = np.repeat(problem.grid.ground[None], problem.num_frames, axis=0)
    ground[1:, problem.grid.figure == BOX] = tile_code(TARGET)
    return show(world, problem, np.repeat(problem.grid.figure[None], problem.num_frames, axis=0), ground)


def _targets_removed(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """Targets without a box are gone after the given frame."""
    ground = np.repeat(problem.grid.ground[None], problem.num_frames, axis=0)
    ground[1:, (problem.grid.ground == tile_code(TARGET)) & (problem.grid.figure != BOX)] = 0
    return show(world, problem, np.repeat(problem.grid.figure[None], problem.num_frames, axis=0), ground)


def _wall_gone_for_good(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """One wall is floor after the given frame."""
    figures = oracle_figures(world, problem)
    ground = np.repeat(problem.grid.ground[None], problem.num_frames, axis=0)
    walls = np.argwhere(problem.grid.ground == tile_code(WALL))
    row, col = walls[rng.integers(len(walls))]
    ground[1:, row, col], figures[1:, row, col] = 0, NOTHING
    return show(world, problem, figures, ground)


def _ghost_boxes(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Boxes stay behind, too, wherever they have been."""
    figures = oracle_figures(world, problem)
    ghosts = np.logical_or.accumulate(figures == BOX, axis=0) & (figures == NOTHING)
    figures[ghosts] = BOX
    return show(world, problem, figures) if ghosts.any() else None


def _roles_exchanged(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """After the given frame the player is drawn as a box and the boxes as players."""
    figures = oracle_figures(world, problem)
    figures[1:] = np.array([NOTHING, BOX, PLAYER, STONE], np.uint8)[figures[1:]]
    return show(world, problem, figures)


MALFORMED = ("no_player", "many_players", "into_wall", "stone_changed", "box_count")
ILLEGAL = ("teleport", "pushed_two", "pulled", "box_moved_alone", "illegal_move")

CHEATS = (
    *shared_cheats(
        unfinished="not_solved", ground="board_changed", leap=ILLEGAL, improper=(*MALFORMED, *ILLEGAL)
    ),
    *TRICKS,
    Cheat("teleport", _teleport, ("teleport",)),
    Cheat("diagonal-step", _diagonal, ("teleport",)),
    Cheat("walks-about", _walks_about, ("not_solved",)),
    Cheat("boxes-glide", _boxes_glide, ("box_moved_alone", "pulled")),
    Cheat("box-vanishes", _vanish, ("box_count",)),
    Cheat("box-duplicated", _duplicate, ("box_count",)),
    Cheat("two-players", _two_players, ("many_players",)),
    Cheat("invisible-player", _invisible, ("no_player",)),
    Cheat("wall-gone-for-a-frame", _without_walls, ("board_changed",)),
    Cheat("loose-stone", _loose_stone, ("stone_changed",)),
    Cheat("target-moved-under-box", _target_to_box, ("board_changed",)),
    Cheat("target-added-under-box", _target_added, ("board_changed",)),
    Cheat("targets-removed", _targets_removed, ("board_changed",)),
    Cheat("wall-gone-for-good", _wall_gone_for_good, ("board_changed",)),
    Cheat("ghost-boxes", _ghost_boxes, ("box_count",)),
    Cheat("roles-exchanged", _roles_exchanged, ("many_players", *ILLEGAL)),
    Cheat("past-the-solution", _past_the_solution, ("left_solution",)),
)
