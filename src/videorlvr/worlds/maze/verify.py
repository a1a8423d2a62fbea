"""The judge of Maze. Process, not picture: every frame must follow from the last by a legal walk."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import Cells, Problem, Trace, Verdict
from videorlvr.worlds.maze.rules import (
    DIRECTIONS,
    HEAD,
    NOTHING,
    TRAIL,
    Cell,
    cells_where,
    distances,
    goal_of,
    heads_of,
    neighbours,
    play,
)
from videorlvr.worlds.verify import (
    COMMON_REASONS,
    Check,
    Fault,
    precision_recall_f1,
    walk,
)

REASONS: Mapping[str, str] = {
    **COMMON_REASONS,
    "walls_changed": "A wall or the goal is not where the problem put it.",
    "no_head": "A frame has no head.",
    "many_heads": "A frame has more than one head.",
    "trail_erased": "A cell that was walked no longer shows the trail.",
    "wall_crossed": "The head went where only a walk through a wall could lead.",
    "jump": "The head went further than the moves of one frame could lead.",
    "trail_unwalked": "The trail grew by cells that the head's walk does not explain.",
    "left_goal": "The head reached the goal and went on.",
    "not_at_goal": "The video ends before the head reaches the goal.",
}


MAX_STATES = 20_000
"""Partial walks that are looked at for one frame. Visiting many cells on a board with loops is a hard problem;
past this bound, which no level's pace comes near, the trail counts as not explained."""


def walk_exists(
    ground: Cells, start: Cell, end: Cell, new: frozenset[Cell], allowed: set[Cell], moves: int
) -> bool:
    """Is there a walk of at most `moves` from start to end, within `allowed`, that visits all of `new`?"""
    goal = (end, frozenset[Cell]())
    seen = frontier = {(start, new)}
    for left in range(moves, -1, -1):
        if goal in frontier:
            return True
        frontier = {
            (other, missing - {other})
            for cell, missing in frontier
            if len(missing) <= left
            for _, other in neighbours(ground, cell)
            if other in allowed
        } - seen
        seen = seen | frontier
        if not frontier or len(seen) > MAX_STATES:
            return False
    return False


def transition_fault(ground: Cells, before: Cells, after: Cells, moves: int) -> str:
    """Why `after` does not follow from `before` within `moves` moves; "" if it does."""
    heads = heads_of(after)
    if len(heads) != 1:
        return "many_heads" if heads else "no_head"
    if np.array_equal(before, after):
        return ""
    was, now = before != NOTHING, after != NOTHING
    if (was & ~now).any():
        return "trail_erased"
    starts = heads_of(before)
    if len(starts) != 1:
        return "jump"
    start, end = starts[0], heads[0]
    new = frozenset(cells_where(now & ~was))
    allowed = set(cells_where(now))
    if walk_exists(ground, start, end, new, allowed, moves):
        return ""
    reach = distances(ground, start)[end]
    if 0 <= reach <= moves:
        return "trail_unwalked"
    straight = abs(start[0] - end[0]) + abs(start[1] - end[1])
    return "wall_crossed" if straight <= moves else "jump"


class Walked(Check):
    """A walk as a video shows it."""

    ground_reason = "walls_changed"
    unfinished = ("not_at_goal",)

    def __init__(self, problem: Problem, trace: Trace) -> None:
        super().__init__(problem, trace)
        self.ground = problem.grid.ground
        self.goal = goal_of(self.ground)

    def transition(self, frame: int, moves: int) -> str:
        figure = self.trace.figure
        return transition_fault(self.ground, figure[frame - 1], figure[frame], moves)

    def taken(self, frame: int, moves: int) -> int:
        return next(number for number in range(moves + 1) if not self.transition(frame, number))

    def end_fault(self) -> Fault | None:
        """Does the head end on the goal?"""
        arrived = [heads_of(figure)[0] == self.goal for figure in self.trace.figure]
        # It may have walked on and come back between two frames it shows; a stop is a stop.
        left = [frame for frame in range(1, len(arrived)) if arrived[frame - 1] and not arrived[frame]]
        if left:
            return Fault("left_goal", left[0])
        return None if arrived[-1] else Fault("not_at_goal", self.trace.num_frames - 1)

    def components(self, last_good: int, process: float) -> dict[str, float]:
        """connect, walls: of the last frame, after the paper; progress, arrival: of the video.

        progress: how much nearer the goal the head is in the last frame before the fault.
        arrival: how much nearer it is in the last frame, times the share of legal transitions.
        """
        away = _distances_to_goal(self.ground.tobytes(), self.ground.shape)
        start = heads_of(self.problem.grid.figure)[0]

        def nearer(figure: Cells) -> float:
            heads = heads_of(figure)
            return max(0.0, 1 - away[heads[0]] / away[start]) if len(heads) == 1 else 0.0

        connect, walls = _drawn_path(self.ground, self.trace.figure[-1], start, self.goal)
        return {
            "progress": nearer(self.trace.figure[last_good]),
            "arrival": process * nearer(self.trace.figure[-1]),
            "connect": connect,
            "walls": walls,
        }

    def metrics(self) -> dict[str, float]:
        """Overlap of the last frame's trail with the reference's, start cell apart (it is given)."""
        given = set(cells_where(self.problem.grid.figure != NOTHING))
        reference = play(self.problem.grid, self.problem.solution)[-1]
        shown = set(cells_where(self.trace.figure[-1] != NOTHING)) - given
        wanted = set(cells_where(reference != NOTHING)) - given
        return precision_recall_f1(set(shown), set(wanted))


def verify(problem: Problem, trace: Trace) -> Verdict:
    """The verdict on a trace. Never raises."""
    return walk(problem, trace, Walked)


@lru_cache(maxsize=1024)
def _distances_to_goal(ground: bytes, shape: tuple[int, ...]) -> npt.NDArray[np.int32]:
    """Kept, since a group of rollouts asks for the same board many times."""
    cells = np.frombuffer(ground, np.uint8).reshape(shape)
    return distances(cells, goal_of(cells))


def _drawn_path(ground: Cells, figure: Cells, start: Cell, goal: Cell) -> tuple[float, float]:
    """(does the drawn trail join start and goal if walls are ignored, share of it that corridors join)."""
    drawn = set(cells_where((figure == TRAIL) | (figure == HEAD)))

    def reached(walls_count: bool) -> set[Cell]:
        seen, stack = ({start} if start in drawn else set()), [start] if start in drawn else []
        while stack:
            cell = stack.pop()
            for dr, dc, bit in DIRECTIONS.values():
                other = (cell[0] + dr, cell[1] + dc)
                if other in drawn and other not in seen and not (walls_count and ground[cell] & bit):
                    seen.add(other)
                    stack.append(other)
        return seen

    joined, legal = reached(False), reached(True)
    return float(goal in joined), len(legal) / len(joined) if joined else 0.0
