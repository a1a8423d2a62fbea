"""The worlds. `WORLDS` is the one list that a new world is added to."""

from __future__ import annotations

from videorlvr.base.choices import unknown
from videorlvr.worlds import flowfree, maze, sokoban
from videorlvr.worlds.api import World

WORLDS: dict[str, World] = {world.name: world for world in (maze.WORLD, flowfree.WORLD, sokoban.WORLD)}


def world_of(name: str) -> World:
    """The world of that name.

    Raises:
        ChoiceError: naming the nearest world.
    """
    if name not in WORLDS:
        raise unknown("world", name, WORLDS)
    return WORLDS[name]
