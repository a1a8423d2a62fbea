"""Maze: walk a head from its start to the goal without crossing a wall.

Board
    3x3 to 25x25 cells. Perfect mazes by depth-first search or Wilson's algorithm, a quarter of them
    braided, so that there are loops and several valid walks.
Video
    A head moves along corridors and leaves a trail. Several moves may share a frame.
Success
    Every frame follows from the last by a legal walk of at most `moves_per_frame` moves whose cells are
    exactly the new trail; walls and goal stay; the head ends on the goal and stays there. Any such walk
    counts, detours included.
Version history
    v1: first.
"""

from __future__ import annotations

import numpy as np

from videorlvr.base.found import Later
from videorlvr.worlds.api import Grid, Level, Reward, Theme, World
from videorlvr.worlds.maze import rules
from videorlvr.worlds.maze.declared import DECLARED
from videorlvr.worlds.maze.generate import generate
from videorlvr.worlds.maze.text import read_boards
from videorlvr.worlds.maze.verify import REASONS, verify
from videorlvr.worlds.symmetry import canonical_bytes

LEVELS = {
    level.name: level
    for level in (
        Level(
            name="micro",
            rows=(3, 3),
            cols=(3, 3),
            moves=(4, 8),
            num_frames=5,
            moves_per_frame=2,
        ),
        Level(
            name="small",
            rows=(6, 6),
            cols=(6, 6),
            moves=(4, 22),
            num_frames=12,
            moves_per_frame=2,
        ),
        # The paper's 7x7 to 21x21 squares, walls included, are 3x3 to 10x10 cells.
        Level(
            name="paper",
            rows=(3, 10),
            cols=(3, 10),
            moves=(3, 80),
            num_frames=21,
            moves_per_frame=4,
        ),
        Level(
            name="hard",
            rows=(12, 25),
            cols=(12, 25),
            moves=(20, 192),
            num_frames=25,
            moves_per_frame=8,
            trainable=False,
        ),
    )
}

THEMES = {
    "default": Theme(
        tiles=((238, 236, 228), (88, 190, 96)),
        figures=((238, 236, 228), (104, 152, 232), (222, 60, 48)),
        wall=(38, 40, 52),
        margin=(120, 120, 124),
        tile_words=("white", "green"),
        figure_words=("white", "blue", "red"),
    ),
    "night": Theme(
        tiles=((28, 30, 42), (240, 196, 60)),
        figures=((28, 30, 42), (72, 128, 140), (244, 112, 180)),
        wall=(170, 176, 196),
        margin=(84, 86, 100),
        tile_words=("black", "yellow"),
        figure_words=("black", "teal", "pink"),
    ),
}

PROMPTS = (
    "The {head} square walks through the maze to the {goal} cell without crossing a wall, leaving a trail.",
    "Starting from the {head} square, follow the corridors to the {goal} goal. Walls cannot be crossed.",
    "Show the {head} marker finding its way to the {goal} cell; its path stays visible behind it.",
)


def prompt(grid: Grid, theme: Theme, rng: np.random.Generator) -> str:
    """A natural sentence; it names the colours of head and goal."""
    head, goal = theme.figure_words[rules.HEAD], theme.tile_words[rules.GOAL]
    return PROMPTS[rng.integers(len(PROMPTS))].format(head=head, goal=goal)


WORLD = World(
    name="maze",
    version=1,
    summary="walk a head from start to goal without crossing a wall",
    rules=__doc__,
    tile_names=rules.TILE_NAMES,
    figure_names=rules.FIGURE_NAMES,
    levels=LEVELS,
    themes=THEMES,
    reasons=REASONS,
    rewards={
        "dense-v1": Reward("sum", {"success": 0.5, "progress": 0.25, "arrival": 0.25}),
        "paper": Reward("product", {"connect": 1.0, "walls": 1.0}),
        "released-code": Reward("product", {"connect": 1.0, "walls": 1.0}),
        "sparse": Reward("sum", {"success": 1.0}),
    },
    cheats=Later("videorlvr.worlds.maze.cheats:CHEATS"),
    generate=generate,
    canonical=canonical_bytes,
    solve=rules.solve,
    game=rules.Maze,
    prompt=prompt,
    verify=verify,
    variants=Later("videorlvr.worlds.maze.variants:VARIANTS"),
    read_boards=read_boards,
    declared=DECLARED,
)
