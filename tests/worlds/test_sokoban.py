"""Sokoban: the solver against plain search, and the judge; the judge against the second opinion is elsewhere."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from videorlvr.audit.second.sokoban import Room, Sokoban
from videorlvr.base import seeding
from videorlvr.base.media.read import read_video
from videorlvr.base.media.write import write_mp4
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import DECLARED, EXACT
from videorlvr.worlds.api import Cells, Grid, Problem, Trace, Verdict
from videorlvr.worlds.problems import make_problem, oracle_trace, pace
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.sokoban import LEVELS, WORLD
from videorlvr.worlds.sokoban.cheats import CHEATS
from videorlvr.worlds.sokoban.distances import NEVER, is_frozen, pushes_left
from videorlvr.worlds.sokoban.generate import generate
from videorlvr.worlds.sokoban.rules import Sokoban as Game
from videorlvr.worlds.sokoban.rules import play, start_of
from videorlvr.worlds.sokoban.solve import bits_of, solve
from videorlvr.worlds.sokoban.verify import REASONS
from videorlvr.worlds.sokoban.xsb import read_xsb
from videorlvr.worlds.verify import COMMON_REASONS


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


def solved(grid: Grid, room: Room) -> bool:
    return Sokoban(grid).targets <= room[1]


def fewest_moves(grid: Grid) -> int | None:
    """By plain search, over the rules as the second opinion has them."""
    game = Sokoban(grid)
    away, queue = {game.start(): 0}, deque([game.start()])
    while queue:
        room = queue.popleft()
        if solved(grid, room):
            return away[room]
        for after in game.moves(room, room):
            if after not in away:
                away[after] = away[room] + 1
                queue.append(after)
    return None


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


def test_random_games_turn_back_only_where_they_must_and_stop_when_solved() -> None:
    solved_early = pushes = 0
    for seed in range(60):
        grid = make_problem(WORLD, "micro" if seed % 2 else "small", "train", seed % 5).grid
        moves = Game(grid).wander(30, np.random.default_rng(seed))
        game, rooms = Sokoban(grid), [Sokoban(grid).picture(figure) for figure in play(grid, moves)]
        assert all(room is not None for room in rooms)
        ends = [room for room in rooms if room is not None and solved(grid, room)]
        assert len(moves) == 30 or solved(grid, rooms[-1])  # type: ignore[arg-type]
        assert ends in ([], rooms[-1:])
        for before, room, after in zip(rooms, rooms[1:], rooms[2:], strict=False):
            ways = set(game.moves(room, room))  # type: ignore[arg-type]
            assert after != before or ways == {before}
        solved_early += bool(ends)
        pushes += sum(letter.isupper() for letter in moves)
    assert solved_early > 3
    assert pushes > 20


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
            end = Sokoban(grid).picture(play(grid, moves)[-1])
            assert end is not None
            assert solved(grid, end)
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
        game, (known, _) = Sokoban(grid), start_of(grid)
        floor = [(row, col) for row, col in np.argwhere(grid.ground != 16).tolist()]
        rooms = [
            (player, frozenset((one, other)))
            for player in floor
            for one in floor
            for other in floor
            if one < other and player not in (one, other)
        ]
        before: dict[Room, list[tuple[bool, Room]]] = {}
        for room in rooms:
            for after in game.moves(room, room):
                before.setdefault(after, []).append((after[1] != room[1], room))
        left = dict.fromkeys((room for room in rooms if solved(grid, room)), 0)
        queue = deque(left)
        while queue:  # a walk costs nothing: it goes to the front
            room = queue.popleft()
            for pushes, earlier in before.get(room, []):
                if left[room] + pushes < left.get(earlier, NEVER):
                    left[earlier] = left[room] + pushes
                    (queue.append if pushes else queue.appendleft)(earlier)
        for room in rooms:
            boxes = [row * known.cols + col for row, col in sorted(room[1])]
            assert pushes_left(known, boxes) <= left.get(room, NEVER * 3)
            frozen = any(is_frozen(known, box, bits_of(boxes)) for box in boxes)
            assert not (frozen and room in left)
            num_lost += frozen or pushes_left(known, boxes) >= NEVER
    assert num_lost > 100, "pruning was at work"


# The judge


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
                verdict = judge(WORLD, problem, video, EXACT)
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


# Pictures


@pytest.mark.parametrize("theme", ["default", "night"])
def test_the_oracle_survives_mp4(theme: str, tmp_path: Path) -> None:
    for index in range(3):
        problem = dataclasses.replace(make_problem(WORLD, "small", "test", index), theme=theme)
        path = tmp_path / f"{index}.mp4"
        write_mp4(path, oracle_video(WORLD, problem), fps=8, lossless=False)
        assert judge(WORLD, problem, read_video(path)[0], DECLARED).success
    assert oracle_trace(WORLD, problem).num_frames == 16
