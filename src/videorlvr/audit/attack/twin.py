"""An attack by gradient: the pixels of the differing cells themselves, through a twin of the first eye's arithmetic.

The twin is what `judge.explain` asks of a cell, in numpy with its derivative by hand: the distance of each zone's mean
from its colour, and the root mean square of a cell's pixels from theirs, each over what is borne. After each step the
pixels that make a person see the illegal figure are put back to where they do so, just so.

D differing cells, P pixels of a cell, Z zones.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from videorlvr.audit.attack.scene import MOST, Scene
from videorlvr.audit.attack.target import Target
from videorlvr.judge.explain import MAX_OFFSET, MAX_RESIDUAL
from videorlvr.worlds.api import Video

Floats = npt.NDArray[np.float64]

STEPS, RATE = 40, 24.0
MARGIN = 1.5
"""Grey levels by which a pixel is nearer to the illegal colour than to the legal one."""
NOISES = (0.0, 8.0, 14.0, 18.0, 20.0, 24.0)


def descend(scene: Scene, target: Target, rng: np.random.Generator) -> Iterator[tuple[float, Video | None]]:
    """For ever: (excess, video) at the end of each descent from another choice of pixels and another noise."""
    size = scene.problem.layout.cell_px
    right, wrong = (scene.cells(video).astype(np.float64) for video in (scene.right, scene.wrong))
    masks = zones_of(size)
    while True:
        shown = _pixels_of(scene, rng)
        noise = float(rng.choice(NOISES))
        cells = right.copy()
        for step in range(STEPS):
            _, slope = loss_and_slope(cells, right, masks)
            cells -= RATE * (1 - step / STEPS) * slope
            cells = _seen(cells.clip(0, 255), right, wrong, shown)
        video = scene.with_cells(cells)
        video += np.float32(noise) * rng.standard_normal(video.shape).astype(np.float32)
        frames = np.clip(np.rint(video), 0, 255).astype(np.uint8)
        if not scene.is_seen(frames):
            yield np.inf, None
        else:
            yield target.excess(scene, frames), frames


def zones_of(size: int) -> Floats:
    """Shares of the pixels in the means of core, ring and stripes: [6, size, size], each adding up to 1."""
    stripe, core = round(size / 8), round(size / 4)
    masks = np.zeros((6, size, size))
    masks[0, core : size - core, core : size - core] = 1
    masks[1, stripe : size - stripe, stripe : size - stripe] = 1
    masks[1] -= masks[0]
    inside = slice(stripe, size - stripe)
    masks[2, :stripe, inside] = masks[3, inside, size - stripe :] = 1
    masks[4, size - stripe :, inside] = masks[5, inside, :stripe] = 1
    return np.asarray(masks / masks.sum(axis=(1, 2), keepdims=True))


def loss_and_slope(cells: Floats, right: Floats, masks: Floats) -> tuple[float, Floats]:
    """Sum over cells [D, S, S, 3] of squared excesses, and its derivative, as long as the largest step is 1."""
    off = cells - right
    means = np.einsum("zyx,dyxc->dzc", masks, off)
    residual = np.sqrt((off**2).mean(axis=(1, 2, 3)))
    loss = float(((means / MAX_OFFSET) ** 2).sum() + ((residual / MAX_RESIDUAL) ** 2).sum())
    slope = 2 * np.einsum("zyx,dzc->dyxc", masks, means) / MAX_OFFSET**2
    slope += 2 * off / off[0].size / MAX_RESIDUAL**2
    return loss, slope / max(float(np.abs(slope).max()), 1e-12)


def _pixels_of(scene: Scene, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
    """A choice of the core's pixels, as many as a person needs: scattered, in rows, or one block; [S, S]."""
    size, inner = scene.problem.layout.cell_px, scene.core()
    width = inner.stop - inner.start
    count, kind = int(np.ceil(MOST * width * width)), rng.integers(3)
    order = np.arange(width * width)
    if kind == 0:
        order = rng.permutation(order)
    elif kind == 1:
        rows, cols = np.indices((width, width))
        order = np.lexsort((cols.ravel(), (rows // 2).ravel(), (rows % 2).ravel()))
    shown = np.zeros((size, size), bool)
    part = np.zeros(width * width, bool)
    part[order[:count]] = True
    shown[inner, inner] = part.reshape(width, width)
    return shown


def _seen(cells: Floats, right: Floats, wrong: Floats, shown: npt.NDArray[np.bool_]) -> Floats:
    """The chosen pixels moved, as little as possible, to the illegal side of the plane between the two colours."""
    way = wrong - right
    length = np.linalg.norm(way, axis=-1, keepdims=True)
    along = ((cells - right) * way).sum(axis=-1, keepdims=True) / np.maximum(length, 1e-9)
    short = np.maximum(length / 2 + MARGIN - along, 0) * (length > 0) * shown[None, ..., None]
    return np.asarray(cells + short * way / np.maximum(length, 1e-9))
