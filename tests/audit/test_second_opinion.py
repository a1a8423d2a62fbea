"""The judge against the second opinion: on all traces of tiny boards, and on traces of every kind."""

from __future__ import annotations

import dataclasses
import itertools
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tiny_boards import posed, row
from videorlvr.audit import second
from videorlvr.audit.agreement import judge_twice, said, tasks, total
from videorlvr.audit.near_misses import legal_traces, seen, tampered
from videorlvr.audit.second import Opinion
from videorlvr.audit.second.game import frames_lacking, within
from videorlvr.audit.second.maze import Maze
from videorlvr.audit.second.sokoban import Sokoban
from videorlvr.base import seeding
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.worlds import WORLDS, world_of
from videorlvr.worlds.api import UNSURE, Cells, Grid, Problem, Trace
from videorlvr.worlds.problems import make_problem, oracle_trace
from videorlvr.worlds.render import render_trace
from videorlvr.worlds.verify import COMMON_REASONS

RARE = {"not_filled", "pushed_two", "left_solution"}
"""Reasons that need a board of a rare kind, as tiny boards below are, or a cheat that is seldom drawn."""


def opinion(problem: Problem, *figures: str) -> Opinion:
    return second.legal(problem, Trace.exact(problem.grid.ground, np.stack([row(each) for each in figures])))


# The second opinion by hand: what both sides could get wrong together

MAZE = Grid(np.array([[9, 5, 3], [12, 5, 22]], np.uint8), row("200 000"))
"""Two rows of three cells, open to the sides, joined at both ends; the goal in the last cell."""
FLOWS = Grid(row("1001 2002") * 16, row("1001 2002"))
ROOM = Grid(row("11111 10021 11111") * 16, row("33333 31203 33333"))


def test_a_maze_by_hand() -> None:
    problem = posed("maze", MAZE, "RRD", num_frames=4, moves_per_frame=1)
    assert opinion(problem, "200 000", "120 000", "112 000", "111 002") == Opinion(True, True, None)
    assert opinion(problem, "200 000", "120 000", "112 000", "112 000") == Opinion(False, True, 3), (
        "not there"
    )
    assert opinion(problem, "200 000", "120 000", "110 020", "110 012") == Opinion(False, False, 2), "a wall"
    assert opinion(problem, "200 000", "112 000", "111 002", "111 002") == Opinion(False, False, 1), (
        "too fast"
    )
    assert opinion(problem, "200 000", "120 000", "012 000", "011 002") == Opinion(False, False, 2), "erased"
    assert opinion(problem, "120 000", "112 000", "111 002", "111 002") == Opinion(False, False, 0), "start"
    assert opinion(problem, "200 000", "111 002") == Opinion(False, False, 1), "no process"
    assert opinion(problem, "200 000", "112 000", "111 002") == Opinion(True, True, None), "twice the pace"
    faster = dataclasses.replace(problem, moves_per_frame=3)
    states = ["200 000", "111 002", "111 012", "111 112"]
    assert opinion(faster, *states[:2], "111 002", "111 002") == Opinion(True, True, None)
    assert opinion(faster, *states[:2], "111 021", "111 012") == Opinion(False, True, 2), "left the goal"


def test_flows_by_hand() -> None:
    problem = posed("flowfree", FLOWS, "A0,0:RRR B1,0:RRR", num_frames=5, moves_per_frame=1)
    one = ["1001 2002", "1101 2002", "1111 2002"]
    assert opinion(problem, *one, "1111 2202", "1111 2222") == Opinion(True, True, None)
    assert opinion(problem, *one, "1111 2022", "1111 2222") == Opinion(True, True, None), "from the other end"
    assert opinion(problem, *one, "1111 2202", "1111 2202") == Opinion(False, True, 4), "not full"
    assert opinion(problem, *one[:2], "1101 2002", "1101 2202", "1101 2222") == Opinion(False, True, 4)
    assert opinion(problem, one[0], one[2], one[2], "1111 2202", "1111 2222") == Opinion(False, False, 1)
    assert opinion(problem, *one[:2], "1101 2202", "1111 2202", "1111 2222") == Opinion(True, True, None)
    assert opinion(problem, *one[:2], "1001 2002", *one[1:]) == Opinion(False, False, 2), "erased"
    wide = Grid(row("10001 20002") * 16, row("10001 20002"))
    problem = posed("flowfree", wide, "A0,0:RRRR B1,0:RRRR", num_frames=5, moves_per_frame=2)
    both = ["10001 20002", "11011 20002", "11111 20002", "11111 22202", "11111 22222"]
    assert opinion(problem, *both) == Opinion(False, False, 1), "from both ends"


def test_a_flow_that_leaves_its_end_is_at_fault_where_it_did() -> None:
    grid = Grid(row("101 000 202") * 16, row("101 000 202"))
    problem = posed("flowfree", grid, "A0,0:RR B2,0:RR", num_frames=5, moves_per_frame=1)
    passed = ["101 000 202", "111 000 202", "111 010 202", "111 010 222"]
    assert opinion(problem, *passed, passed[-1]) == Opinion(False, True, 2)
    assert opinion(problem, *passed, "111 011 222") == Opinion(False, True, 4), "back, but not full"


def test_a_sokoban_room_by_hand() -> None:
    problem = posed("sokoban", ROOM, "R", num_frames=3, moves_per_frame=1)
    start, done = "33333 31203 33333", "33333 30123 33333"
    assert opinion(problem, start, done, done) == Opinion(True, True, None)
    assert opinion(problem, start, start, start) == Opinion(False, True, 2), "not solved"
    assert opinion(problem, start, done, "33333 31023 33333") == Opinion(True, True, None), "and a step away"
    assert opinion(problem, start, done, "33333 31203 33333") == Opinion(False, False, 2), "pulled"
    assert opinion(problem, start, "33333 30213 33333", done) == Opinion(False, False, 1), "changed places"
    assert opinion(problem, start, "33333 31023 33333", done) == Opinion(False, False, 1), "moved alone"
    assert opinion(problem, start, "33333 30023 33333", done) == Opinion(False, False, 1), "no player"
    assert opinion(problem, start, "33333 31123 33333", done) == Opinion(False, False, 1), "two players"
    long = Grid(row("1111111 1002021 1111111") * 16, row("3333333 3120203 3333333"))
    problem = posed("sokoban", long, "R", num_frames=4, moves_per_frame=1)
    assert not opinion(problem, *["3333333 3120203 3333333"] * 4).success
    games = ["3333333 3120203 3333333", "3333333 3012203 3333333", "3333333 3001223 3333333"]
    assert opinion(problem, *games, games[2]) == Opinion(False, False, 2), "two boxes"


def test_an_unknown_world_is_named() -> None:
    problem = make_problem(WORLDS["maze"], "micro", "train", 0)
    other = dataclasses.replace(problem, address=dataclasses.replace(problem.address, world="chess"))
    with pytest.raises(ValueError, match="no second opinion on world 'chess'"):
        second.legal(other, oracle_trace(WORLDS["maze"], problem))


# Every trace of a tiny board

LOOP = Grid(np.array([[9, 3], [12, 22]], np.uint8), row("20 00"))
CROSSED = Grid(row("102 201") * 16, row("102 201"))
CORNER = Grid(row("101 202") * 16, row("101 202"))
SQUARE = Grid(row("100 001") * 16, row("100 001"))
BESIDE = Grid(row("11 00") * 16, row("11 00"))
PUSH = Grid(row("111111 102021 111111") * 16, row("333333 312203 333333"))
LANE = Grid(row("11111 10021 10001 11111") * 16, row("33333 31203 30003 33333"))
TINY = {
    "a maze with a loop": ("maze", LOOP, "RD", 2, "012", 2),
    "a maze of two rows": ("maze", MAZE, "RRD", 3, "012", 1),
    "flows in each other's way": ("flowfree", CROSSED, "", None, "012", 2),
    "two flows": ("flowfree", CORNER, "A0,0:RR B1,0:RR", 2, "012", 2),
    "a flow that may turn": ("flowfree", SQUARE, "A0,0:DRURD", 4, "012", 2),
    "endpoints side by side": ("flowfree", BESIDE, "A0,0:DRU", 2, "0123", 2),
    "two boxes in a corridor": ("sokoban", PUSH, "", None, "0123", 2),
    "a box beside free floor": ("sokoban", LANE, "R", 1, "0123", 1),
}
"""World, board, a solution, its length in moves, the codes that are tried, frames after the first."""


def pictures(grid: Grid, codes: str, free: Cells) -> list[Cells]:
    """Every figure with these codes in the free cells."""
    out = []
    for each in itertools.product(codes, repeat=int(free.sum())):
        out.append(grid.figure.copy())
        out[-1][free] = [int(code) for code in each]
    return out


@pytest.mark.parametrize("moves_per_frame", [1, 2, 3])
@pytest.mark.parametrize("name", TINY)
def test_both_agree_on_every_trace_of_a_tiny_board(name: str, moves_per_frame: int) -> None:
    """On every second frame; and on every third after a legal second, with the endpoints kept."""
    world, grid, solution, num_moves, codes, depth = TINY[name]
    problem = posed(world, grid, solution, num_frames=3, moves_per_frame=moves_per_frame)
    free = [grid.figure != 3, grid.ground == 0 if world == "flowfree" else grid.figure != 3]
    beginnings, successes = [[grid.figure]], 0
    for length in range(depth):
        legal = []
        for beginning, figure in itertools.product(beginnings, pictures(grid, codes, free[length])):
            figures = [*beginning, figure]
            trace = Trace.exact(grid.ground, np.stack(figures + figures[-1:] * (1 - length)))
            verdict, other = world_of(world).verify(problem, trace), second.legal(problem, trace)
            assert said(verdict) == other, (trace.figure.tolist(), verdict)
            successes += other.success
            legal += [figures] if other.legal else []
        beginnings = legal
    assert (successes > 0) == (num_moves is not None and num_moves <= depth * moves_per_frame)


# Traces of every kind


@pytest.mark.parametrize("name", WORLDS)
def test_both_agree_on_traces_of_every_kind(name: str) -> None:
    """The benchmark `judge_agreement` at a small size."""
    counts = {"micro": 800, "small": 800, "paper": 80}
    todo = [task for level, count in counts.items() for task in tasks(name, level, count, per_problem=80)]
    tally = total(judge_twice(task) for task in todo)
    assert [str(disagreement) for disagreement in tally.disagreements] == []
    assert tally.traces.total() == sum(counts.values())
    assert tally.by_judge == tally.by_second
    assert 0.15 < tally.by_judge.total() / tally.traces.total() < 0.5, "a good share of both outcomes"
    own = set(WORLDS[name].reasons) - set(COMMON_REASONS)
    assert set(tally.reasons) <= {"", *WORLDS[name].reasons}
    assert own | {"wrong_start", "unreadable"} <= set(tally.reasons) | RARE
    assert tally.by_judge["cheat"] == 0


@pytest.mark.parametrize("name", WORLDS)
def test_a_disagreement_can_be_judged_again(name: str) -> None:
    """A judge that forgives is found, and what is written of it is enough to find it again."""
    tally = total(judge_twice(task) for task in tasks(name, "micro", 60, per_problem=60))
    problem = make_problem(WORLDS[name], "micro", "train", 0)
    trace = Trace.exact(problem.grid.ground, np.repeat(problem.grid.figure[None], problem.num_frames, axis=0))
    assert not tally.disagreements
    assert not second.legal(problem, trace).success
    forgiving = dataclasses.replace(WORLDS[name].verify(problem, trace), success=True)
    assert said(forgiving) != second.legal(problem, trace)


SEEDS = st.integers(0, 2**32 - 1)
SETTINGS = settings(max_examples=120, deadline=None, derandomize=True)


@SETTINGS
@given(name=st.sampled_from(sorted(WORLDS)), index=st.integers(0, 20), seed=SEEDS, changes=st.integers(0, 3))
def test_a_changed_legal_trace_is_judged_alike(name: str, index: int, seed: int, changes: int) -> None:
    world, rng = WORLDS[name], np.random.default_rng(seed)
    problem = make_problem(world, "micro", "train", index)
    traces = [trace for _, trace in legal_traces(world, problem, rng)]
    trace, other = (traces[rng.integers(len(traces))] for _ in range(2))
    for _ in range(changes):
        if trace.num_frames > 1:
            _, trace = tampered(world, trace, other, rng)
    assert said(world.verify(problem, trace)) == second.legal(problem, trace)


@SETTINGS
@given(game=st.sampled_from([Maze, Sokoban]), index=st.integers(0, 20), seed=SEEDS)
def test_process_is_the_share_of_transitions_that_the_rules_allow(
    game: type[Maze] | type[Sokoban], index: int, seed: int
) -> None:
    """Those after a fault, too: a state of these worlds is all that its picture shows."""
    world, rng = WORLDS[game.__name__.lower()], np.random.default_rng(seed)
    problem = make_problem(world, "micro", "train", index)
    traces = [trace for _, trace in legal_traces(world, problem, rng)]
    _, trace = tampered(world, traces[rng.integers(len(traces))], traces[0], rng)
    components = world.verify(problem, trace).components
    if not components:
        return  # no process was looked at
    rules: Any = game(problem.grid)
    shown = [
        rules.picture(figure) if np.array_equal(ground, problem.grid.ground) else None
        for ground, figure in zip(trace.ground, trace.figure, strict=True)
    ]
    lacking, allowed = frames_lacking(problem, trace.num_frames), []
    for before, after in itertools.pairwise(shown):
        steps = next(
            (
                steps
                for steps in range(1, 3 if lacking else 2)
                if before is not None
                and after is not None
                and after in within(rules, {before}, after, steps * problem.moves_per_frame)
            ),
            0,
        )
        lacking -= steps == 2
        allowed.append(steps > 0)
    assert components["process"] == pytest.approx(np.mean(allowed))


@SETTINGS
@given(name=st.sampled_from(sorted(WORLDS)), index=st.integers(0, 20), seed=SEEDS)
def test_a_slightly_distorted_video_keeps_its_verdict(name: str, index: int, seed: int) -> None:
    """Noise of a few grey levels and a shift of brightness, over a trace that is legal or is not."""
    world, rng = WORLDS[name], np.random.default_rng(seed)
    problem = make_problem(world, "micro", "train", index)
    traces = [trace for _, trace in legal_traces(world, problem, rng)]
    trace = traces[rng.integers(len(traces))]
    if rng.random() < 0.5:
        _, trace = tampered(world, trace, traces[0], rng)
    if (trace.figure == UNSURE).any() or (trace.ground == UNSURE).any():
        return  # nothing can be drawn so
    video = render_trace(world, problem, trace).astype(float)
    distorted = video + rng.uniform(-10, 10) + rng.normal(0, rng.uniform(0, 12), video.shape)
    verdict = judge(world, problem, distorted.clip(0, 255).round().astype(np.uint8), EXACT)
    assert said(verdict) == second.legal(problem, trace)


@SETTINGS
@given(name=st.sampled_from(sorted(WORLDS)), index=st.integers(0, 20), seed=SEEDS)
def test_a_cell_that_is_redrawn_is_judged_as_what_it_shows(name: str, index: int, seed: int) -> None:
    """Pixels of one cell in one frame, copied from any cell of any frame: the verdict follows the cell."""
    world, rng = WORLDS[name], seeding.rng("redrawn", name, index, seed)
    problem = make_problem(world, "micro", "train", index)
    trace, size, layout = oracle_trace(world, problem), problem.layout.cell_px, problem.layout
    video = render_trace(world, problem, trace)

    def place() -> tuple[int, ...]:
        return tuple(int(rng.integers(count)) for count in trace.figure.shape)

    def pixels(frame: int, down: int, right: int) -> tuple[int, slice, slice]:
        top, left = layout.top_px + down * size, layout.left_px + right * size
        return frame, slice(top, top + size), slice(left, left + size)

    source, target = place(), place()
    video[pixels(*target)] = video[pixels(*source)].copy()
    ground, figure = trace.ground.copy(), trace.figure.copy()
    ground[target], figure[target] = trace.ground[source], trace.figure[source]
    changed = Trace.exact(ground, figure)
    shown = seen(world, problem, video)
    assert np.array_equal(shown.ground, ground)
    assert np.array_equal(shown.figure, figure)
    assert said(judge(world, problem, video, EXACT)) == second.legal(problem, changed)


def test_disagreements_are_written_as_json() -> None:
    from videorlvr.audit.agreement import Disagreement

    world = WORLDS["maze"]
    problem = make_problem(world, "micro", "train", 0)
    trace = oracle_trace(world, problem)
    made = Disagreement("oracle", problem, trace, world.verify(problem, trace), Opinion(False, True, 2))
    back = json.loads(json.dumps(made.to_json()))
    assert "maze-v1/micro/train/0, oracle: success" in back["says"]
    again = Trace.exact(np.array(back["ground"], np.uint8), np.array(back["figure"], np.uint8))
    assert second.legal(Problem.from_json(back["problem"]), again) == Opinion(True, True, None)
