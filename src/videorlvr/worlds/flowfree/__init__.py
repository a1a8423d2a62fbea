"""FlowFree (Numberlink): join the endpoints of each colour by a flow, and fill the board.

Board
    4x4 to 10x10 cells, 3 to 11 colours. A random cover of the board by flows that do not touch
    themselves, of which only the endpoints are shown; colours are named in reading order of their first
    endpoints. Small boards nearly always have one solution, 10x10 ones often several.
Video
    Flows grow one after another, each from its first endpoint, and stay. Several cells may share a frame.
Success
    Every frame follows from the last by growth of flows at their tips, at most `moves_per_frame` cells in
    all; nothing is erased or overwritten; endpoints stay; in the end all pairs are joined and every cell
    is filled. Any such cover counts, in any order of growth, from either endpoint of a colour.
Version history
    v1: first.
"""

from __future__ import annotations

import numpy as np

from videorlvr.base.found import Later
from videorlvr.worlds.api import Grid, Level, Reward, Theme, World
from videorlvr.worlds.flowfree import rules
from videorlvr.worlds.flowfree.declared import DECLARED
from videorlvr.worlds.flowfree.generate import generate
from videorlvr.worlds.flowfree.play import FlowFree
from videorlvr.worlds.flowfree.solve import solve
from videorlvr.worlds.flowfree.text import read_boards
from videorlvr.worlds.flowfree.verify import REASONS, verify
from videorlvr.worlds.symmetry import canonical_bytes

LEVELS = {
    level.name: level
    for level in (
        # Moves are the cells between the endpoints: all cells less two a colour.
        Level(
            name="micro",
            rows=(4, 4),
            cols=(5, 5),
            moves=(12, 14),
            num_frames=8,
            moves_per_frame=2,
        ),
        Level(
            name="small",
            rows=(5, 5),
            cols=(5, 5),
            moves=(15, 17),
            num_frames=10,
            moves_per_frame=2,
        ),
        Level(
            name="paper",
            rows=(5, 8),
            cols=(5, 8),
            moves=(15, 52),
            num_frames=21,
            moves_per_frame=3,
        ),
        Level(
            name="hard",
            rows=(9, 10),
            cols=(9, 10),
            moves=(63, 86),
            num_frames=25,
            moves_per_frame=4,
            trainable=False,
        ),
    )
}


def _theme(empty: tuple[int, int, int], wall: int, margin: int, *colours: tuple[int, int, int]) -> Theme:
    """An endpoint's ring and its flow have one colour."""
    return Theme((empty, *colours), (empty, *colours), (wall,) * 3, (margin,) * 3)


# Found by annealing: every two colours lie at least 115 apart, and a ring of one pixel, whose chroma
# 4:2:0 video mixes with the background's, still reads as its colour.
THEMES = {
    "default": _theme(
        (24, 24, 30),
        250,
        96,
        (181, 34, 32),
        (28, 116, 190),
        (253, 254, 172),
        (71, 224, 145),
        (132, 21, 154),
        (111, 247, 255),
        (243, 115, 95),
        (160, 208, 66),
        (128, 126, 255),
        (247, 141, 221),
        (95, 133, 0),
        (0, 155, 78),
    ),
    "light": _theme(
        (242, 240, 234),
        0,
        130,
        (172, 25, 13),
        (72, 158, 232),
        (66, 202, 81),
        (224, 211, 109),
        (145, 53, 192),
        (12, 0, 4),
        (237, 90, 113),
        (10, 83, 138),
        (242, 121, 229),
        (133, 246, 178),
        (157, 144, 27),
        (10, 125, 8),
    ),
}

PROMPTS = (
    "Flows grow from the coloured endpoints until both squares of each of the {count} colours are joined. "
    "Flows never cross, and in the end every cell is filled.",
    "Connect each of the {count} pairs of squares of the same colour with a path. Paths may not cross or "
    "overlap, and together they cover the whole board.",
    "Show the {count} flows being drawn one after another, from endpoint to endpoint of the same colour, "
    "until no cell of the board is empty.",
)
NUMBERS = (
    "no",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
)


def prompt(grid: Grid, theme: Theme, rng: np.random.Generator) -> str:
    """A natural sentence; it names the number of colours, and none of them."""
    count = len(rules.endpoints_of(grid.ground))
    return PROMPTS[rng.integers(len(PROMPTS))].format(count=NUMBERS[count])


def canonical(grid: Grid) -> bytes:
    """Equal for boards that differ in the names of their colours, mirrored or turned ones included."""
    return canonical_bytes(grid, rules.with_names_in_reading_order)


WORLD = World(
    name="flowfree",
    version=1,
    summary="join the endpoints of each colour by a flow, and fill the board",
    rules=__doc__,
    tile_names=rules.TILE_NAMES,
    figure_names=rules.FIGURE_NAMES,
    levels=LEVELS,
    themes=THEMES,
    reasons=REASONS,
    rewards={
        "dense-v1": Reward("sum", {"success": 0.5, "progress": 0.25, "arrival": 0.25}),
        "paper": Reward("sum", {"path_valid": 0.15, "endpoints": 0.35, "connected": 0.30, "fill": 0.20}),
        "released-code": Reward(
            "sum", {"path_valid": 0.50, "endpoints": 0.20, "connected": 0.20, "fill": 0.10}
        ),
        "sparse": Reward("sum", {"success": 1.0}),
    },
    cheats=Later("videorlvr.worlds.flowfree.cheats:CHEATS"),
    generate=generate,
    canonical=canonical,
    solve=solve,
    game=FlowFree,
    prompt=prompt,
    verify=verify,
    variants=Later("videorlvr.worlds.flowfree.variants:VARIANTS"),
    read_boards=read_boards,
    declared=DECLARED,
)
