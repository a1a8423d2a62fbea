"""Does training on some problems help on others? Axes that leave what was trained on, each beside its controls.

    size        boards larger than any trained on (the level `hard`)
    theme       the level's own problems in other colours
    rendering   the level's own problems in larger frames, so that cells have other sizes and places
    world       other worlds' levels, whose rules were never trained on

Law: an axis without controls is no result. Every axis is played by `frozen-frame`, which shows nothing, and by
`random-legal`, which knows the rules alone, on the same problems; a player is better than a control where the whole
paired interval of the difference lies above zero, and `beats_controls` asks it of both. The oracle solves every axis,
else the judge could not tell.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videorlvr.base.paired import tango
from videorlvr.base.stats import wilson
from videorlvr.evaluation.answers import verdicts_of
from videorlvr.evaluation.runner import plan, play
from videorlvr.judge.tolerance import EXACT
from videorlvr.players.baselines import Player, frozen_frame, random_legal
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem
from videorlvr.worlds.different import Part, different_boards
from videorlvr.worlds.problems import level_of, shown_as

CONTROLS: dict[str, Player] = {"frozen-frame": frozen_frame, "random-legal": random_legal}
HARD = "hard"
LARGER = 1.5
STEP_PX = 8


@dataclass(frozen=True)
class Axis:
    """What is other about these problems, as `theme night`, and the problems."""

    name: str
    world: str
    problems: list[Problem]


@dataclass(frozen=True)
class Row:
    """Success on an axis with its 95% interval; of each control, its success and the paired interval of the player's
    difference from it."""

    axis: str
    world: str
    count: int
    success: float
    interval: tuple[float, float]
    controls: dict[str, tuple[float, tuple[float, float]]]

    @property
    def beats_controls(self) -> bool:
        return all(low > 0 for _, (low, _) in self.controls.values())


def axes_of(
    tasks: Sequence[tuple[str, str]], *, others: Sequence[tuple[str, str]] = (), count: int = 200
) -> list[Axis]:
    """The axes beyond the (world, level) `tasks` of training, in domain first; `others` are (world, level)
    of worlds that it was not. Test problems, `count` each.

    Raises:
        ValueError: For a world among `others` that is trained on.
    """
    trained = {world for world, _ in tasks}
    both = sorted(trained & {world for world, _ in others})
    if both:
        raise ValueError(
            f"{', '.join(both)} among the worlds never trained on and among the tasks: name it once"
        )
    out: list[Axis] = []
    for name, level_name in tasks:
        world, level = world_of(name), level_of(world_of(name), level_name)
        own = _boards(name, level_name, count)
        out.append(Axis("in domain", name, own))
        if HARD in world.levels and level_name != HARD:
            out.append(Axis("size", name, _boards(name, HARD, count)))
        colours = [theme for theme in world.themes if theme != level.theme]
        out += [
            Axis(f"theme {theme}", name, [shown_as(world, one, theme=theme) for one in own])
            for theme in colours
        ]
        rows, cols = (math.ceil(LARGER * cells * level.cell_px / STEP_PX) * STEP_PX for cells in level.canvas)
        out.append(
            Axis(f"rendering {rows}x{cols}", name, [shown_as(world, one, size=(rows, cols)) for one in own])
        )
    out += [Axis("world", name, _boards(name, level, count)) for name, level in others]
    return out


def _boards(world: str, level: str, count: int) -> list[Problem]:
    return different_boards([Part(world, level, "test", count)], f"{world} {level}")


def measure(player: Player, axes: Sequence[Axis], *, batch_size: int = 64) -> list[Row]:
    """Each axis played once by the player and by the controls."""
    return [_row(player, axis, batch_size) for axis in axes]


def solved(player: Player, problems: list[Problem], *, batch_size: int = 64) -> npt.NDArray[np.bool_]:
    """Which of the problems the player solves, bool [N] in their order."""
    found: dict[str, bool] = {}
    for batch in plan(problems, samples=1, batch_size=batch_size):
        verdicts = verdicts_of(batch.problems, play(player, batch), EXACT)
        for problem, verdict in zip(batch.problems, verdicts, strict=True):
            found[str(problem.address)] = verdict.success
    return np.array([found[str(problem.address)] for problem in problems])


def _row(player: Player, axis: Axis, batch_size: int) -> Row:
    own, total = solved(player, axis.problems, batch_size=batch_size), len(axis.problems)
    controls = {}
    for name, control in CONTROLS.items():
        other = solved(control, axis.problems)
        difference = tango(int((other & ~own).sum()), int((own & ~other).sum()), total)
        controls[name] = (float(other.mean()), difference)
    return Row(axis.name, axis.world, total, float(own.mean()), wilson(int(own.sum()), total), controls)


def table(rows: Sequence[Row]) -> list[list[str]]:
    """Lines of text, the first of them the head."""
    head = ["axis", "world", "problems", "success", *CONTROLS, "beats both"]
    body = []
    for row in rows:
        low, high = row.interval
        told = [f"{100 * row.controls[name][0]:.1f}" for name in CONTROLS]
        mine = f"{100 * row.success:.1f} [{100 * low:.1f}, {100 * high:.1f}]"
        body.append([row.axis, row.world, str(row.count), mine, *told, "yes" if row.beats_controls else "no"])
    return [head, *body]
