"""Sokoban: push every box onto a target, one at a time; boxes cannot be pulled.

Board
    5x6 to 12x12 cells, outer walls included, 1 to 4 boxes. Rooms with random inner walls, made by reverse
    play, so that every one can be solved; the reference solution has the fewest moves.
Video
    The player walks and pushes, one or two moves a frame. A wall is filled with a stone that never moves;
    a box on a target shows the target around the box.
Success
    Every frame follows from the last by at most `moves_per_frame` legal moves; walls and targets stay; in
    the last frame every target carries a box. Any legal game that ends so counts: detours, another order
    of pushes, and moves after the last push included.
Version history
    v1: first.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from videorlvr.base.found import Later
from videorlvr.worlds.api import Grid, Reward, Theme, World
from videorlvr.worlds.sokoban import rules
from videorlvr.worlds.sokoban.declared import DECLARED
from videorlvr.worlds.sokoban.generate import SokobanLevel, generate
from videorlvr.worlds.sokoban.solve import solve
from videorlvr.worlds.sokoban.verify import REASONS, verify
from videorlvr.worlds.sokoban.xsb import xsb_boards
from videorlvr.worlds.symmetry import canonical_bytes

LEVELS = {
    level.name: level
    for level in (
        SokobanLevel(
            name="micro",
            rows=(5, 5),
            cols=(6, 6),
            moves=(2, 7),
            num_frames=8,
            moves_per_frame=1,
            boxes=(1, 1),
            inner_walls=(0, 2),
        ),
        SokobanLevel(
            name="small",
            rows=(6, 7),
            cols=(6, 7),
            moves=(4, 15),
            num_frames=16,
            moves_per_frame=1,
            boxes=(1, 2),
            inner_walls=(0, 5),
        ),
        SokobanLevel(
            name="paper",
            rows=(6, 10),
            cols=(6, 10),
            moves=(6, 60),
            num_frames=61,
            moves_per_frame=1,
            boxes=(1, 3),
            inner_walls=(3, 16),
        ),
        SokobanLevel(
            name="hard",
            rows=(9, 12),
            cols=(9, 12),
            moves=(20, 120),
            num_frames=61,
            moves_per_frame=2,
            boxes=(2, 4),
            inner_walls=(8, 25),
            trainable=False,
        ),
    )
}

# A stone has its wall's colour, so that a wall looks solid. All colours were tried in 4:2:0 video, where the
# chroma of a ring of one pixel mixes with its surroundings.
THEMES = {
    "default": Theme(
        tiles=((238, 236, 228), (64, 66, 80), (226, 74, 106)),
        figures=((238, 236, 228), (44, 120, 226), (196, 138, 44), (64, 66, 80)),
        wall=(64, 66, 80),
        margin=(120, 120, 124),
        tile_words=("white", "grey", "red"),
        figure_words=("white", "blue", "brown", "grey"),
    ),
    "night": Theme(
        tiles=((28, 30, 42), (96, 102, 128), (90, 240, 170)),
        figures=((28, 30, 42), (244, 112, 180), (236, 190, 70), (96, 102, 128)),
        wall=(96, 102, 128),
        margin=(84, 86, 100),
        tile_words=("black", "grey", "green"),
        figure_words=("black", "pink", "yellow", "grey"),
    ),
}

PROMPTS = (
    "The {player} player pushes {every} {box} onto {target} target. Boxes can be pushed but never pulled.",
    "Show the {player} square walking through the room and pushing {every} {box} onto {target} square, "
    "one box at a time.",
    "Solve this Sokoban room: in the end {every} {box} stands on {target} target. The {player} player "
    "cannot walk through walls.",
)


def prompt(grid: Grid, theme: Theme, rng: np.random.Generator) -> str:
    """A natural sentence; it names the colours of player, boxes and targets."""
    one = int((grid.figure == rules.BOX).sum()) == 1
    return PROMPTS[rng.integers(len(PROMPTS))].format(
        player=theme.figure_words[rules.PLAYER],
        every="the" if one else "every",
        box=f"{theme.figure_words[rules.BOX]} box",
        target=f"{'the' if one else 'a'} {theme.tile_words[rules.TARGET]}",
    )


WORLD = World(
    name="sokoban",
    version=1,
    summary="push every box onto a target",
    rules=__doc__,
    tile_names=rules.TILE_NAMES,
    figure_names=rules.FIGURE_NAMES,
    levels=LEVELS,
    themes=THEMES,
    reasons=REASONS,
    rewards={
        "dense-v1": Reward("sum", {"success": 0.5, "progress": 0.25, "arrival": 0.25}),
        "paper": Reward("sum", {"boxes": 0.5, "process": 0.5}),
        "released-code": Reward("sum", {"boxes_all": 0.3, "process": 0.7}),
        "sparse": Reward("sum", {"success": 1.0}),
    },
    cheats=Later("videorlvr.worlds.sokoban.cheats:CHEATS"),
    generate=generate,
    canonical=canonical_bytes,
    solve=solve,
    game=rules.Sokoban,
    prompt=prompt,
    verify=verify,
    variants=Later("videorlvr.worlds.sokoban.variants:VARIANTS"),
    read_boards=xsb_boards,
    search=partial(solve, max_nodes=10**9),
    declared=DECLARED,
)
