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

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.game import Game, play

Cells = npt.NDArray[np.uint8]
Video = npt.NDArray[np.uint8]
Split = Literal["train", "val", "test", "given"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
"""What we generate. `given` is no split of ours: boards that somebody else wrote, numbered by their content."""
GIVEN: Split = "given"

UNSURE = 255
"""The code of a cell that reads as nothing the world knows."""
WALL_NORTH, WALL_EAST, WALL_SOUTH, WALL_WEST = 1, 2, 4, 8
"""Low four bits of a ground code: a wall along that side of the cell. The high bits name the tile."""


def tile_code(tile: int, walls: int = 0) -> int:
    return tile * 16 + walls


@dataclass(frozen=True, eq=False)
class Grid:
    """One state of a board.

    ground, figure: uint8 [R, C]. Ground code = 16 * tile + wall bits; figure 0 is 'nothing here'.
    Example, Sokoban's `#@$.#`: ground [[16, 0, 0, 32, 16]], figure [[3, 1, 2, 0, 3]].
    """

    ground: Cells
    figure: Cells

    def __post_init__(self) -> None:
        assert self.ground.ndim == 2
        assert self.ground.shape == self.figure.shape
        assert self.ground.dtype == np.uint8
        assert self.figure.dtype == np.uint8

    @property
    def shape(self) -> tuple[int, int]:
        return self.ground.shape[0], self.ground.shape[1]

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Grid)
            and np.array_equal(self.ground, other.ground)
            and np.array_equal(self.figure, other.figure)
        )

    def to_json(self) -> dict[str, list[list[int]]]:
        return {"ground": self.ground.tolist(), "figure": self.figure.tolist()}

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Grid:
        return Grid(np.array(value["ground"], np.uint8), np.array(value["figure"], np.uint8))


@dataclass(frozen=True, eq=False)
class Trace:
    """What a video shows, or should show: a state per frame.

    ground, figure: uint8 [T, R, C], `UNSURE` where a cell reads as nothing known.
    confidence: float32 [T], in [0, 1]: how far the least sure cell of a frame is from being read
    differently; 1 for a clean rendering, 0 for a tie.
    """

    ground: Cells
    figure: Cells
    confidence: npt.NDArray[np.float32]

    @property
    def num_frames(self) -> int:
        return int(self.figure.shape[0])

    @staticmethod
    def exact(ground: Cells, figure: Cells) -> Trace:
        """A trace that came from rules, not from pixels. `ground` may be [R, C]: it never changes."""
        ground = np.ascontiguousarray(np.broadcast_to(ground, figure.shape))
        return Trace(ground, figure, np.ones(len(figure), np.float32))


@dataclass(frozen=True)
class Layout:
    """Where a board lies in a frame: pixels from the top left; cells are square."""

    height_px: int
    width_px: int
    top_px: int
    left_px: int
    cell_px: int
    rows: int
    cols: int

    @staticmethod
    def centred(rows: int, cols: int, *, canvas_rows: int, canvas_cols: int, cell_px: int) -> Layout:
        """The board on a canvas counted in cells, its corner on a whole cell so that patches align."""
        if rows > canvas_rows or cols > canvas_cols:
            raise ValueError(
                f"a board of {rows}x{cols} cells does not fit a canvas of {canvas_rows}x{canvas_cols}: "
                "take a level with a larger canvas"
            )
        top, left = (canvas_rows - rows) // 2, (canvas_cols - cols) // 2
        return Layout(
            canvas_rows * cell_px, canvas_cols * cell_px, top * cell_px, left * cell_px, cell_px, rows, cols
        )

    @staticmethod
    def letterboxed(rows: int, cols: int, *, height_px: int, width_px: int) -> Layout:
        """The largest board of square cells, centred in a frame of any size (Wan's 480x832)."""
        cell = min(height_px // rows, width_px // cols)
        if cell < 8:
            raise ValueError(
                f"a frame of {height_px}x{width_px} px leaves {cell} px a cell for {rows}x{cols} cells; "
                "cells need at least 8 px: take a larger frame"
            )
        top, left = (height_px - rows * cell) // 2, (width_px - cols * cell) // 2
        return Layout(height_px, width_px, top, left, cell, rows, cols)


@dataclass(frozen=True)
class Theme:
    """Colours of a world. Index = tile, or figure code; figure 0 is what an empty core shows.

    The judge tells cells apart by these colours, so within `tiles` and within `figures` every two must
    lie at least 80 apart (Euclidean, 0-255 RGB).

    tile_words, figure_words: the colours' names, index for index, for prompts that name colours.
    """

    tiles: tuple[tuple[int, int, int], ...]
    figures: tuple[tuple[int, int, int], ...]
    wall: tuple[int, int, int]
    margin: tuple[int, int, int]
    tile_words: tuple[str, ...] = ()
    figure_words: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Level:
    """Difficulty and video knobs of one named level.

    rows, cols: inclusive ranges of board size in cells (Sokoban counts its outer walls).
    moves: inclusive range of the solution's length in moves.
    moves_per_frame: how many legal moves one frame may show.
    """

    name: str
    rows: tuple[int, int]
    cols: tuple[int, int]
    moves: tuple[int, int]
    num_frames: int
    moves_per_frame: int
    cell_px: int = 8
    theme: str = "default"
    trainable: bool = True

    @property
    def canvas(self) -> tuple[int, int]:
        """Rows and columns of the frame in cells: those of the largest board; smaller ones are centred."""
        return self.rows[1], self.cols[1]

    def __post_init__(self) -> None:
        assert self.moves[1] <= self.moves_per_frame * (self.num_frames - 1), self.name


@dataclass(frozen=True)
class Address:
    """The name of a problem. As text: `maze-v1/small/test/17`, or `maze-v1/small/given/3f2a9c01b2d4` of a board that
    was given: there `index` is the board's content (`problems.content_index`), written in hexadecimal digits."""

    world: str
    version: int
    level: str
    split: Split
    index: int

    def __str__(self) -> str:
        index = f"{self.index:012x}" if self.split == GIVEN else str(self.index)
        return f"{self.world}-v{self.version}/{self.level}/{self.split}/{index}"

    @property
    def file_id(self) -> str:
        """The address as a file name: `maze-v1-small-test-000017`."""
        index = f"{self.index:012x}" if self.split == GIVEN else f"{self.index:06d}"
        return f"{self.world}-v{self.version}-{self.level}-{self.split}-{index}"


@dataclass(frozen=True)
class Problem:
    """One instance: its first state, how it is shown, and one valid solution in the world's move text."""

    address: Address
    grid: Grid
    solution: str
    prompt: str
    num_frames: int
    moves_per_frame: int
    layout: Layout
    theme: str

    def to_json(self) -> dict[str, Any]:
        value = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        value["address"] = dataclasses.asdict(self.address)
        value["grid"] = self.grid.to_json()
        value["layout"] = dataclasses.asdict(self.layout)
        return value

    @staticmethod
    def from_json(value: Mapping[str, Any]) -> Problem:
        """Inverse of `to_json`.

        Raises:
            ValueError: naming the field that is missing or malformed.
        """
        try:
            return Problem(
                **{
                    **value,
                    "address": Address(**value["address"]),
                    "grid": Grid.from_json(value["grid"]),
                    "layout": Layout(**value["layout"]),
                }
            )
        except (KeyError, TypeError, ValueError, AssertionError) as error:
            raise ValueError(f"not a problem: {type(error).__name__} {error}") from None


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
class Draft:
    """A candidate board. `moves` is its solution where the generator knows one by construction."""

    grid: Grid
    moves: str | None = None


@dataclass(frozen=True)
class GivenBoard:
    """A board that somebody wrote down, read from a text, or refused.

    line: where it begins in its text, from 1. grid: None where it is refused. refusal: why, in a sentence that names
    the line at fault. note: what had to be done to it to be a board of this world.
    """

    line: int
    title: str
    grid: Grid | None
    refusal: str = ""
    note: str = ""


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
