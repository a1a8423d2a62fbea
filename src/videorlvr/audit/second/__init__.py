"""A second opinion on traces: slow, simple, and written from the rules alone.

Each world is written down again as a game of single moves, and one search (`game`) asks whether the frames of
a trace can be states of such a game. Law: nothing here is shared with the worlds, with their judges or with
`worlds.verify`; where the two disagree, one of them is wrong. `benchmarks/judge_agreement.py` compares them.
"""

from __future__ import annotations

from videorlvr.audit.second.flowfree import FlowFree
from videorlvr.audit.second.game import Opinion, opinion
from videorlvr.audit.second.maze import Maze
from videorlvr.audit.second.sokoban import Sokoban
from videorlvr.worlds.api import Problem, Trace


def legal(problem: Problem, trace: Trace) -> Opinion:
    """Does this trace solve this problem, and if not, which is the first frame at fault?

    Raises:
        ValueError: For a problem of a world that has not been written down again.
    """
    match problem.address.world:
        case "maze":
            return opinion(problem, trace, Maze(problem.grid))
        case "flowfree":
            return opinion(problem, trace, FlowFree(problem.grid))
        case "sokoban":
            return opinion(problem, trace, Sokoban(problem.grid))
    raise ValueError(
        f"no second opinion on world '{problem.address.world}': expected maze, flowfree or sokoban; "
        "write its rules as a Game in worlds/second"
    )


__all__ = ["Opinion", "legal"]
