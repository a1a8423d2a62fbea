"""Sokoban: the solver against plain search, the judge against the rules written down a second time."""

from __future__ import annotations

import dataclasses
import itertools
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from videorlvr.base import seeding
from videorlvr.base.video import read_mp4, write_mp4
from videorlvr.worlds.api import Cells, Grid, Problem, Trace, Verdict
from videorlvr.worlds.problems import judge_video, make_problem, oracle_trace, oracle_video, pace
from videorlvr.worlds.sokoban import LEVELS, WORLD
from videorlvr.worlds.sokoban.cheats import CHEATS
from videorlvr.worlds.sokoban.distances import NEVER, is_frozen, pushes_left
from videorlvr.worlds.sokoban.generate import generate
from videorlvr.worlds.sokoban.rules import play, random_moves, start_of
from videorlvr.worlds.sokoban.solve import bits_of, solve
from videorlvr.worlds.sokoban.verify import REASONS
from videorlvr.worlds.sokoban.xsb import XsbLevel, read_xsb, write_xsb
from videorlvr.worlds.verify import COMMON_REASONS

Game = tuple[tuple[int, int], frozenset[tuple[int, int]]]
"""The player's cell and the boxes' cells: a state in this file's own terms."""
STEPS = {"u": (-1, 0), "r": (0, 1), "d": (1, 0), "l": (0, -1)}


def board(*rows: str) -> Grid:
    return read_xsb("\n".join(rows))[0].grid


def posed(grid: Grid, solution: str, *, num_frames: int = 12, moves_per_frame: int = 1) -> Problem:
    return dataclasses.replace(
        make_problem(WORLD, "micro", "train", 0),
        grid=grid,
        solution=solution,
        num_frames=num_frames,
        moves_per_frame=moves_per_frame,
    )


def judged(problem: Problem, figures: Cells) -> Verdict:
    return WORLD.verify(problem, Trace.exact(problem.grid.ground, figures))


def played(problem: Problem, moves: str) -> Verdict:
    """The verdict on these moves, shown at the problem's pace."""
    states = play(problem.grid, moves)
    return judged(
        problem, pace(states, num_frames=problem.num_frames, moves_per_frame=problem.moves_per_frame)
    )


# The rules a second time, from cells and sets


def cells(mask: Cells) -> set[tuple[int, int]]:
    return {(int(row), int(col)) for row, col in np.argwhere(mask)}


def game_of(grid: Grid, figure: Cells) -> Game | None:
    """The state of a frame, or None where no game can look like this."""
    players, boxes, walls = cells(figure == 1), cells(figure == 2), cells(grid.ground == 16)
    if len(players) != 1 or len(boxes) != int((grid.figure == 2).sum()):
        return None
    if cells(figure == 3) != walls or (players | boxes) & walls:
        return None
    return players.pop(), frozenset(boxes)


def next_games(walls: set[tuple[int, int]], game: Game) -> Iterator[tuple[bool, Game]]:
    """(is it a push, state after it) of every legal move."""
    (row, col), boxes = game
    for down, right in STEPS.values():
        to, beyond = (row + down, col + right), (row + 2 * down, col + 2 * right)
        if to in walls or (to in boxes and (beyond in walls or beyond in boxes)):
            continue
        yield to in boxes, (to, boxes - {to} | {beyond} if to in boxes else boxes)


def within(walls: set[tuple[int, int]], start: Game, moves: int) -> set[Game]:
    """All states that at most so many moves lead to."""
    seen = layer = {start}
    for _ in range(moves):
        layer = {after for game in layer for _, after in next_games(walls, game)} - seen
        seen = seen | layer
    return seen


def solved(grid: Grid, game: Game) -> bool:
    return cells(grid.ground == 32) <= game[1]


def fewest_moves(grid: Grid) -> int | None:
    walls, start = cells(grid.ground == 16), game_of(grid, grid.figure)
    assert start is not None
    away, queue = {start: 0}, deque([start])
    while queue:
        game = queue.popleft()
        if solved(grid, game):
            return away[game]
        for _, after in next_games(walls, game):
            if after not in away:
                away[after] = away[game] + 1
                queue.append(after)
    return None


def slow_verdict(problem: Problem, figures: Cells) -> tuple[bool, float, int | None]:
    """(success, share of legal transitions, first frame at fault) by the rules alone."""
    grid, walls = problem.grid, cells(problem.grid.ground == 16)
    games = [game_of(grid, figure) for figure in figures]
    legal = [
        before is not None and after is not None and after in within(walls, before, problem.moves_per_frame)
        for before, after in itertools.pairwise(games)
    ]
    end = games[-1]
    success = all(legal) and end is not None and solved(grid, end)
    return success, sum(legal) / len(legal), None if all(legal) else legal.index(False) + 1


def scattered(rng: np.random.Generator, rows: int, cols: int, num_boxes: int) -> Grid:
    """A room with walls, boxes, targets and player anywhere, solvable or not."""
    inside = [(row, col) for row in range(1, rows + 1) for col in range(1, cols + 1)]
    places = [inside[index] for index in rng.permutation(len(inside))]
    letters = np.full((rows + 2, cols + 2), "#")
    letters[1:-1, 1:-1] = " "
    for letter, count in (("#", int(rng.integers(0, 3))), ("$", num_boxes), (".", num_boxes), ("@", 1)):
        for _ in range(count):
            letters[places.pop()] = letter
    return board(*("".join(row) for row in letters))


# Boards


def test_boards_are_as_the_level_says() -> None:
    for name in ("micro", "small", "paper"):
        level, counts = LEVELS[name], set()
        for index in range(20):
            problem = make_problem(WORLD, name, "train", index)
            ground, figure = problem.grid.ground, problem.grid.figure
            counts.add(int((figure == 2).sum()))
            assert counts <= set(range(level.boxes[0], level.boxes[1] + 1))
            assert level.moves[0] <= len(problem.solution) <= level.moves[1]
            assert (figure == 3).sum() == (ground == 16).sum()
            assert (figure == 1).sum() == 1
            assert not (ground & 15).any()
            assert "{" not in problem.prompt
        assert len(counts) == level.boxes[1] - level.boxes[0] + 1, "every number of boxes occurs"


def test_every_draft_can_be_solved() -> None:
    for index in range(60):
        draft = generate(LEVELS["small"], seeding.rng("drafts", index))
        assert draft is None or solve(draft.grid) is not None


def test_a_plain_level_is_refused() -> None:
    from videorlvr.worlds import maze

    with pytest.raises(ValueError, match="needs a SokobanLevel"):
        generate(maze.LEVELS["micro"], seeding.rng("plain"))


def test_play_names_the_move_at_fault() -> None:
    grid = board("######", "#@$ .#", "######")
    assert play(grid, "RR").shape == (3, 3, 6)
    for moves, message in (
        ("x", r"move 1 is 'x'"),
        ("RRR", r"move 3 .* a box that cannot move"),
        ("Ru", r"move 2 .* a wall"),
        ("r", r"move 1 .* write 'R'"),
        ("RL", r"move 2 .* write 'l'"),
    ):
        with pytest.raises(ValueError, match=message):
            play(grid, moves)


def test_boards_that_are_no_game_are_refused() -> None:
    grid = board("######", "#@$ .#", "######")
    gap, bare, two = grid.ground.copy(), grid.figure.copy(), grid.figure.copy()
    gap[0, 1], bare[0, 0], two[1, 3] = 0, 0, 1
    for broken, message in (
        (Grid(gap, grid.figure), "the rim"),
        (Grid(grid.ground, bare), "stone"),
        (Grid(grid.ground, two), "2 players"),
        (Grid(grid.ground, np.where(grid.figure == 2, 0, grid.figure).astype(np.uint8)), "0 boxes"),
    ):
        with pytest.raises(ValueError, match=message):
            solve(broken)


# The solver


def boards_with_and_without_solutions() -> Iterator[Grid]:
    for index in range(30):
        yield scattered(seeding.rng("scattered", index), 3 + index % 2, 4, 1 + index % 3 // 2)
        draft = generate(LEVELS["small" if index % 2 else "micro"], seeding.rng("fewest", index))
        if draft is not None:
            yield draft.grid


def test_solutions_have_the_fewest_moves() -> None:
    lengths = []
    for grid in boards_with_and_without_solutions():
        moves, fewest = solve(grid), fewest_moves(grid)
        lengths.append(fewest)
        if fewest is None:
            assert moves is None
        else:
            assert moves is not None
            assert len(moves) == fewest
            assert solved(grid, game_of(grid, play(grid, moves)[-1]))  # type: ignore[arg-type]
    assert len(lengths) - lengths.count(None) >= 30
    assert lengths.count(None) >= 10


def test_solutions_of_three_boxes_have_the_fewest_moves() -> None:
    grid = board("#######", "#     #", "# $.$ #", "# .@. #", "#  $  #", "#     #", "#######")
    moves = solve(grid)
    assert moves is not None
    assert len(moves) == fewest_moves(grid)


def test_a_node_limit_ends_the_search() -> None:
    assert solve(make_problem(WORLD, "paper", "train", 0).grid, max_nodes=1) is None


def test_pruning_never_cuts_a_board_that_can_be_solved() -> None:
    """On every state of some rooms: the bound is a bound, and no frozen square is in a solvable state."""
    num_lost = 0
    for index in range(8):
        grid = scattered(seeding.rng("pruning", index), 4, 3 + index % 2, 2)
        walls, (known, _) = cells(grid.ground == 16), start_of(grid)
        floor = sorted(cells(grid.ground != 16))
        games = [
            (player, frozenset((one, other)))
            for player in floor
            for one in floor
            for other in floor
            if one < other and player not in (one, other)
        ]
        before: dict[Game, list[tuple[bool, Game]]] = {}
        for game in games:
            for pushes, after in next_games(walls, game):
                before.setdefault(after, []).append((pushes, game))
        left = dict.fromkeys((game for game in games if solved(grid, game)), 0)
        queue = deque(left)
        while queue:  # a walk costs nothing: it goes to the front
            game = queue.popleft()
            for pushes, earlier in before.get(game, []):
                if left[game] + pushes < left.get(earlier, NEVER):
                    left[earlier] = left[game] + pushes
                    (queue.append if pushes else queue.appendleft)(earlier)
        for game in games:
            boxes = [row * known.cols + col for row, col in sorted(game[1])]
            assert pushes_left(known, boxes) <= left.get(game, NEVER * 3)
            frozen = any(is_frozen(known, box, bits_of(boxes)) for box in boxes)
            assert not (frozen and game in left)
            num_lost += frozen or pushes_left(known, boxes) >= NEVER
    assert num_lost > 100, "pruning was at work"


# The judge


def mutated(problem: Problem, rng: np.random.Generator) -> Cells:
    """The oracle or a random game with up to three random changes that may or may not be legal."""
    budget = problem.moves_per_frame * (problem.num_frames - 1)
    moves = problem.solution if rng.random() < 0.5 else random_moves(problem.grid, budget, rng)
    figures = pace(
        play(problem.grid, moves), num_frames=problem.num_frames, moves_per_frame=problem.moves_per_frame
    )
    for _ in range(rng.integers(0, 4)):
        frame = int(rng.integers(1, len(figures)))
        row, col = (int(rng.integers(1, size - 1)) for size in problem.grid.shape)
        match rng.integers(6):
            case 0:  # two frames trade places
                figures[[frame, -1]] = figures[[-1, frame]]
            case 1:  # a frame is shown twice
                figures[frame] = figures[frame - 1]
            case 2:  # a cell goes wrong
                figures[frame, row, col] = rng.integers(4)
            case 3:  # two neighbours trade figures, from here on
                down, right = list(STEPS.values())[rng.integers(4)]
                here, there = (row, col), (row + down, col + right)
                later = figures[frame:]
                later[:, *here], later[:, *there] = later[:, *there].copy(), later[:, *here].copy()
            case 4:  # a frame in the middle is left out
                figures[frame:-1] = figures[frame + 1 :]
            case _:  # the player is elsewhere, from here on
                figures[frame:][figures[frame:] == 1] = 0
                figures[frame:, row, col] = 1
    return figures


@pytest.mark.parametrize(
    ("level", "moves_per_frame"), [("micro", 1), ("micro", 2), ("small", 2), ("small", 3)]
)
def test_judge_agrees_with_the_rules(level: str, moves_per_frame: int) -> None:
    successes, frames = 0, set()
    for index in range(240 if level == "micro" else 60):
        rng = seeding.rng("judge", level, moves_per_frame, index)
        problem = dataclasses.replace(
            make_problem(WORLD, level, "train", index % 30), moves_per_frame=moves_per_frame
        )
        figures = mutated(problem, rng)
        verdict = judged(problem, figures)
        success, process, frame = slow_verdict(problem, figures)
        assert (verdict.success, verdict.components["process"]) == (success, process), verdict
        if frame is not None:
            assert verdict.frame == frame
        assert all(0 <= value <= 1 for value in verdict.components.values())
        assert (verdict.reason in REASONS) != success
        successes += success
        frames.add(verdict.frame)
    assert successes > 8, "some changes are legal"
    assert len(frames) > 4, "the others are in all places"


ROOM = board("#######", "#     #", "#@$ . #", "# $ . #", "#     #", "#######")


def test_other_solutions_are_accepted() -> None:
    problem = posed(ROOM, "RRlldRR", num_frames=24)
    for moves in ("RRlldRR", "dRRlluRR", "udRRlldRR", "RRlldRRl", "RlrRlldRR"):
        verdict = played(problem, moves)
        assert verdict.success, (moves, verdict)
        assert verdict.components == pytest.approx(dict.fromkeys(verdict.components, 1.0))
    assert played(problem, "RRlldRR").metrics == {"precision": 1.0, "recall": 1.0, "f1": 1.0}
    other = played(problem, "dRRlluRR").metrics
    assert 0 < other["f1"] < 1


def test_what_matters_is_the_last_frame() -> None:
    problem = posed(board("########", "#@$.   #", "#      #", "########"), "R", num_frames=12)
    assert played(problem, "R").success
    assert played(problem, "Rlr").success, "a walk after the last push"
    left = played(problem, "RR")
    assert (left.success, left.reason, left.frame) == (False, "left_solution", 2)
    assert played(problem, "RRdrruL").success, "off the target, around, and onto it again"


def test_a_legal_draft_of_a_video_earns_what_it_covered() -> None:
    problem = posed(ROOM, "RRlldRR", num_frames=12)
    verdict = played(problem, "RRl")
    assert (verdict.reason, verdict.frame) == ("not_solved", 11)
    assert verdict.components == {
        "success": 0,
        "process": 1,
        "progress": 0.5,
        "arrival": 0.5,
        "boxes": 0.5,
        "boxes_all": 0,
    }
    frozen = played(problem, "").components
    assert frozen == {"success": 0, "process": 1, "progress": 0, "arrival": 0, "boxes": 0, "boxes_all": 0}


def test_a_hopeless_board_earns_no_progress() -> None:
    problem = posed(board("######", "#    #", "# @$.#", "#    #", "######"), "R", num_frames=12)
    assert played(problem, "drU").components["progress"] == 0


def test_a_shorter_video_may_be_faster() -> None:
    problem = posed(ROOM, "RRlldRR", num_frames=13)
    states = play(ROOM, "dRRlluRR")
    assert judged(problem, states[[0, 2, 4, 6, 8, 8, 8]]).success
    assert judged(problem, states[[0, 3, 6, 8, 8, 8, 8]]).reason in REASONS
    assert not judged(problem, states[[0, 3, 6, 8, 8, 8, 8]]).success


def test_of_several_ways_the_reference_is_told() -> None:
    """Two moves in one frame: up and right end where right and up do."""
    grid = board("#######", "#     #", "#   $.#", "#@    #", "#     #", "#######")
    for solution in ("rurR", "urrR", "rruR"):
        assert played(posed(grid, solution, moves_per_frame=2), solution).metrics["f1"] == 1


def test_broken_rules_are_named() -> None:
    grid = board("########", "#      #", "# @$$..#", "#      #", "########")
    problem = posed(grid, "", num_frames=4)

    def named(*rows: str) -> str:
        """The verdict on a second frame, drawn without its targets."""
        letters = np.array([list(row) for row in rows])
        codes = {" ": 0, "#": 3, "@": 1, "$": 2}
        after = np.vectorize(codes.__getitem__)(letters).astype(np.uint8)
        return judged(problem, np.stack([grid.figure, after, after, after])).reason

    top, low = ("########", "#      #"), ("#      #", "########")
    assert named(*top, "# @$$  #", *low) == "not_solved"
    assert named(*top, "# $@$  #", *low) == "illegal_move"
    assert named(*top, "#  @$$ #", *low) == "pushed_two"
    assert named(*top, "#@$ $  #", *low) == "pulled"
    assert named(*top, "# @$ $ #", *low) == "box_moved_alone"
    assert named(*top, "#  @$ $#", *low) == "illegal_move"
    assert named(*top, "#  $$ @#", *low) == "teleport"
    assert named(*top, "# @$$@ #", *low) == "many_players"
    assert named(*top, "#  $$  #", *low) == "no_player"
    assert named(*top, "# @$   #", *low) == "box_count"
    assert named(*top, "# @$$# #", *low) == "stone_changed"
    assert named(*top, "#  $$  @", *low) == "into_wall"


# Cheats


@cache
def reasons_of_cheats(level: str, moves_per_frame: int) -> dict[str, set[str]]:
    """Cheat -> the reasons it was refused for, over some problems."""
    found: dict[str, set[str]] = {}
    for index in range(6):
        problem = dataclasses.replace(
            make_problem(WORLD, level, "val", index), moves_per_frame=moves_per_frame
        )
        for cheat in CHEATS:
            video = cheat.make(WORLD, problem, seeding.rng("cheats", cheat.name, index))
            if video is not None:
                verdict = judge_video(WORLD, problem, video)
                assert not verdict.success, cheat.name
                assert verdict.reason in cheat.reasons, (cheat.name, verdict)
                found.setdefault(cheat.name, set()).add(verdict.reason)
    return found


def test_every_cheat_is_refused_and_every_own_reason_occurs() -> None:
    found = reasons_of_cheats("small", 1)
    assert set(found) == {cheat.name for cheat in CHEATS}, "every cheat can be made on some board"
    own = set(REASONS) - set(COMMON_REASONS)
    assert own <= set().union(*found.values())


def test_cheats_are_refused_at_two_moves_a_frame() -> None:
    assert len(reasons_of_cheats("small", 2)) > 20


# XSB

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
        ("#####\n#@ *\n#####", "line 1: the room of this board is not enclosed"),
        ("#######\n#@$. #\n ### ##\n", "line 1: the room of this board is not enclosed"),
        ("#####\n#@*#\n####\n\n#####\n@  *#\n#####", "line 5: the room of this board is not enclosed"),
    ],
)
def test_xsb_errors_name_the_line(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_xsb(text)


# Pictures


@pytest.mark.parametrize("theme", ["default", "night"])
def test_the_oracle_survives_mp4(theme: str, tmp_path: Path) -> None:
    for index in range(3):
        problem = dataclasses.replace(make_problem(WORLD, "small", "test", index), theme=theme)
        path = tmp_path / f"{index}.mp4"
        write_mp4(path, oracle_video(WORLD, problem), fps=8, lossless=False)
        assert judge_video(WORLD, problem, read_mp4(path)[0]).success
    assert oracle_trace(WORLD, problem).num_frames == 16
