"""Videos made to fool the judge of Lights Out, and right ones other than the reference."""

from __future__ import annotations

import dataclasses

import numpy as np

from lights_out.rules import LIT
from videorlvr.worlds.api import Cheat, Problem, Variant, Video, World
from videorlvr.worlds.cheats import shared_cheats
from videorlvr.worlds.staging import show, staged
from videorlvr.worlds.variants import SHARED_VARIANTS


def _one_by_one(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The lamps that are lit go out one after another, as if a press turned over nothing else."""
    figures = [problem.grid.figure]
    for row, col in np.argwhere(problem.grid.figure == LIT).tolist():
        figures.append(figures[-1].copy())
        figures[-1][row, col] = 0
    figures += figures[-1:] * (problem.num_frames - len(figures))
    return show(world, problem, np.stack(figures))


def _backwards(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The last press first."""
    game = world.game(problem.grid)
    moves = game.read_moves(problem.solution)[::-1]
    return staged(world, problem, world.play(problem.grid, game.write_moves(moves)))


SHARED = shared_cheats(
    unfinished="still_lit",
    ground="panel_changed",
    leap=("no_press",),
    improper=("no_press", "lit_again", "still_lit"),
)
CHEATS = (
    # The panel looks the same from all four sides, so a turned picture shows other lamps and no other panel.
    *(
        dataclasses.replace(cheat, reasons=(*cheat.reasons, "no_press"))
        if cheat.name == "turning-picture"
        else cheat
        for cheat in SHARED
    ),
    Cheat("lamps-go-out-one-by-one", _one_by_one, ("no_press",)),
)
VARIANTS = (*SHARED_VARIANTS, Variant("presses-backwards", _backwards))
