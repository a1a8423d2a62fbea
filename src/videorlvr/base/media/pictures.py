"""Moving pictures through Pillow: animations, and folders of PNG frames."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from videorlvr.base.files import is_inside
from videorlvr.base.media.frame_times import NO_RATE_FPS, frames_shown
from videorlvr.base.media.scale import Size, to_rgb
from videorlvr.base.media.video import Picture, Video, VideoError, check_limits, hold

if TYPE_CHECKING:
    from PIL import Image

ANIMATIONS = {".gif": ("GIF", 10), ".webp": ("WEBP", 1)}
"""Suffix -> Pillow's name of the format, and the unit of its durations in ms."""


def read_animation(file: Path, size: Size | None, max_frames: int, max_pixels: int) -> tuple[Video, float]:
    from PIL import Image

    kind, unit_ms = ANIMATIONS[file.suffix.lower()]
    with Image.open(file, formats=[kind]) as image:
        count = getattr(image, "n_frames", 1)
        check_limits(file, count, count * image.width * image.height, max_frames, max_pixels)
        durations: list[float] = []
        limited = _within(file, _animation_pictures(image, count, durations), max_frames, max_pixels)
        video = _stack(file, limited, size)
    shown, period_ms = frames_shown(durations, unit_ms=unit_ms, max_frames=max_frames)
    return hold(file, video, shown, max_frames, max_pixels), 1000 / period_ms


def _animation_pictures(image: Image.Image, count: int, durations: list[float]) -> Iterator[Image.Image]:
    """The pictures, not yet decoded; their durations in ms are appended when they have been."""
    for index in range(count):
        image.seek(index)
        yield image
        image.load()  # a WebP knows the duration of a picture only then
        durations.append(float(image.info.get("duration", 0)))


def read_folder(folder: Path, size: Size | None, max_frames: int, max_pixels: int) -> tuple[Video, float]:
    return _stack(folder, _folder_pictures(folder, max_frames, max_pixels), size), NO_RATE_FPS


def _folder_pictures(folder: Path, max_frames: int, max_pixels: int) -> Iterator[Picture]:
    files = sorted((file for file in folder.iterdir() if _is_frame(file)), key=_natural)
    if not files:
        raise VideoError("no_frames", f"{folder} holds no .png files")
    check_limits(folder, len(files), 0, max_frames, max_pixels)
    yield from _within(folder, _png_pictures(files), max_frames, max_pixels)


def _png_pictures(files: Sequence[Path]) -> Iterator[Image.Image]:
    from PIL import Image

    for file in files:
        with Image.open(file, formats=["PNG"]) as image:
            if image.mode not in {"1", "L", "LA", "P", "RGB", "RGBA"}:
                raise VideoError(
                    "unreadable_video", f"{file} has mode {image.mode}; expected 8 bits a channel"
                )
            yield image


def _within(
    file: Path, pictures: Iterable[Image.Image], max_frames: int, max_pixels: int
) -> Iterator[Picture]:
    """The pictures decoded, as long as they are within the limits: a later one may be larger than the first,
    and a GIF of 600 bytes may have frames of 150 million pixels."""
    num_pixels = 0
    for index, image in enumerate(pictures):
        num_pixels += image.width * image.height
        check_limits(file, index + 1, num_pixels, max_frames, max_pixels)
        yield np.asarray(image.convert("RGB"), dtype=np.uint8)


def _is_frame(file: Path) -> bool:
    """Pictures in the folder itself: no pipes, on which one waits, and no links that lead out of it."""
    named = file.suffix.lower() == ".png" and not file.name.startswith(".")
    return named and file.is_file() and (not file.is_symlink() or is_inside(file, file.parent))


def _natural(file: Path) -> list[tuple[int, str]]:
    """Numbers in a name by their value: frame2 before frame10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", file.name)]


def _stack(file: Path, pictures: Iterable[Picture], size: Size | None) -> Video:
    kept = list(pictures if size is None else _resized(pictures, size))
    if len({picture.shape for picture in kept}) > 1:
        raise VideoError("unreadable_video", f"{file} changes its frame size midway; give `size`")
    return np.stack(kept)


def _resized(pictures: Iterable[Picture], size: Size) -> Iterator[Picture]:
    """By the same filter as frames of video files."""
    import av
    from av.video.reformatter import VideoReformatter

    reformatter = VideoReformatter()
    for picture in pictures:
        yield to_rgb(av.VideoFrame.from_ndarray(picture, format="rgb24"), size, reformatter)
