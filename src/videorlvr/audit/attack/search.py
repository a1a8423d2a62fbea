"""An attack by evolution: nothing is known of the judge but how near it is to believing.

A candidate says how much of the illegal picture each part of a cell shows (a lattice of 8 x 8), by how much the legal
picture is overdone where it shows, how the first frame and the others are tinted, and how much noise covers all frames.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from videorlvr.audit.attack.scene import MOST, Scene
from videorlvr.audit.attack.target import Target
from videorlvr.worlds.api import Video

Floats = npt.NDArray[np.float64]

SIDE = 8
NUM_TINTS = 12
"""Gain and offset of each channel, of the first frame and of the others."""
MOST_NOISE, MOST_TINT, MOST_GAIN = 40.0, 30.0, 0.2
CORE = slice(2, 6)


def evolve(scene: Scene, target: Target, rng: np.random.Generator) -> Iterator[tuple[float, Video | None]]:
    """For ever: (excess, video) of each try; no video where a person would not call it the illegal trace."""
    best, least = _first(rng), np.inf
    spread, stuck = 0.25, 0
    while True:
        candidate = best if least == np.inf else _changed(best, spread, rng)
        video = picture(scene, candidate)
        if not scene.is_seen(video):
            yield np.inf, None
            stuck += 1
        else:
            excess = target.excess(scene, video)
            yield excess, video
            if excess < least:
                best, least, stuck, spread = candidate, excess, 0, min(0.4, 1.2 * spread)
            else:
                stuck, spread = stuck + 1, max(0.02, 0.98 * spread)
        if stuck > 150 or (least == np.inf and stuck > 5):
            best, least, stuck, spread = _first(rng), np.inf, 0, 0.25


def _first(rng: np.random.Generator) -> Floats:
    """Just enough of the core's lattice, by a little more than half; all else legal and clear."""
    genes = np.zeros(SIDE * SIDE + 1 + NUM_TINTS + 1)
    lattice = genes[: SIDE * SIDE].reshape(SIDE, SIDE)
    width = CORE.stop - CORE.start
    inner = np.zeros(width * width)
    inner[rng.permutation(len(inner))[: int(np.ceil(MOST * len(inner)))]] = rng.uniform(0.52, 1.0)
    lattice[CORE, CORE] = inner.reshape(width, width)
    genes[SIDE * SIDE] = rng.uniform(0, 0.3)
    genes[-1] = rng.choice([0, rng.uniform(0, 1)])
    return genes


def _changed(genes: Floats, spread: float, rng: np.random.Generator) -> Floats:
    out = genes.copy()
    kind = rng.integers(4)
    if kind == 0:  # two squares of the core trade
        lattice = out[: SIDE * SIDE].reshape(SIDE, SIDE)
        (a, b), (c, d) = rng.integers(CORE.start, CORE.stop, (2, 2)).tolist()
        lattice[a, b], lattice[c, d] = lattice[c, d], lattice[a, b]
        return out
    touched = rng.random(len(out)) < (0.1 if kind == 1 else 0.5)
    if kind == 3:
        touched[: SIDE * SIDE] = False
    out[touched] += spread * rng.standard_normal(int(touched.sum()))
    out[: SIDE * SIDE + 1] = out[: SIDE * SIDE + 1].clip(-0.5, 1)
    out[-NUM_TINTS - 1 : -1] = out[-NUM_TINTS - 1 : -1].clip(-1, 1)
    out[-1] = out[-1].clip(0, 1)
    return out


def picture(scene: Scene, genes: Floats) -> Video:
    """The video of a candidate. Negative shares overdo the legal picture, away from the illegal one."""
    size = scene.problem.layout.cell_px
    at = np.minimum(np.arange(size) * SIDE // size, SIDE - 1)
    share = genes[: SIDE * SIDE].reshape(SIDE, SIDE)[np.ix_(at, at)][..., None]
    share = np.where(share < 0.05, share - genes[SIDE * SIDE], share)
    right, wrong = (scene.cells(video).astype(np.float32) for video in (scene.right, scene.wrong))
    video = scene.with_cells(right + share * (wrong - right))
    gains, offsets = genes[SIDE * SIDE + 1 : -1].reshape(2, 2, 3)
    for frames, gain, offset in ((slice(1), gains[0], offsets[0]), (slice(1, None), gains[1], offsets[1])):
        video[frames] = video[frames] * (1 + MOST_GAIN * gain) + MOST_TINT * offset
    if genes[-1] > 0:
        noise = np.random.default_rng(0).standard_normal(video.shape, np.float32)
        video += MOST_NOISE * np.float32(genes[-1]) * noise
    return np.clip(np.rint(video), 0, 255).astype(np.uint8)
