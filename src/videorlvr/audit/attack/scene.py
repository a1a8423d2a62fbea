"""What an attack is about: a legal trace that the judge is to believe, and an illegal one that a person is to see.

Law: a picture counts for the attacker only if a person would call it the illegal trace: in every cell in which the two
traces differ, most of the core's pixels are nearer to the illegal figure's colour than to the legal one's. And it
begins with the given frame, up to what the attacker may do to a whole frame.

T frames, R rows, C columns; D differing cells (frame, row, column).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from videorlvr.audit import second
from videorlvr.audit.near_misses import seen, tampered
from videorlvr.base import seeding
from videorlvr.worlds.api import UNSURE, Cells, Problem, Theme, Trace, Video, World
from videorlvr.worlds.problems import oracle_trace, theme_of
from videorlvr.worlds.render import render_trace
from videorlvr.worlds.verify import array_fault

MOST = 0.6
"""The share of a core's pixels that make a person see the illegal figure there."""
BY_RULES = {
    "maze": ("through-walls", "through-one-wall", "wall-crossed-within-a-frame", "diagonal-step", "teleport"),
    "sokoban": ("pull", "kick", "through-wall", "box-to-target", "teleport", "box-duplicated", "two-players"),
    "flowfree": (
        "endpoint-overrun",
        "cell-stolen",
        "diagonal-growth",
        "flow-from-nowhere",
        "swapped-colours",
    ),
}
"""Cheats of the catalogue whose states break a rule: shortest walks through walls, pulled boxes, crossings."""
NUM_TAMPERED = 4


@dataclass(frozen=True, eq=False)
class Scene:
    """name: of the illegal trace. problem: what it is no answer to. legal, illegal: traces of equal ground."""

    name: str
    world: World
    problem: Problem
    legal: Trace
    illegal: Trace

    @property
    def theme(self) -> Theme:
        return theme_of(self.world, self.problem)

    @cached_property
    def right(self) -> Video:
        return render_trace(self.world, self.problem, self.legal)

    @cached_property
    def wrong(self) -> Video:
        return render_trace(self.world, self.problem, self.illegal)

    @cached_property
    def places(self) -> npt.NDArray[np.int64]:
        """Differing cells, [D, 3]."""
        return np.argwhere(self.legal.figure != self.illegal.figure)

    def cells(self, video: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """The pixels of the differing cells: [D, S, S, 3]."""
        layout, size = self.problem.layout, self.problem.layout.cell_px
        return np.stack(
            [
                video[frame, top : top + size, left : left + size]
                for frame, top, left in (
                    (t, layout.top_px + row * size, layout.left_px + col * size)
                    for t, row, col in self.places
                )
            ]
        )

    def with_cells(self, cells: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
        """The legal picture, its differing cells replaced: float32 [T, H, W, 3]."""
        layout, size = self.problem.layout, self.problem.layout.cell_px
        out = self.right.astype(np.float32)
        for (frame, row, col), cell in zip(self.places, cells, strict=True):
            top, left = layout.top_px + row * size, layout.left_px + col * size
            out[frame, top : top + size, left : left + size] = cell
        return out

    def core(self) -> slice:
        size = self.problem.layout.cell_px
        return slice(round(size / 4), size - round(size / 4))

    def is_seen(self, video: Video) -> bool:
        """Would a person call it the illegal trace?"""
        inner = self.core()
        cores = self.cells(video)[:, inner, inner].astype(np.float32)
        figures = np.array(self.theme.figures, np.float32)
        at = tuple(self.places.T)
        far = [
            np.linalg.norm(cores - figures[trace.figure[at]][:, None, None], axis=-1)
            for trace in (self.legal, self.illegal)
        ]
        return bool(((far[1] < far[0]).mean(axis=(1, 2)) >= MOST).all())


def scenes(world: World, problem: Problem) -> Iterator[Scene]:
    """Illegal traces beside the reference: the catalogue's that break a rule, and some changed in one place."""
    legal = oracle_trace(world, problem)
    for cheat in world.cheats:
        if cheat.name not in BY_RULES.get(world.name, ()):
            continue
        video = cheat.make(world, problem, seeding.rng("attack", cheat.name, str(problem.address)))
        if video is None or array_fault(problem, video):
            continue
        illegal = seen(world, problem, video)
        if _serves(problem, legal, illegal):
            yield Scene(cheat.name, world, problem, legal, illegal)
    rng, found = seeding.rng("attack", str(problem.address)), 0
    for _ in range(40 * NUM_TAMPERED):
        name, illegal = tampered(world, legal, legal, rng)
        if found < NUM_TAMPERED and _serves(problem, legal, illegal):
            found += 1
            yield Scene(f"{name} ({found})", world, problem, legal, illegal)


def _serves(problem: Problem, legal: Trace, illegal: Trace) -> bool:
    """Is it illegal, of the same length and ground, and differs after the first frame only?"""
    if illegal.figure.shape != legal.figure.shape or not np.array_equal(illegal.ground, legal.ground):
        return False
    different: Cells = illegal.figure != legal.figure
    if not different.any() or different[0].any() or (illegal.figure == UNSURE).any():
        return False
    return not second.legal(problem, illegal).success
