"""FlowFree: what the judge must accept, what it names, and cheats; the second opinion is elsewhere."""

from __future__ import annotations

import dataclasses
import itertools
from pathlib import Path

import numpy as np
import pytest
from flow_boards import board, judged, played, posed

from videorlvr.base import seeding
from videorlvr.base.media.read import read_video
from videorlvr.base.media.write import write_mp4
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import DECLARED, EXACT
from videorlvr.worlds.flowfree import WORLD, sat
from videorlvr.worlds.flowfree.cheats import CHEATS
from videorlvr.worlds.flowfree.play import play
from videorlvr.worlds.flowfree.rules import Flow, endpoints_of, flows_of, moves_text
from videorlvr.worlds.flowfree.verify import REASONS
from videorlvr.worlds.problems import make_problem, oracle_trace, pace
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.verify import COMMON_REASONS

# The judge: what it must accept


def test_every_cover_is_a_solution() -> None:
    """Boards with several solutions: each is accepted, and only the reference's f1 is 1."""
    num_boards = 0
    for index in range(8):
        problem = make_problem(WORLD, "hard", "test", index)
        covers = list(itertools.islice(sat.solutions(problem.grid), 4))
        if len(covers) < 2:
            continue
        num_boards += 1
        assert len({figure.tobytes() for _, figure in covers}) == len(covers)
        for moves, figure in covers:
            verdict = played(problem, moves)
            assert verdict.success, verdict.reason
            assert all(reward(verdict.components) == pytest.approx(1) for reward in WORLD.rewards.values())
            reference = play(problem.grid, problem.solution)[-1]
            assert (verdict.metrics["f1"] == 1) == np.array_equal(figure, reference)
    assert num_boards >= 2


def test_any_order_and_either_endpoint_is_accepted() -> None:
    rng = np.random.default_rng(0)
    for index in range(30):
        problem = make_problem(WORLD, "small", "val", index)
        flows = [
            Flow(flow.colour, flow.cells[::-1] if rng.random() < 0.5 else flow.cells)
            for flow in flows_of(problem.solution)
        ]
        rng.shuffle(flows)  # type: ignore[arg-type]
        assert played(problem, moves_text(flows)).success
        turns = rng.permutation([flow.colour for flow in flows for _ in flow.cells[1:-1]])
        states, grown = [problem.grid.figure], dict.fromkeys(turns.tolist(), 0)
        by_colour = {flow.colour: flow for flow in flows}
        for colour in turns.tolist():
            grown[colour] += 1
            states.append(states[-1].copy())
            states[-1][by_colour[colour].cells[grown[colour]]] = colour
        assert judged(
            problem, pace(np.stack(states), num_frames=problem.num_frames, moves_per_frame=2)
        ).success


def test_flows_may_touch_themselves_and_pass_by_their_end() -> None:
    grid = board("A..", "A..", "B.B")
    problem = posed(grid, "A0,0:RRDLL B2,0:RR", num_frames=6, moves_per_frame=1)
    assert played(problem, problem.solution).success
    verdict = played(problem, "A1,0:RRULL B2,0:RR")
    assert verdict.success
    assert verdict.components["path_valid"] == 1


def test_orders_within_a_frame_are_remembered() -> None:
    """Both orders explain the second frame; the third tells which, and only one tip may be used."""
    grid = board("A....", "....A")
    problem = posed(grid, "A0,0:DRURDRURD", num_frames=5, moves_per_frame=3)
    states = np.repeat(grid.figure[None], 5, axis=0)
    for frame, cells in enumerate([[(0, 1), (1, 1), (1, 0)], [(0, 2)]], start=1):
        for cell in cells:
            states[frame:, *cell] = 1
    # Round the square either way, the tip is (0, 1) or (1, 0): only the first can go on to (0, 2).
    assert judged(problem, states[:3]).components["process"] == 1
    states[3:, 1, 2] = 1
    assert judged(problem, states[:4]).components["process"] == 1
    states[4:, 0, 3] = 1  # beside (0, 2), which is no tip any more
    verdict = judged(problem, states)
    assert (verdict.reason, verdict.frame) == ("branched", 4)


# Components, cheats, laws


def test_components_by_hand() -> None:
    grid = board("A..A", "B..B", "C..C")
    problem = posed(grid, "A0,0:RRR B1,0:RRR C2,0:RRR", num_frames=7, moves_per_frame=1)
    frozen = judged(problem, np.repeat(grid.figure[None], 7, axis=0))
    assert (frozen.reason, frozen.components["process"], frozen.components["progress"]) == (
        "not_joined",
        1,
        0,
    )
    assert WORLD.rewards["dense-v1"](frozen.components) == 0
    half = played(problem, "A0,0:RRR B1,0:R")
    assert half.components["progress"] == pytest.approx(3 / 6)
    assert half.components["arrival"] == half.components["path_valid"] == pytest.approx(1 / 3)
    assert half.components["connected"] == pytest.approx(1 / 3)
    assert half.components["fill"] == pytest.approx(9 / 12)
    assert half.components["endpoints"] == 1
    assert half.metrics == {"precision": 1, "recall": 0.5, "f1": pytest.approx(2 / 3)}
    late = np.repeat(grid.figure[None], 7, axis=0)
    late[1:, 0, 1] = 1
    late[3:, 2, 2] = late[3:, 2, 1] = 3  # two cells where one is allowed
    late[5:, 0, 0] = 2
    verdict = judged(problem, late)
    assert (verdict.reason, verdict.frame) == ("too_fast", 3)
    assert verdict.components["process"] == pytest.approx(4 / 6)
    assert verdict.components["progress"] == pytest.approx(1 / 6)
    assert verdict.components["arrival"] == pytest.approx(4 / 6 / 3)
    assert verdict.components["endpoints"] == pytest.approx(5 / 6)


def test_growing_past_the_end_is_told_from_passing_by() -> None:
    grid = board("A.A.", "....", "B..B")
    problem = posed(grid, "A0,0:RR B2,0:RRR", num_frames=8, moves_per_frame=1)
    figures = np.repeat(grid.figure[None], 8, axis=0)
    for frame, cell in enumerate([(0, 1), (1, 1)], start=1):
        figures[frame:, *cell] = 1
    verdict = judged(problem, figures)
    assert (verdict.reason, verdict.frame) == ("grew_past_end", 2)
    figures[3:, 1, 2] = 1  # beside the endpoint again
    assert judged(problem, figures).reason == "not_joined"
    out_of_the_end = np.repeat(grid.figure[None], 8, axis=0)
    out_of_the_end[1:, 0, 1] = 1
    out_of_the_end[2:, 0, 3] = 1  # beside the endpoint that is already joined
    verdict = judged(problem, out_of_the_end)
    assert (verdict.reason, verdict.frame) == ("grew_past_end", 2)


def test_every_own_reason_has_a_cheat() -> None:
    by_name = {cheat.name: cheat for cheat in CHEATS}
    # Few boards can be joined without being filled, so that cheat is looked for on more of them.
    trials = [(index, cheat) for index in range(5) for cheat in CHEATS]
    trials += [(index, by_name["short-cuts"]) for index in range(60)]
    seen = set()
    for index, cheat in trials:
        problem = make_problem(WORLD, "small", "train", index)
        video = cheat.make(WORLD, problem, seeding.rng(cheat.name, index))
        if video is not None:
            verdict = judge(WORLD, problem, video, EXACT)
            assert verdict.reason in cheat.reasons, cheat.name
            seen.add(verdict.reason)
    assert set(REASONS) - set(COMMON_REASONS) <= seen


def test_oracle_trace_grows_flow_after_flow() -> None:
    problem = make_problem(WORLD, "paper", "test", 1)
    figures = oracle_trace(WORLD, problem).figure
    first_shown = [
        int(np.argmax(((figures == colour) & (figures[0] == 0)).any(axis=(1, 2))))
        for colour in endpoints_of(problem.grid.ground)
    ]
    assert first_shown == sorted(first_shown)


@pytest.mark.parametrize("theme", list(WORLD.themes))
def test_colours_survive_chroma_subsampling(theme: str, tmp_path: Path) -> None:
    """An endpoint's ring is one pixel wide: the hardest thing to tell in yuv420p."""
    problem = make_problem(WORLD, "hard", "train", 3)
    problem = dataclasses.replace(problem, theme=theme)
    write_mp4(tmp_path / "lossy.mp4", oracle_video(WORLD, problem), fps=8, lossless=False)
    assert judge(WORLD, problem, read_video(tmp_path / "lossy.mp4")[0], DECLARED).success
