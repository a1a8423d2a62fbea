"""What is asked: a level's knobs, an address, the problem it names; and boards on their way to be problems."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from videorlvr.worlds.board import Grid, Layout
from videorlvr.worlds.ways import STEP, Motion, in_file_names

Split = Literal["train", "val", "test", "given"]
SPLITS: tuple[Split, ...] = ("train", "val", "test")
"""What we generate. `given` is no split of ours: boards that somebody else wrote, numbered by their content."""
GIVEN: Split = "given"


@dataclass(frozen=True, kw_only=True)
class Level:
    """Difficulty and video knobs of one named level.

    rows, cols: inclusive ranges of board size in cells (Sokoban counts its outer walls).
    moves: inclusive range of the solution's length in moves.
    moves_per_frame: how many legal moves one frame may show.
    motion, frames_per_move: how a move is shown, and over how many frames; `small~slide-4` names both.
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
    motion: Motion = STEP
    frames_per_move: int = 1

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
        return f"{self.world}-v{self.version}-{in_file_names(self.level)}-{self.split}-{index}"


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
