"""The frames of a file for the judge, in bounded memory; and what is wrong with a file, as a reason.

Law: of a file's fault, no verdict says that it was the video's. Where the limits of `base.media.video` are met, or
players differ in what they show, nothing is known of the video, and it is undecidable.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from videorlvr.base.media.read import read_video
from videorlvr.base.media.video import Video, VideoError

SizeRule = Callable[[int, int], tuple[int, int]]
"""(height, width) of a file's frames -> (height, width) that they are wanted in."""

UNDECIDABLE = "undecidable"
_REASONS = {
    "no_frames": "unreadable_video",
    "ambiguous": UNDECIDABLE,
    "too_many_frames": UNDECIDABLE,
    "too_large": UNDECIDABLE,
    "over_budget": UNDECIDABLE,
}
"""Where a file's fault has another name among the reasons of verdicts."""
_PARTS = (1, 2, 4)
"""What the sides of frames are divided by in turn, until all of a long video can be kept."""


def frames_of(file: Path, size: SizeRule) -> tuple[Video, float]:
    """The frames at the size wanted, or smaller where that would be too much to keep, and their rate.

    Raises:
        VideoError: See `read_video`.
    """
    for parts in _PARTS:
        try:
            return read_video(file, size=lambda *own, parts=parts: _divided(size(*own), parts))
        except VideoError as error:
            if error.reason != "over_budget" or parts == _PARTS[-1]:
                raise
    raise AssertionError


def _divided(size: tuple[int, int], parts: int) -> tuple[int, int]:
    return max(1, size[0] // parts), max(1, size[1] // parts)


def reason_of(error: VideoError) -> str:
    """The reason of the verdict on a file that cannot be used; `error.why` is the sentence that belongs to it."""
    return _REASONS.get(error.reason, error.reason)
