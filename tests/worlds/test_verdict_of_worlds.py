"""Components and metrics of each world's verdicts, by hand."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from tiny_boards import posed, row
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Grid, Problem, Trace, Verdict


def shown(problem: Problem, *figures: str) -> Trace:
    return Trace.exact(problem.grid.ground, np.stack([row(each) for each in figures]))


def judged(problem: Problem, *figures: str) -> Verdict:
    return WORLDS[problem.address.world].verify(problem, shown(problem, *figures))


def unlike(trace: Trace, frame: int) -> Trace:
    """The same trace with a cell of the ground changed in one frame."""
    ground = trace.ground.copy()
    ground[frame, 0, 0] ^= 16
    return dataclasses.replace(trace, ground=ground)


# Maze

MAZE = Grid(np.array([[9, 5, 3], [14, 13, 22]], np.uint8), row("200 000"))
"""Two rows of three cells. The upper one leads round its right end to the goal, the last cell, and on into a
dead end at (1, 1); below the start, (1, 0) is a dead end, too."""


def test_a_maze_without_a_head_at_the_end_has_not_arrived() -> None:
    problem = posed("maze", MAZE, "RRD", num_frames=4)
    verdict = judged(problem, "200 000", "120 000", "112 000", "111 001")
    assert (verdict.reason, verdict.frame) == ("no_head", 3)
    assert verdict.components["process"] == pytest.approx(2 / 3)
    assert verdict.components["progress"] == pytest.approx(2 / 3)
    assert verdict.components["arrival"] == 0


def test_progress_in_a_maze_is_that_of_the_last_legal_frame() -> None:
    problem = posed("maze", MAZE, "RRD", num_frames=4)
    late = judged(problem, "200 000", "200 000", "120 000", "112 000")
    assert (late.reason, late.components["progress"]) == ("not_at_goal", pytest.approx(2 / 3))
    at_once = judged(problem, "200 000", "112 000", "112 000", "112 000")
    assert (at_once.reason, at_once.frame, at_once.components["progress"]) == ("jump", 1, 0)
    assert at_once.components["arrival"] == pytest.approx(2 / 3 * 2 / 3)
    away = judged(problem, "200 000", "100 200", "100 200", "100 200")
    assert away.components["progress"] == 0, "a dead end"


def test_a_drawn_path_is_followed_with_and_without_walls() -> None:
    """connect: do start and goal hang together if walls are ignored; walls: the share that corridors join."""
    problem = posed("maze", MAZE, "RRD", num_frames=3)

    def of_last(figure: str) -> tuple[float, float]:
        components = judged(problem, "200 000", "200 000", figure).components
        return components["connect"], components["walls"]

    assert of_last("111 002") == (1, 1)
    assert of_last("110 012") == (1, pytest.approx(2 / 4))
    assert of_last("110 002") == (0, 1), "a gap"
    assert of_last("200 000") == (0, 1), "the start alone"
    assert of_last("011 002") == (0, 0), "the start is not drawn"
    assert of_last("100 212") == (1, pytest.approx(2 / 4))
    assert of_last("111 112") == (1, 1)


def test_a_maze_is_compared_with_the_reference_by_cells() -> None:
    problem = posed("maze", MAZE, "RRD", num_frames=3, moves_per_frame=3)
    assert judged(problem, "200 000", "111 002", "111 002").metrics["f1"] == 1
    metrics = judged(problem, "200 000", "120 100", "120 100").metrics
    assert metrics == pytest.approx({"precision": 1 / 2, "recall": 1 / 3, "f1": 2 / 5})


def test_what_is_wrong_with_a_step_in_a_maze() -> None:
    """Reached too late: a jump. Near, but only through a wall. Reached in time, but not by this trail."""

    def reason(moves: int, after: str) -> str:
        problem = posed("maze", MAZE, "RRD", num_frames=4, moves_per_frame=moves)
        return judged(problem, "200 000", after, after, after).reason

    assert reason(1, "112 000") == "jump"
    assert reason(2, "111 002") == "jump", "three cells away, two moves"
    assert reason(2, "110 020") == "wall_crossed", "two cells away, four moves"
    assert reason(3, "110 020") == "wall_crossed"
    assert reason(1, "100 020") == "jump", "two cells away, one move"
    assert reason(1, "120 100") == "trail_unwalked"
    assert reason(2, "101 000") == "no_head"
    assert reason(3, "101 002") == "trail_unwalked", "a cell that was walked is not drawn"


# Sokoban

LANE = Grid(row("11111111 10000021 11111111") * 16, row("33333333 31020003 33333333"))
"""A corridor: the player, a free cell, the box, and the target three pushes on."""
STEPS = ["31020003", "30120003", "30012003", "30001203", "30000123"]
"""Its middle row, move by move."""


def in_lane(*steps: str) -> Verdict:
    problem = posed("sokoban", LANE, "rRRR", num_frames=len(steps))
    return judged(problem, *(f"33333333 {step} 33333333" for step in steps))


def test_progress_in_sokoban_is_that_of_the_last_legal_frame() -> None:
    """It is the share of the needed pushes that are done."""
    stopped = in_lane(*STEPS[:4])
    assert (stopped.reason, stopped.frame) == ("not_solved", 3)
    assert stopped.components["progress"] == stopped.components["arrival"] == pytest.approx(2 / 3)
    teleported = in_lane(*STEPS[:3], "31000023", "31000023")
    assert (teleported.reason, teleported.frame) == ("teleport", 3)
    assert teleported.components["progress"] == pytest.approx(1 / 3)
    assert teleported.components["process"] == pytest.approx(3 / 4)
    assert teleported.components["arrival"] == pytest.approx(3 / 4)
    assert (teleported.components["boxes"], teleported.components["boxes_all"]) == (1, 1)


def test_a_last_frame_that_is_no_state_has_not_arrived() -> None:
    nobody = in_lane(*STEPS, "30000023")
    assert (nobody.reason, nobody.frame) == ("no_player", 5)
    assert nobody.components["arrival"] == 0
    assert nobody.components["progress"] == 1
    assert nobody.components["process"] == pytest.approx(4 / 5)
    problem = posed("sokoban", LANE, "rRRR", num_frames=6)
    trace = shown(problem, *(f"33333333 {step} 33333333" for step in [*STEPS, STEPS[-1]]))
    for frame, arrival in ((5, 0), (4, 3 / 5), (1, 3 / 5)):
        verdict = WORLDS["sokoban"].verify(problem, unlike(trace, frame))
        assert (verdict.reason, verdict.frame) == ("board_changed", frame)
        assert verdict.components["arrival"] == pytest.approx(arrival)


def test_frames_after_a_broken_one_may_show_anything() -> None:
    """A wall gone in frame 1, nobody in frame 2: what comes after such a frame is judged on, and never raises."""
    problem = posed("sokoban", LANE, "rRRR", num_frames=6)
    steps = [STEPS[0], STEPS[0], "30020003", *STEPS[:3]]
    trace = shown(problem, *(f"33333333 {step} 33333333" for step in steps))
    verdict = WORLDS["sokoban"].verify(problem, unlike(trace, 1))
    assert (verdict.reason, verdict.frame) == ("board_changed", 1)
    assert verdict.components["process"] == pytest.approx(2 / 5)


def test_moves_that_share_a_frame_are_told_apart() -> None:
    """The reference is another, so that they have to be searched for; letters are compared place by place."""
    problem = posed("sokoban", LANE, "uRRR", num_frames=4, moves_per_frame=2)
    verdict = judged(problem, *(f"33333333 {STEPS[step]} 33333333" for step in (0, 2, 4, 4)))
    assert verdict.success
    assert verdict.metrics == pytest.approx({"precision": 3 / 4, "recall": 3 / 4, "f1": 3 / 4})


def test_a_room_that_is_solved_already_may_only_be_left() -> None:
    solved = Grid(LANE.ground, row("33333333 30001023 33333333"))
    problem = posed("sokoban", solved, "", num_frames=3)
    still = judged(problem, *["33333333 30001023 33333333"] * 3)
    assert (still.success, still.components["progress"]) == (True, 1)
    middle = Grid(row("11111111 10020001 11111111") * 16, row("33333333 30120003 33333333"))
    left = judged(
        posed("sokoban", middle, "", num_frames=3),
        *(f"33333333 {step} 33333333" for step in ("30120003", "30012003", "30001203")),
    )
    assert (left.reason, left.frame, left.components["progress"]) == ("left_solution", 1, 1)
    assert left.components["arrival"] == 0


def test_a_player_who_went_where_no_walk_leads_has_teleported() -> None:
    """Through a box, or too far, or into a closed chamber; whether a box moved or not."""
    grid = Grid(row("111111111 100021101 111111111") * 16, row("333333333 310203303 333333333"))

    def reason(moves: int, after: str) -> str:
        problem = posed("sokoban", grid, "", num_frames=4, moves_per_frame=moves)
        figures = (f"333333333 {step} 333333333" for step in ("310203303", after, after, after))
        return judged(problem, *figures).reason

    assert reason(3, "300213303") == "teleport", "through the box"
    assert reason(2, "300213303") == "teleport", "through the box, and too far for two moves"
    assert reason(1, "300123303") == "teleport", "a box moved, but two cells are too far for one move"
    assert reason(3, "300023313") == "teleport", "a box moved, and the player is behind walls"
    assert reason(3, "300203313") == "teleport", "no box moved, and the player is behind walls"
    assert reason(1, "301023303") == "box_moved_alone"


# FlowFree


def test_progress_of_flows_is_that_of_the_last_legal_frame() -> None:
    """The share of free cells that are filled; at the end where nothing was illegal."""
    grid = Grid(row("1001 2002 0000") * 16, row("1001 2002 0000"))
    problem = posed("flowfree", grid, "A0,0:RRR B1,0:RRR", num_frames=4, moves_per_frame=2)
    full = ["1001 2002 0000", "1101 2202 0000", "1101 2222 0000", "1111 2222 0000"]
    joined = judged(problem, *full)
    assert (joined.reason, joined.frame) == ("not_filled", 3)
    assert joined.components["progress"] == pytest.approx(4 / 8)
    assert joined.components["arrival"] == joined.components["path_valid"] == 1
    apart = judged(problem, *full[:3], "1101 2222 0000")
    assert (apart.reason, apart.components["progress"]) == ("not_joined", pytest.approx(3 / 8))
    late = judged(problem, full[0], full[0], full[1], full[2])
    assert (late.reason, late.components["progress"]) == ("not_joined", pytest.approx(3 / 8))
    erased = judged(problem, *full[:3], "1001 2222 0000")
    assert (erased.reason, erased.components["progress"]) == ("flow_erased", pytest.approx(3 / 8))
    assert erased.components["process"] == pytest.approx(2 / 3)
    assert erased.components["arrival"] == pytest.approx(2 / 3 / 2)


def test_a_colour_that_the_board_lacks_grew_from_nowhere() -> None:
    grid = Grid(row("1001 2002") * 16, row("1001 2002"))
    problem = posed("flowfree", grid, "A0,0:RRR B1,0:RRR", num_frames=3)
    assert judged(problem, "1001 2002", "1301 2002", "1301 2002").reason == "grew_from_nowhere"


def test_a_colour_that_vanished_has_nothing_to_grow_from() -> None:
    """Not even the endpoint in the first cell, where it began."""
    grid = Grid(row("1001 2002") * 16, row("1001 2002"))
    problem = posed("flowfree", grid, "A0,0:RRR B1,0:RRR", num_frames=5)
    verdict = judged(problem, "1001 2002", "0000 2002", "0100 2002", "0110 2002", "0110 2202")
    assert (verdict.reason, verdict.frame) == ("flow_erased", 1)
    assert verdict.components["process"] == pytest.approx(2 / 4), "from what a fault left, it may grow on"


def of_last(grid: Grid, *figures: str) -> dict[str, float]:
    """The components that the last frame alone decides."""
    problem = posed("flowfree", grid, "", num_frames=len(figures), moves_per_frame=4)
    components = judged(problem, *figures).components
    return {name: components[name] for name in ("path_valid", "endpoints", "connected", "fill")}


def test_what_a_last_frame_of_flows_is_worth() -> None:
    two = Grid(row("1001 2002") * 16, row("1001 2002"))
    start = "1001 2002"
    assert of_last(two, start, "1111 2222") == {"path_valid": 1, "endpoints": 1, "connected": 1, "fill": 1}
    assert of_last(two, start, "1110 2222") == {
        "path_valid": 1 / 2, "endpoints": 3 / 4, "connected": 1 / 2, "fill": 7 / 8,
    }, "the second endpoint is gone"  # fmt: skip
    assert of_last(two, start, "0111 2222") == {
        "path_valid": 1 / 2, "endpoints": 3 / 4, "connected": 1 / 2, "fill": 7 / 8,
    }, "the first endpoint is gone"  # fmt: skip
    assert of_last(two, start, "0000 2222") == {
        "path_valid": 1 / 2, "endpoints": 1 / 2, "connected": 1 / 2, "fill": 1 / 2,
    }, "a colour is gone"  # fmt: skip
    assert of_last(two, start, "1101 2222")["connected"] == 1 / 2, "a gap"


def test_a_flow_that_touches_itself_is_valid_only_as_it_was_seen_to_grow() -> None:
    grid = Grid(row("1010 0000 2002") * 16, row("1010 0000 2002"))
    passed = of_last(grid, "1010 0000 2002", "1110 0000 2002", "1110 0100 2002")
    assert (passed["connected"], passed["path_valid"]) == (1 / 2, 0), "it went past its end"
    branched = of_last(grid, "1010 0000 2002", "1110 0000 2002", "1110 1000 2002")
    assert (branched["connected"], branched["path_valid"]) == (1 / 2, 0)
    around = Grid(row("1000 1000 2002") * 16, row("1000 1000 2002"))
    frames = ["1000 1000 2002", "1100 1000 2002", "1100 1100 2002"]
    assert of_last(around, *frames)["path_valid"] == 1 / 2, "round a square, touching its start"
    at_once = of_last(around, frames[0], "1100 1100 2012", "1100 1100 2002")
    assert (at_once["connected"], at_once["path_valid"]) == (1 / 2, 0), "the same shape, after a fault"


def test_a_board_of_endpoints_alone_is_done() -> None:
    grid = Grid(row("11 22") * 16, row("11 22"))
    verdict = judged(posed("flowfree", grid, "", num_frames=3), "11 22", "11 22", "11 22")
    assert verdict.success
    assert verdict.components["progress"] == 1
