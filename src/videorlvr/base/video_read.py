"""Reading a video of any kind that people hand in: a video file, an animated picture, a folder of PNG frames.

Two laws, as in `base.video`: a kind without loss is read bit for bit, and whatever is wrong with a file from
outside is a `VideoError`. Files are told apart by suffix.

A picture or frame that is shown for longer counts more often, see `base.frame_times`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from videorlvr.base.files import is_inside
from videorlvr.base.frame_times import NO_RATE_FPS, frames_shown
from videorlvr.base.video import (
    MAX_FRAMES,
    MAX_PIXELS,
    Picture,
    Size,
    Video,
    VideoError,
    check_file,
    check_limits,
    check_size,
    hold,
    read_mp4,
    to_rgb,
)

if TYPE_CHECKING:
    from PIL import Image

CONTAINERS = (".mp4", ".webm", ".mov", ".mkv", ".avi")
ANIMATIONS = {".gif": ("GIF", 10), ".webp": ("WEBP", 1)}
"""Suffix -> Pillow's name of the format, and the unit of its durations in ms."""
SUFFIXES = (*CONTAINERS, *ANIMATIONS)
"""All suffixes of files that `read_video` takes, lower case."""


def read_video(
    path: str | os.PathLike[str],
    *,
    size: Size | None = None,
    max_frames: int = MAX_FRAMES,
    max_pixels: int = MAX_PIXELS,
) -> tuple[Video, float]:
    """Read DIR/name.{mp4,webm,mov,mkv,avi,gif,webp} or the folder DIR/name of PNG frames.

    Arguments, result and errors are those of `read_mp4`. PNG frames are taken in natural order (2 before 10);
    other files in their folder are not looked at.
    """
    check_size(size)
    file = Path(path)
    if not file.is_dir() and file.suffix.lower() not in ANIMATIONS:
        return read_mp4(file, size=size, max_frames=max_frames, max_pixels=max_pixels)
    if not file.is_dir():
        check_file(file)
    try:
        if file.is_dir():
            return _stack(file, _folder_pictures(file, max_frames, max_pixels), size), NO_RATE_FPS
        return _read_animation(file, size, max_frames, max_pixels)
    except (VideoError, MemoryError):
        raise
    except Exception as error:  # as for videos: what a hostile file makes a decoder raise has no useful bound
        raise VideoError("unreadable_video", f"{file} cannot be decoded ({error})") from error


def _read_animation(file: Path, size: Size | None, max_frames: int, max_pixels: int) -> tuple[Video, float]:
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
