"""How near the judge is to believing an attack: what it asks of pixels, as numbers that can be made smaller.

    excess   the largest multiple of what the first eye bears, if the frames are taken for the legal trace; at 1 or less
             it reads that trace and finds all of it explained

Law: the judge itself has the last word. `excess` says how near an attack came; that it broke through, only a verdict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videorlvr.audit.attack.scene import Scene
from videorlvr.judge.closely import left_over
from videorlvr.judge.door import judge
from videorlvr.judge.explain import unexplained
from videorlvr.judge.own_colours import SMALL_CELL_PX, doubt_of
from videorlvr.judge.read import MAX_DISTANCE_RATIO, MAX_DISTANCE_SHARE, measure
from videorlvr.judge.tolerance import DECLARED, Tolerance
from videorlvr.worlds.api import Problem, Trace, Verdict, Video, World

MOST_FRAMES = 6
"""Frames that are measured for a number: the first, and some in which the traces differ."""
HarshJudge = Callable[[World, Problem, Video, Tolerance], Verdict]


@dataclass(frozen=True)
class Target:
    """Who is attacked. explained: does it ask that pixels be explained? A judge that does not is a weak one, against
    which the attacker is tried."""

    tolerance: Tolerance
    verdict: HarshJudge = judge
    explained: bool = True

    def accepts(self, scene: Scene, video: Video) -> bool:
        return self.verdict(scene.world, scene.problem, video, self.tolerance).success

    def excess(self, scene: Scene, video: Video) -> float:
        """video: uint8 [T, H, W, 3]."""
        frames = some_frames(scene)
        part, trace = video[frames], scene.legal
        legal = Trace(trace.ground[frames], trace.figure[frames], trace.confidence[frames])
        layout, theme = scene.problem.layout, scene.theme
        measured = measure(part[None], layout)
        found = _read_as(measured.zones[0], scene, legal)
        if self.explained and self.tolerance == DECLARED:
            small = layout.cell_px < SMALL_CELL_PX
            found = max(found, doubt_of(measured, legal.ground, legal.figure, theme, small=small).excess)
            if not small:
                found = max(found, float(left_over(part, layout, legal.ground, legal.figure, theme).max()))
        elif self.explained:
            found = max(
                found, float(unexplained(measured, legal.ground[None], legal.figure[None], theme).max())
            )
        return found


def some_frames(scene: Scene) -> npt.NDArray[np.int64]:
    differing = np.unique(scene.places[:, 0])
    chosen = differing[np.unique(np.linspace(0, len(differing) - 1, MOST_FRAMES - 1).round().astype(int))]
    return np.unique(np.concatenate([[0], chosen]))


def _read_as(zones: npt.NDArray[np.float32], scene: Scene, legal: Trace) -> float:
    """How far cores are from being read as the legal figures, over what is read for certain: zones [T, R, C, 6, 3]."""
    figures = np.array(scene.theme.figures, np.float32)
    far = np.linalg.norm(zones[..., 0, None, :] - figures, axis=-1)
    own = np.take_along_axis(far, legal.figure[..., None].astype(int), axis=-1)[..., 0]
    others = far.copy()
    np.put_along_axis(others, legal.figure[..., None].astype(int), np.inf, axis=-1)
    apart = np.linalg.norm(figures[:, None] - figures, axis=-1)
    np.fill_diagonal(apart, np.inf)
    reach = MAX_DISTANCE_SHARE * apart.min(axis=1)[legal.figure]
    ratio = own / np.maximum(others.min(axis=-1), 1e-6) / MAX_DISTANCE_RATIO
    return float(np.maximum(ratio, own / reach).max())
