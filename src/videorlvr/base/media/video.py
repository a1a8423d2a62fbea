"""What a video is to us, what may be wrong with a file of one, and how much of one is taken.

A video is a uint8 array [T, H, W, 3] in RGB order, a picture uint8 [H, W, 3].
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt

Video = npt.NDArray[np.uint8]
Picture = npt.NDArray[np.uint8]
VideoReason = Literal[
    "missing_file",
    "unreadable_video",
    "unsupported_format",
    "no_frames",
    "ambiguous",
    "too_many_frames",
    "too_large",
    "over_budget",
]

MAX_BYTES, MAX_PICTURE_BYTES = 2**30, 2**28
"""Of a video file; of a picture or animation, which Pillow reads as a whole."""
MAX_FRAMES = 4096
"""Frames of a video, those that are held counted as often as they are shown: 68 s at 60 a second."""
MAX_PICTURE_PX = 2**25
"""Pixels of one frame as it is stored: 8K. Decoders keep up to 16 of them."""
MAX_DECODED_PX = 2**32
"""Pixels decoded, summed over all frames: 2,000 frames of 1080p, 500 of 4K. Bounds work."""
MAX_KEPT_BYTES = 2**28
"""Of the frames that are kept, 3 a pixel, each at the size that is asked for. Bounds memory."""


class VideoError(ValueError):
    """A video file that cannot be used. `.reason` is for programs, `.why` a clause about the file for people.

    Reasons: `missing_file`; `unreadable_video` (no video, damaged, or cut off); `unsupported_format`; `no_frames`;
    `ambiguous` (players differ in what they show of it); `too_many_frames` and `too_large`, of the limits above,
    and `over_budget`, of `MAX_KEPT_BYTES`: smaller frames would do.
    Survives pickling, so that a worker process can raise it.
    """

    def __init__(self, reason: VideoReason, why: str, file: Path | None = None) -> None:
        super().__init__(reason, why, file)
        self.reason: VideoReason = reason
        self.why = why
        self.file = file

    def __str__(self) -> str:
        return f"{self.reason}: {'' if self.file is None else f'{self.file}: '}{self.why}"


def checked_bytes(file: Path, max_bytes: int) -> int | None:
    """How many bytes a file has; None for a folder.

    Raises:
        VideoError: Where it is no regular file, since a pipe or a device has no end, or too large a one.
    """
    try:
        found = os.stat(file)
    except (OSError, ValueError):
        raise VideoError("missing_file", "there is no such file; check the path") from None
    if stat.S_ISDIR(found.st_mode):
        return None
    if not stat.S_ISREG(found.st_mode):
        raise VideoError("missing_file", "it is no regular file; check the path")
    if found.st_size > max_bytes:
        raise VideoError("too_large", f"it has {found.st_size:,} bytes, and at most {max_bytes:,} are read")
    return found.st_size


def check_picture(height_px: int, width_px: int) -> None:
    """What a file says of its frames, asked before memory is taken for one."""
    if height_px * width_px > MAX_PICTURE_PX:
        raise VideoError(
            "too_large",
            f"a frame of {width_px} x {height_px} px needs {4 * height_px * width_px / 1e6:,.0f} MB when it is "
            f"decoded, and at most {4 * MAX_PICTURE_PX / 1e6:,.0f} MB are taken: scale it down",
        )


def check_video(video: Video) -> None:
    """Raises ValueError where an argument is no video."""
    is_array = isinstance(video, np.ndarray) and video.dtype == np.uint8 and video.ndim == 4
    if not is_array or video.shape[3] != 3 or 0 in video.shape:
        raise ValueError(
            f"video is {describe(video)}; expected a uint8 array [T, H, W, 3] without empty axes "
            f"(for floats in [0, 1]: (video * 255).round().astype(np.uint8))"
        )


def describe(value: object) -> str:
    """A value for a message about it."""
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} with shape {list(value.shape)}"
    return f"of type {type(value).__name__}"
