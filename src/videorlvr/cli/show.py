"""One problem as a file that a person can look at: filmstrip, animation, video or data, by the suffix."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np

from videorlvr.base.choices import unknown
from videorlvr.base.files import write_bytes_atomic
from videorlvr.base.media.png import png
from videorlvr.base.media.write import animated_webp, write_mp4
from videorlvr.base.records import write_json
from videorlvr.worlds.api import Problem, Video, World
from videorlvr.worlds.render import oracle_video

SUFFIXES = (".png", ".webp", ".gif", ".mp4", ".json")
CELL_SHOWN_PX = 24
"""Cells are enlarged to at least this."""
STRIP_WIDTH_PX = 3600
"""A filmstrip is not made wider than this, unless its frames are that large."""


def write_view(
    world: World, problem: Problem, path: str | Path, *, scale: int | None = None, fps: float = 8.0
) -> str:
    """Write a problem and its reference solution to a file; returns what was written, in words.

    Raises:
        ValueError: For a suffix that is none of `SUFFIXES`.
        OSError: If the file cannot be written.
    """
    target = Path(path)
    video = oracle_video(world, problem)
    if target.suffix.lower() == ".png":
        write_bytes_atomic(target, png(filmstrip(video, scale=scale)))
        return f"{len(video)} frames side by side"
    scale = scale or max(1, -(-CELL_SHOWN_PX // problem.layout.cell_px))
    match target.suffix.lower():
        case ".webp":
            write_bytes_atomic(target, animated_webp(video, fps=fps, scale=scale))
        case ".gif":
            _write_gif(target, _enlarged(video, scale), fps)
        case ".mp4":
            large = _enlarged(video, scale)
            even = large.shape[1] % 2 == 0 and large.shape[2] % 2 == 0
            write_mp4(target, large, fps=fps, lossless=not even)  # the lossy kind plays in every browser
        case ".json":
            write_json(target, problem.to_json())
            return "the problem as data"
        case "":
            raise ValueError(f"'{path}' has no suffix to choose a format by; expected {', '.join(SUFFIXES)}")
        case suffix:
            raise unknown("suffix", suffix, SUFFIXES)
    return f"{len(video)} frames at {fps:g} a second"


def filmstrip(video: Video, *, scale: int | None = None) -> Video:
    """Frames in reading order in one picture, uint8 [H, W, 3]: one row where that is not too wide, else rows
    that make the picture about twice as wide as high. `scale` None takes what fits `STRIP_WIDTH_PX`."""
    num_frames, height, width = video.shape[:3]
    num_cols = num_frames
    if num_frames * width > STRIP_WIDTH_PX // 3:
        num_cols = min(num_frames, math.ceil(math.sqrt(2 * num_frames * height / width)))
    num_rows = -(-num_frames // num_cols)
    num_cols = -(-num_frames // num_rows)  # rows of equal length
    scale = scale or max(1, min(3, STRIP_WIDTH_PX // (num_cols * width)))
    frames, gap = _enlarged(video, scale), 2 * scale
    strip = np.full(
        (num_rows * (height * scale + gap) + gap, num_cols * (width * scale + gap) + gap, 3), 255, np.uint8
    )
    for index, frame in enumerate(frames):
        row, col = divmod(index, num_cols)
        top, left = row * (height * scale + gap) + gap, col * (width * scale + gap) + gap
        strip[top : top + height * scale, left : left + width * scale] = frame
    return strip


def _enlarged(video: Video, scale: int) -> Video:
    return video.repeat(scale, axis=1).repeat(scale, axis=2)


def _write_gif(path: Path, video: Video, fps: float) -> None:
    """A GIF counts in hundredths of a second, and browsers slow down what is faster than 50 a second."""
    from PIL import Image

    frames = [Image.fromarray(frame) for frame in video]
    buffer = io.BytesIO()
    hundredths = max(2, round(100 / fps))
    frames[0].save(buffer, "GIF", save_all=True, append_images=frames[1:], duration=10 * hundredths, loop=0)
    write_bytes_atomic(path, buffer.getvalue())
