"""What is trained on: a world, a level, and how large and how long its videos are. No torch."""

from __future__ import annotations

import re
from typing import Any, Self

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from videorlvr.worlds import world_of
from videorlvr.worlds.api import Level, Problem
from videorlvr.worlds.board import Alignment, Layout
from videorlvr.worlds.problems import check_frames, level_of, shown_as

SHAPE = re.compile(r"(\d+)x(\d+)(?:x(\d+))?")


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Task(Strict):
    """One world at one level. As text: `maze:small`, or `maze:small@480x832x81` with frames of its own."""

    world: str = Field(description="a world, by its name")
    level: str = Field(description="one of its levels that can be trained on")
    size: tuple[int, int] | None = Field(
        default=None,
        description="height and width of all frames, the board letterboxed; null for the level's own",
    )
    frames: int | None = Field(
        default=None,
        ge=2,
        description="frames of a video, the end held in the last ones; null for the level's own",
    )
    align_px: Alignment = Field(
        default=16,
        description="letterboxed cells lie on multiples of so many pixels where they can: 16 for Wan2.2's VAE, 8 for "
        "Wan2.1's",
    )

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        name, at, shape = value.partition("@")
        world, _, level = name.partition(":")
        if not at:
            return {"world": world, "level": level}
        found = SHAPE.fullmatch(shape)
        if not found:
            raise ValueError(
                f"'{shape}' after @ is no frame size: expected HxW or HxWxFRAMES, such as {name}@480x832x81"
            )
        height, width, frames = found.groups()
        return {"world": world, "level": level, "size": (height, width), "frames": frames}

    @model_validator(mode="after")
    def _exists(self) -> Self:
        world, level = world_of(self.world), self.of_level
        if not level.trainable:
            levels = ", ".join(name for name, level in world.levels.items() if level.trainable)
            raise ValueError(f"level '{self.level}' is for evaluation only; train on one of: {levels}")
        if self.size is not None:
            self._layout(*level.canvas)  # the largest board has the smallest cells
        if self.frames is not None:
            check_frames(self.frames, level.moves[1], level.moves_per_frame, level.frames_per_move)
        return self

    @model_serializer(mode="wrap")
    def _as_before(self, handler: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Keys of frames only where they are set, so that a run in a level's own frames is stored as it ever was."""
        values: dict[str, Any] = handler(self)
        if self.size is None:
            values = {key: value for key, value in values.items() if key not in ("size", "align_px")}
        return {key: value for key, value in values.items() if key != "frames" or value is not None}

    def __str__(self) -> str:
        if self.size is None and self.frames is None:
            return f"{self.world}:{self.level}"
        return f"{self.world}:{self.level}@" + "x".join(str(number) for number in self.video_shape)

    @property
    def of_level(self) -> Level:
        return level_of(world_of(self.world), self.level)

    @property
    def video_shape(self) -> tuple[int, int, int]:
        """Height, width and number of frames of this task's videos."""
        level = self.of_level
        height, width = self.size or (level.canvas[0] * level.cell_px, level.canvas[1] * level.cell_px)
        return height, width, self.frames or level.num_frames

    def shown(self, problem: Problem) -> Problem:
        """A problem of the level as this task shows it."""
        if self.size is None and self.frames is None:
            return problem
        world = world_of(self.world)
        return shown_as(world, problem, size=self.size, frames=self.frames, align_px=self.align_px)

    def layout_of(self, rows: int, cols: int) -> Layout | None:
        """Where a board of so many cells lies; None in the level's own frames."""
        return None if self.size is None else self._layout(rows, cols)

    def _layout(self, rows: int, cols: int) -> Layout:
        assert self.size is not None
        height, width = self.size
        return Layout.letterboxed(rows, cols, height_px=height, width_px=width, align_px=self.align_px)
