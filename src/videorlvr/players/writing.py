"""How a language policy is asked to write. No torch: a command line reads it."""

from __future__ import annotations

import functools
import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from videorlvr.worlds import world_of
from videorlvr.worlds.problems import level_of, make_problem
from videorlvr.worlds.written.passages import ANSWER, PLAN, THINK

NUM_MEASURED = 32


class Writing(BaseModel):
    """The sampler of answers."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    temperature: float = Field(default=0.0, ge=0, le=10, description="0 takes the likeliest token")
    think: bool | Literal["choose", "plan"] = Field(
        default=False,
        description="whether a trace is written before the answer; choose: the policy writes the mark of one or the "
        "other itself; plan: a plan first, which is shown",
    )
    max_tokens: int | None = Field(
        default=None,
        ge=1,
        le=16384,
        description="tokens of an answer at most; null: as the level's solutions need",
    )

    @property
    def mark(self) -> str:
        """What is given behind a board: the mark of a thought or an answer, or nothing."""
        if self.think == "choose":
            return ""
        if self.think == "plan":
            return PLAN
        return THINK if self.think else ANSWER


@functools.lru_cache(maxsize=64)
def letters_needed(world: str, level: str) -> int:
    """Characters of an answer that the longest solution of a level may have, judged by its first train problems: the
    characters a move there, times the most moves."""
    kind, most = world_of(world), level_of(world_of(world), level).moves[1]
    problems = [make_problem(kind, level, "train", index) for index in range(NUM_MEASURED)]
    shown = (
        len(problem.solution) / max(1, len(kind.play(problem.grid, problem.solution)) - 1)
        for problem in problems
    )
    return math.ceil(max(shown) * most) + 2
