"""The ways in which a move is shown, and how the name of a level says which."""

from __future__ import annotations

from typing import Literal

Motion = Literal["step", "slide", "dissolve"]
STEP: Motion = "step"
SLIDE: Motion = "slide"
DISSOLVE: Motion = "dissolve"
MOTIONS: tuple[Motion, ...] = (STEP, SLIDE, DISSOLVE)
"""How a state becomes the next on screen: at once, or over some frames (`worlds.motion`)."""

MOVES_BY, MAX_FRAMES_PER_MOVE = "~", 8
"""What parts the name of a level from how its moves are shown."""


def motion_named(level: str) -> tuple[Motion, int]:
    """How a level of this name shows a move, and over how many frames: `small~slide-4` by sliding, over 4."""
    motion, _, frames = level.partition(MOVES_BY)[2].partition("-")
    fits = frames.isdecimal() and 2 <= int(frames) <= MAX_FRAMES_PER_MOVE
    found = next((each for each in MOTIONS[1:] if each == motion), STEP) if fits else STEP
    return found, int(frames) if found != STEP else 1


def boards_of(level: str) -> str:
    """The level whose boards these are: its name without the way."""
    return level.partition(MOVES_BY)[0]


def in_file_names(level: str) -> str:
    return level.replace(MOVES_BY, ".")
