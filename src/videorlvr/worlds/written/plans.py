"""A solution's plan: the cells that it gets to where it decides something, in their order.

    1,2;4,0;5,5     a maze: where each junction was left for, and the goal; Sokoban: where each push put a box

Laws: `read_plan(plan_text(...))` is the plan; where a world has plans, those of its solver are legal; a plan is right
if it is that of a shortest solution, of which there may be several.
"""

from __future__ import annotations

import itertools
import re

import numpy as np

from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.written.solutions import shortest_solutions
from videorlvr.worlds.written.traces import Step, steps_of

Cell = tuple[int, int]
SOLID = "stone"
"""What a figure is called that nothing enters."""
_PLAN = re.compile(r"\d{1,3},\d{1,3}(?:;\d{1,3},\d{1,3})*")


def plan_of(world: World, problem: Problem, moves: str | None = None) -> list[Cell]:
    """The waypoints of a solution, by default the reference: the cell that each choice fills, and the last one."""
    steps = steps_of(world, problem, moves)
    before = problem.grid.figure
    cells = list[Cell]()
    for number, step in enumerate(steps, start=1):
        cell = _filled(before, step)
        if cell is not None and (step.is_choice or number == len(steps)):
            cells.append(cell)
        before = step.after.figure
    return cells


def _filled(before: np.ndarray, step: Step) -> Cell | None:
    """The first cell that was empty before a move and is not after it; None where there is none."""
    found = np.flatnonzero((before == 0) & (step.after.figure != 0))
    return None if not len(found) else divmod(int(found[0]), before.shape[1])


def plan_text(cells: list[Cell]) -> str:
    return ";".join(f"{row},{col}" for row, col in cells)


def read_plan(text: str) -> list[Cell] | None:
    """The waypoints that a text names; None if it is no plan."""
    if not _PLAN.fullmatch(text):
        return None
    pairs = (part.split(",") for part in text.split(";"))
    return [(int(row), int(col)) for row, col in pairs]


def is_legal(world: World, problem: Problem, cells: list[Cell]) -> bool:
    """What can be said of a plan without solving the board: its cells lie on it and are not solid, none is named twice
    running, and it ends on ground of a kind of its own (a goal, a target)."""
    rows, cols = problem.grid.figure.shape
    if not cells or not all(row < rows and col < cols for row, col in cells):
        return False
    free = all(world.figure_names[problem.grid.figure[cell]] != SOLID for cell in cells)
    moves_on = all(one != other for one, other in itertools.pairwise(cells))
    return bool(free and moves_on and problem.grid.ground[cells[-1]] >> 4)


def has_plans(world: World, problem: Problem) -> bool:
    """Are solutions of this world planned in cells? Flows, which fill all of them, are not."""
    return is_legal(world, problem, plan_of(world, problem))


def is_right(world: World, problem: Problem, cells: list[Cell]) -> bool:
    """Is it the plan of a shortest solution? Of a board with too many states nearer than its end, of the reference."""
    if cells == plan_of(world, problem):
        return True
    try:
        others = shortest_solutions(world, problem)
    except ValueError:
        return False
    return any(cells == plan_of(world, problem, moves) for moves in others)
