"""Distortions that grow over a video, as lamps dim and cameras move, and two that change where a picture lies.

Law: of those that grow the first frame stays as it is, and the last one has the full strength.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.audit.compression import each_picture
from videorlvr.base.media.video import Picture, Video
from videorlvr.worlds.api import Problem, World

Floats = npt.NDArray[np.floating[Any]]

GREY = np.array([0.299, 0.587, 0.114], np.float32)
"""Brightness of a colour (BT.601)."""
BARS_BLUR = 1 / 30
"""Sigma of the blur of bars, as a share of the picture's longer side."""


def as_bytes(values: Floats) -> Video:
    return np.asarray(np.clip(np.rint(values), 0, 255), np.uint8)


def saturated(video: Video, gain: float) -> Video:
    """Colours nearer to grey (gain below 1) or further from it."""
    to_grey = np.outer(np.ones(3, np.float32), GREY)
    matrix = to_grey + np.float32(gain) * (np.eye(3, dtype=np.float32) - to_grey)
    return as_bytes(video.astype(np.float32) @ matrix.T)


def _growing(video: Video, change: Callable[[Video, float], Video]) -> Video:
    """change(frame [1, H, W, 3], share) with a share of the strength that grows from 0 to 1."""
    shares = np.linspace(0, 1, len(video)).tolist()
    frames = [change(video[index : index + 1], share) for index, share in enumerate(shares) if index > 0]
    return np.concatenate([video[:1], *frames])


def dimming(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """All channels lowered more and more, by this much in the last frame."""
    return _growing(video, lambda frame, share: as_bytes(frame - np.float32(share * strength)))


def fading_contrast(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """All channels nearer and nearer to middle grey, by this gain in the last frame."""
    return _growing(
        video,
        lambda frame, share: as_bytes(127.5 + (1 + share * (strength - 1)) * (frame - np.float32(127.5))),
    )


def fading_colours(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """Colours nearer and nearer to grey, by this gain in the last frame."""
    return _growing(video, lambda frame, share: saturated(frame, 1 + share * (strength - 1)))


def zoom(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """The picture grows or shrinks about its centre, by this share in the last frame; its edge goes on."""
    sign = float(rng.choice((-1, 1)))
    return _growing(video, lambda frame, share: _moved(frame, scale=1 + sign * share * strength))


def pan(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """The picture moves along both axes, either way, by this many cells in the last frame; its edge goes on."""
    signs = rng.choice((-1, 1), 2)
    by = strength * problem.layout.cell_px * signs
    return _growing(video, lambda frame, share: _moved(frame, by=(share * by[0], share * by[1])))


def rotation(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """The whole video turned about its centre, either way; its edge goes on."""
    return _moved(video, degrees=strength * float(rng.choice((-1, 1))))


def blurred_bars(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """Bars left and right, each this share of the frame, of the picture itself, enlarged and blurred."""
    from PIL import Image, ImageFilter

    height, width = video.shape[1:3]
    wide = width + 2 * round(strength * width)
    tall = round(height * wide / width)
    top, left = (tall - height) // 2, (wide - width) // 2
    smooth = ImageFilter.GaussianBlur(BARS_BLUR * max(height, wide))

    def change(image: Image.Image) -> Image.Image:
        page = image.resize((wide, tall), Image.Resampling.BICUBIC).crop((0, top, wide, top + height))
        page = page.filter(smooth)
        page.paste(image, (left, 0))
        return page

    return each_picture(video, change)


def _moved(
    video: Video, *, scale: float = 1.0, degrees: float = 0.0, by: tuple[float, float] = (0.0, 0.0)
) -> Video:
    """Every frame turned and scaled about its centre and moved by (down, right) px; beyond it its edge goes on."""
    from PIL import Image

    height, width = video.shape[1:3]
    room = max(height, width) // 4 + 2
    middle = np.array([width / 2 + room, height / 2 + room])
    turn = np.deg2rad(degrees)
    back = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]]) / scale
    shift = middle - back @ (np.array([width / 2, height / 2]) + np.array([by[1], by[0]]))
    numbers = (*back[0].tolist(), float(shift[0]), *back[1].tolist(), float(shift[1]))

    def change(picture: Picture) -> Picture:
        larger = Image.fromarray(np.pad(picture, ((room, room), (room, room), (0, 0)), mode="edge"))
        return np.asarray(
            larger.transform((width, height), Image.Transform.AFFINE, numbers, Image.Resampling.BICUBIC)
        )

    return np.stack([change(picture) for picture in video])
