"""What a video is to us, what may be wrong with a file of one, and how much of one is taken.

A video is a uint8 array [T, H, W, 3] in RGB order, a picture uint8 [H, W, 3].
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

Video = npt.NDArray[np.uint8]
Picture = npt.NDArray[np.uint8]
VideoReason = Literal["missing_file", "unreadable_video", "no_frames", "too_many_frames", "too_large"]

MAX_FRAMES, MAX_PIXELS, MAX_BYTES = 1024, 2**29, 2**30
"""Limits of one file: frames, pixels summed over all frames, and bytes."""


class VideoError(ValueError):
    """A video file that cannot be used. `.reason` is for programs, `str()` for people.

    Reasons: `missing_file`, `unreadable_video` (not a video, broken, or cut off), `no_frames`,
    `too_many_frames`, `too_large`. Survives pickling, so that a worker process can raise it.
    """

    def __init__(self, reason: VideoReason, message: str) -> None:
        super().__init__(reason, message)
        self.reason: VideoReason = reason
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


def check_file(file: Path) -> None:
    """A regular file, and not too large a one: a pipe or a device has no end."""
    if not file.is_file():
        raise VideoError("missing_file", f"{file} is not a file; check the path")
    if file.stat().st_size > MAX_BYTES:
        raise VideoError("too_large", f"{file} has more than {MAX_BYTES} bytes")


def check_limits(file: Path, num_frames: int, num_pixels: int, max_frames: int, max_pixels: int) -> None:
    if num_frames > max_frames:
        raise VideoError("too_many_frames", f"{file} has more than {max_frames} frames")
    if num_pixels > max_pixels:
        raise VideoError("too_large", f"{file} has more than {max_pixels} pixels over all frames")


def hold(file: Path, video: Video, shown: Sequence[int], max_frames: int, max_pixels: int) -> Video:
    """Each frame as often as it is shown; two large frames and a long hold would be a thousand large frames."""
    check_limits(file, sum(shown), sum(shown) * video[0, ..., 0].size, max_frames, max_pixels)
    return video.repeat(shown, axis=0)


def check_video(video: Video) -> None:
    is_array = isinstance(video, np.ndarray) and video.dtype == np.uint8 and video.ndim == 4
    if not is_array or video.shape[3] != 3 or 0 in video.shape:
        raise ValueError(
            f"video is {describe(video)}; expected a uint8 array [T, H, W, 3] without empty axes "
            f"(for floats in [0, 1]: (video * 255).round().astype(np.uint8))"
        )


def describe(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} with shape {list(value.shape)}"
    return f"of type {type(value).__name__}"
