"""Lights Out: press lamps until all of them are dark; a press turns a lamp and its neighbours over.

Board
    3x3 to 7x7 lamps, of sizes in which every board has exactly one solution.
Video
    One press a frame, in any order. Nothing but the lamps is shown, so a press is seen by what it turns over.
Success
    Every frame follows from the last by at most `moves_per_frame` presses; in the last frame all lamps are dark.
Version history
    v1: first.
"""

from __future__ import annotations

import numpy as np

from lights_out import rules
from lights_out.verify import REASONS, verify
from videorlvr.base.found import Later
from videorlvr.worlds.api import Draft, Grid, Level, Reward, Theme, World
from videorlvr.worlds.symmetry import canonical_bytes


def level(name: str, side: int, moves: tuple[int, int], *, trainable: bool = True) -> Level:
    sides, frames = (side, side), moves[1] + 1
    return Level(
        name=name,
        rows=sides,
        cols=sides,
        moves=moves,
        num_frames=frames,
        moves_per_frame=1,
        trainable=trainable,
    )


LEVELS = {
    each.name: each
    for each in (
        level("micro", 3, (2, 4)),
        level("small", 6, (4, 12)),
        level("hard", 7, (16, 24), trainable=False),
    )
}
THEMES = {
    "default": Theme(
        tiles=((64, 66, 80), (150, 152, 168)),
        figures=((28, 30, 42), (248, 214, 60)),
        wall=(222, 60, 48),
        margin=(120, 120, 124),
        figure_words=("dark", "yellow"),
    ),
}


def generate(level: Level, rng: np.random.Generator) -> Draft:
    """A dark board on which some lamps were pressed: pressing them again solves it."""
    rows, cols = level.rows[1], level.cols[1]
    pressed = rng.choice(rows * cols, int(rng.integers(level.moves[0], level.moves[1] + 1)), replace=False)
    moves = " ".join(rules.written(divmod(int(cell), cols)) for cell in np.sort(pressed))
    dark = rules.board(np.zeros((rows, cols), np.uint8))
    return Draft(Grid(dark.ground, rules.play(dark, moves)[-1]), moves)


def prompt(grid: Grid, theme: Theme, rng: np.random.Generator) -> str:
    """A natural sentence; it names the colour of a lamp that is lit."""
    lit = theme.figure_words[rules.LIT]
    sentences = (
        f"Press lamps one after another until none is {lit}. A press turns over a lamp and its neighbours.",
        f"Show this panel of lamps being switched off: each press turns over a lamp and the lamps beside it, "
        f"until no {lit} lamp is left.",
    )
    return sentences[rng.integers(len(sentences))]


WORLD = World(
    name="lights",
    version=1,
    summary="press lamps until all of them are dark",
    rules=__doc__,
    tile_names=("panel", "socket"),
    figure_names=("dark", "lit"),
    levels=LEVELS,
    themes=THEMES,
    reasons=REASONS,
    rewards={
        "dense-v1": Reward("sum", {"success": 0.5, "progress": 0.25, "arrival": 0.25}),
        "sparse": Reward("sum", {"success": 1.0}),
    },
    cheats=Later("lights_out.cheats:CHEATS"),
    generate=generate,
    canonical=canonical_bytes,
    solve=rules.solve,
    game=rules.LightsOut,
    prompt=prompt,
    verify=verify,
    variants=Later("lights_out.cheats:VARIANTS"),
    read_boards=rules.read_boards,
)
