"""What a world is: data (Problem, Trace, Verdict) and a record of pure functions (World).

Every world lives on a board of square cells and shows two layers in each cell:
  ground  what never changes: walls, goals, targets, endpoints
  figure  what moves or grows: heads, trails, flows, boxes, players
A state is a pair (ground, figure); a trace is a state per frame. Rendering and reading are therefore
the same for all worlds (`draw`, `read`); a world brings its rules, not its pixels.

Law: the same address gives the same problem, on every machine, for ever. A change that breaks this
raises the world's version.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from videorlvr.worlds.board import (
    UNSURE,
    WALL_EAST,
    WALL_NORTH,
    WALL_SOUTH,
    WALL_WEST,
    Cells,
    Grid,
    Layout,
    Theme,
    Trace,
    Video,
    tile_code,
)
from videorlvr.worlds.game import Game, play
from videorlvr.worlds.problem import GIVEN, SPLITS, Address, Draft, GivenBoard, Level, Problem, Split

__all__ = [
    "GIVEN",
    "SPLITS",
    "UNSURE",
    "WALL_EAST",
    "WALL_NORTH",
    "WALL_SOUTH",
    "WALL_WEST",
    "Address",
    "Cells",
    "Cheat",
    "Draft",
    "GivenBoard",
    "Grid",
    "Layout",
    "Level",
    "Problem",
    "Reward",
    "Split",
    "Theme",
    "Trace",
    "Variant",
    "Verdict",
    "Video",
    "World",
    "tile_code",
]


@dataclass(frozen=True)
class Verdict:
    """What the judge says of one video.

    reason: "" for a success, else the world's name for why it was refused.
    frame: the first frame at fault, where the reason has one.
    components: named numbers in [0, 1] that rewards combine.
    metrics: precision, recall, f1 against the reference solution (information, never the judge).
    why: a sentence where pixels or the file are at fault, and not the rules.
    second_eye: what a second reader of pixels saw of what the first took for a success: `agrees`, `blind` or
        `disagrees`; "" where it was not asked.
    """

    success: bool
    reason: str
    frame: int | None = None
    confidence: float = 0.0
    components: Mapping[str, float] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    why: str = ""
    second_eye: str = ""


@dataclass(frozen=True)
class Reward:
    """A named combination of a verdict's components, with its formula as data.

    kind "sum": sum of weight * component. kind "product": product of components ** weight.
    """

    kind: Literal["sum", "product"]
    weights: Mapping[str, float]

    def __call__(self, components: Mapping[str, float]) -> float:
        """The reward of a verdict's components; components that a verdict lacks count as 0."""
        if self.kind == "sum":
            return float(sum(weight * components.get(name, 0.0) for name, weight in self.weights.items()))
        product = 1.0
        for name, weight in self.weights.items():
            product *= components.get(name, 0.0) ** weight
        return float(product)


@dataclass(frozen=True)
class Cheat:
    """A video made to fool the checker, and the reasons that refuse it.

    make(world, problem, rng) returns frames uint8 [T, H, W, 3] (another array only where the form is the
    cheat), or None where the problem has no such cheat. It never asks the judge. reasons: the names the
    judge may refuse it with; more than one only where the problem decides.
    """

    name: str
    make: Callable[[World, Problem, np.random.Generator], Video | None]
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Variant:
    """A valid video other than the reference, which the judge must accept: another solution, another pace.

    make(world, problem, rng) returns frames uint8 [T, H, W, 3], or float in 0-255, or None where the
    problem has no such variant. It never asks the judge.
    """

    name: str
    make: Callable[[World, Problem, np.random.Generator], Video | None]


@dataclass(frozen=True)
class World:
    """A world is this record. Adding one means writing it and naming it in `worlds.WORLDS`.

    reasons: name of a refusal -> what it means, in a sentence.
    generate(level, rng): a candidate board, or None to be asked again.
    canonical(grid): bytes that are equal for boards that are the same puzzle (mirrored, colours
        renamed); they alone decide the split.
    solve(grid): a solution in move text, or None. Deterministic.
    read_boards(text): the boards that somebody wrote down in this world's own text forms, each read or refused;
        ValueError if there is none. None: this world has no text form.
    search(grid): `solve` without a limit of its own, for boards of other people; None: `solve` has none.
    game(grid): the board as a game of single moves, the one definition of the rules (`worlds.game`).
        Raises ValueError for a grid that is no board of this world.
    prompt(grid, theme, rng): a natural sentence that asks for the solution; what it draws does not depend
        on the theme, so that a problem in other colours has the same sentence with other colour words.
    verify(problem, trace): the verdict of rules. Never raises.
    declared: what its videos are promised to survive, see `worlds.declared`; nothing by default.
    """

    name: str
    version: int
    summary: str
    rules: str
    tile_names: tuple[str, ...]
    figure_names: tuple[str, ...]
    levels: Mapping[str, Level]
    themes: Mapping[str, Theme]
    reasons: Mapping[str, str]
    rewards: Mapping[str, Reward]
    cheats: Sequence[Cheat]
    generate: Callable[[Level, np.random.Generator], Draft | None]
    canonical: Callable[[Grid], bytes]
    solve: Callable[[Grid], str | None]
    game: Callable[[Grid], Game[Any]]
    prompt: Callable[[Grid, Theme, np.random.Generator], str]
    verify: Callable[[Problem, Trace], Verdict]
    variants: Sequence[Variant] = ()
    read_boards: Callable[[str], Iterable[GivenBoard]] | None = None
    search: Callable[[Grid], str | None] | None = None
    declared: Mapping[str, Mapping[str, float]] = field(default_factory=dict)

    @property
    def id(self) -> str:
        return f"{self.name}-v{self.version}"

    def play(self, grid: Grid, moves: str) -> Cells:
        """What a solution shows, a state a move: uint8 [L + 1, R, C].

        Raises:
            IllegalMoveError: A ValueError that names the first illegal move and its number.
        """
        return play(self.game(grid), moves)

    def random_moves(self, grid: Grid, num_moves: int, rng: np.random.Generator) -> str:
        """Legal moves without a plan: what the random-legal baseline plays."""
        return self.game(grid).wander(num_moves, rng)
