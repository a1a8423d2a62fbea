"""A policy acts with the solver at its shoulder: its trajectories, all boards at once, a move at a time.

Law: a trajectory is a function of policy, board and seed, and it ends on a solved board.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from videorlvr.base import seeding
from videorlvr.methods.text.step_reflect.config import ROOM
from videorlvr.methods.text.step_reflect.math import Said, corrected
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.language.sampling import drawn, next_laws
from videorlvr.players.language import prompts_of
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.written.guide import Guide
from videorlvr.worlds.written.passages import ANSWER

AT_ONCE = 256


@dataclass
class Trajectory:
    """said: moves and reflections. lost: moves that could not be made up for, each replaced by the teacher's."""

    problem: Problem
    guide: Guide
    prompt: list[int]
    state: Any
    said: list[Said] = field(default_factory=list)
    lost: int = 0

    @property
    def errors(self) -> int:
        return sum(each.kind == "error" for each in self.said)


def act(
    policy: LanguagePolicy, world: World, problems: Sequence[Problem], *, temperature: float, seed: int
) -> list[Trajectory]:
    """The policy's trajectories on these boards.

    Raises:
        ValueError: If the world's moves are no single characters, or its solver cannot go on from mid-play.
    """
    out = list[Trajectory]()
    for start in range(0, len(problems), AT_ONCE):
        part = problems[start : start + AT_ONCE]
        out += _together(policy, world, part, temperature, seed)
    return out


def _together(
    policy: LanguagePolicy, world: World, problems: Sequence[Problem], temperature: float, seed: int
) -> list[Trajectory]:
    prompts = prompts_of(policy, world, problems, ANSWER)
    rows = []
    for problem, prompt in zip(problems, prompts, strict=True):
        guide = Guide(world, problem)
        rows.append(Trajectory(problem, guide, prompt, guide.game.start()))
    chances = {id(row): seeding.rng("step-reflect", seed, str(row.problem.address)) for row in rows}
    while active := [row for row in rows if not row.guide.game.solved(row.state)]:
        contexts = [[*row.prompt, *policy.tokens.encode("".join(s.text for s in row.said))] for row in active]
        noise = torch.tensor([chances[id(row)].random() for row in active])
        tokens, _ = drawn(next_laws(policy, contexts), noise, temperature)
        for row, token in zip(active, tokens.tolist(), strict=True):
            _go_on(row, policy.tokens.decode([token]), context_left(policy, row))
    return rows


def context_left(policy: LanguagePolicy, row: Trajectory) -> bool:
    """Is there room for more errors? Else the teacher leads to the end."""
    way = row.guide.way(row.state)
    most = ROOM * len(row.guide.game.read_moves(row.problem.solution))
    left = min(most, policy.form.context - len(row.prompt) - 2)
    return way is not None and len(row.said) + len(way) + ROOM < left


def _go_on(row: Trajectory, move: str, may_err: bool) -> None:
    if not may_err:
        way = row.guide.way(row.state)
        assert way
        move = way[0]
    said, row.state, lost = corrected(row.guide, row.state, move)
    row.said += said
    row.lost += lost
