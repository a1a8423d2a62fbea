"""Which problems are one puzzle: the unit of evidence.

Mirror images and turns of a board (in FlowFree also other colours) are different problems to a model, and related ones:
the 200 problems of `micro-v2:maze` are 72 puzzles. Whoever solves one image will more likely solve the next, so
intervals and tests count puzzles (`base.clusters`).
"""

from __future__ import annotations

import hashlib

from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem


def puzzle_of(problem: Problem) -> str:
    """Sixteen hexadecimal digits that are equal for images of one board, and only for these."""
    world = world_of(problem.address.world)
    return hashlib.sha256(world.name.encode() + b"\0" + world.canonical(problem.grid)).hexdigest()[:16]
