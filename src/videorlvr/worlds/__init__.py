"""The worlds. `WORLDS` is the one list that a new world of ours is added to; other packages bring theirs
by entry points of the group `videorlvr.worlds`. Each is imported when it is first asked for."""

from __future__ import annotations

from typing import Any

from videorlvr.base.found import Found
from videorlvr.worlds.api import World


def _accept(name: str, value: Any) -> World:
    if not isinstance(value, World):
        raise ValueError(f"it is a {type(value).__name__}; expected a World")
    if value.name != name:
        raise ValueError(f"it is the world '{value.name}'; expected that its entry point has this name")
    return value


WORLDS: Found[World] = Found(
    "world",
    {
        "maze": "videorlvr.worlds.maze:WORLD",
        "flowfree": "videorlvr.worlds.flowfree:WORLD",
        "sokoban": "videorlvr.worlds.sokoban:WORLD",
    },
    _accept,
)


def world_of(name: str) -> World:
    """The world of that name.

    Raises:
        ChoiceError: Naming the nearest world.
        ValueError: For a world of another package that cannot be used.
    """
    return WORLDS.of(name)
