"""Round trips of a video through what stores fewer numbers than it has: JPEG, H.264, a linear autoencoder.

Law: what comes back has the shape of what went in.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from videorlvr.base import seeding
from videorlvr.base.media import h264
from videorlvr.base.media.video import Video
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.problems import make_problem, shown_as
from videorlvr.worlds.render import oracle_video

if TYPE_CHECKING:
    from PIL.Image import Image

Floats = npt.NDArray[np.float32]

PATCH = (4, 16, 16)
"""Frames, rows and columns that share one block of numbers; Wan2.2's VAE keeps 48 numbers of each."""
NUM_FITTED, NUM_BLOCKS, MOST_NUMBERS = 32, 1024, 384


def each_picture(video: Video, change: Callable[[Image], Image]) -> Video:
    """The frames, each changed as a picture of Pillow."""
    from PIL import Image

    return np.stack([np.asarray(change(Image.fromarray(frame))) for frame in video])


def resized(video: Video, size: tuple[int, int]) -> Video:
    """Frames of another size (H, W); each pixel is the mean of those that it covers."""
    from PIL import Image

    if video.shape[1:3] == size:
        return video
    return each_picture(video, lambda image: image.resize((size[1], size[0]), Image.Resampling.BOX))


def through_jpeg(video: Video, quality: int) -> Video:
    """Every frame as JPEG of this quality (1 to 95), colours at half the resolution."""
    from PIL import Image

    def change(image: Image.Image) -> Image.Image:
        buffer = io.BytesIO()
        image.save(buffer, format="JPEG", quality=quality, subsampling="4:2:0")
        return Image.open(buffer, formats=["JPEG"])

    return each_picture(video, change)


def through_h264(video: Video, crf: int) -> Video:
    """`h264.through_h264`, for odd sizes too: the last row or column is doubled for the way."""
    height, width = video.shape[1:3]
    even = np.pad(video, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return h264.through_h264(even, crf=crf)[:, :height, :width]


@dataclass(frozen=True, eq=False)
class Autoencoder:
    """The best linear one for the patches it was fitted on: their principal components.

    mean: float32 [D]; components: float32 [N, D], orthonormal rows, the most telling first; D = 4 * 16 * 16 * 3.
    It stands for a video VAE, which blurs in space and time alike: the first frame has a block to itself, as
    in causal VAEs, and each four that follow share one.
    """

    mean: Floats
    components: Floats

    def round_trip(self, video: Video, numbers: int) -> Video:
        """The video from the first `numbers` components of each patch."""
        patches, shape = _patches(video)
        kept = self.components[:numbers]
        rebuilt = np.asarray(((patches - self.mean) @ kept.T) @ kept + self.mean, np.float32)
        pixels = _unpatched(rebuilt, shape)[PATCH[0] - 1 :]
        frames, height, width, _ = video.shape
        return np.clip(np.rint(pixels[:frames, :height, :width]), 0, 255).astype(np.uint8)


def _patches(video: Video) -> tuple[Floats, tuple[int, ...]]:
    """[T, H, W, 3] -> patches [P, D] of the video made whole by repeating its borders, and that video's shape."""
    ahead = PATCH[0] - 1
    after = [
        -(size + extra) % step for size, extra, step in zip(video.shape, (ahead, 0, 0), PATCH, strict=False)
    ]
    whole = np.pad(video, ((ahead, after[0]), (0, after[1]), (0, after[2]), (0, 0)), mode="edge")
    blocks = whole.reshape(
        whole.shape[0] // PATCH[0], PATCH[0], whole.shape[1] // PATCH[1], PATCH[1], -1, PATCH[2], 3
    )
    patches = blocks.transpose(0, 2, 4, 1, 3, 5, 6).reshape(-1, PATCH[0] * PATCH[1] * PATCH[2] * 3)
    return patches.astype(np.float32), whole.shape


def _unpatched(patches: Floats, shape: tuple[int, ...]) -> Floats:
    """Inverse of `_patches`, its borders included."""
    counts = [size // step for size, step in zip(shape, PATCH, strict=False)]
    return patches.reshape(*counts, *PATCH, 3).transpose(0, 3, 1, 4, 2, 5, 6).reshape(shape)


_FITTED: dict[object, Autoencoder] = {}


def autoencoder_of(world: World, problem: Problem) -> Autoencoder:
    """The autoencoder of this world, level and frame size, fitted on oracle videos of training problems.

    Fitting takes about a second and is done once a process.
    """
    layout, level = problem.layout, problem.address.level
    key = (world.id, level, problem.theme, layout.height_px, layout.width_px)
    if key not in _FITTED:
        native = make_problem(world, level, "train", 0).layout
        own_size = (native.height_px, native.width_px) == (layout.height_px, layout.width_px)
        size = None if own_size else (layout.height_px, layout.width_px)
        _FITTED[key] = _fit(world, level, size, problem.theme)
    return _FITTED[key]


def _fit(world: World, level: str, size: tuple[int, int] | None, theme: str) -> Autoencoder:
    rng = seeding.rng("autoencoder", world.id, level)
    blocks: list[npt.NDArray[np.float64]] = []
    for index in range(NUM_FITTED):
        problem = shown_as(world, make_problem(world, level, "train", index), size=size, theme=theme)
        blocks += _cut_out(oracle_video(world, problem), NUM_BLOCKS // NUM_FITTED, rng)
    sample = np.stack(blocks)
    mean = sample.mean(axis=0)
    # Fewer blocks than numbers in one: their inner products have the same components, and are smaller.
    spread, mixtures = np.linalg.eigh((sample - mean) @ (sample - mean).T)
    telling = np.flatnonzero(spread > 1e-10 * spread[-1])[::-1][:MOST_NUMBERS]
    components = (mixtures[:, telling] / np.sqrt(spread[telling])).T @ (sample - mean)
    return Autoencoder(mean.astype(np.float32), np.ascontiguousarray(components, np.float32))


def _cut_out(video: Video, count: int, rng: np.random.Generator) -> list[npt.NDArray[np.float64]]:
    """Blocks from anywhere, so that the autoencoder does not know where cells begin; every second one from
    where something moves, which in large frames is almost nowhere."""
    moved = np.argwhere((video[1:] != video[:-1]).any(axis=-1))
    room = np.array([max(have - need, 0) for have, need in zip(video.shape, PATCH, strict=False)])
    blocks = []
    for number in range(count):
        corner = rng.integers(room + 1)
        if number % 2 and len(moved):
            corner = np.clip(moved[rng.integers(len(moved))] - rng.integers(PATCH), 0, room)
        frame, row, col = corner
        cut = video[frame : frame + PATCH[0], row : row + PATCH[1], col : col + PATCH[2]]
        blocks.append(cut.astype(np.float64).ravel())
    return blocks
