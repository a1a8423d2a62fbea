"""Reading a video of any kind that people hand in: a video file, an animated picture, a folder of PNG frames.

Two laws: a kind without loss is read bit for bit, and whatever is wrong with a file from outside is a `VideoError`.
What a file is, its content says (`formats`); whether all of it is there, its own structure (`whole`); what of it is
shown, and how, players (`container`, `display`, `pictures`).

A picture or frame that is shown for longer counts more often, see `frame_times`.
"""

from __future__ import annotations

import mmap
import os
from pathlib import Path
from typing import cast

from videorlvr.base.media.container import read_container
from videorlvr.base.media.formats import Format, format_of
from videorlvr.base.media.pictures import read_animation, read_folder
from videorlvr.base.media.scale import Size, check_size
from videorlvr.base.media.stack import Stack
from videorlvr.base.media.video import (
    MAX_BYTES,
    MAX_FRAMES,
    MAX_KEPT_BYTES,
    MAX_PICTURE_BYTES,
    Video,
    VideoError,
    checked_bytes,
)
from videorlvr.base.media.whole import fault_of

_SMALL_BYTES = 2**18
"""A file of fewer is read at once, which is faster than mapping it."""


def read_video(
    path: str | os.PathLike[str],
    *,
    size: Size | None = None,
    max_frames: int = MAX_FRAMES,
    max_bytes: int = MAX_KEPT_BYTES,
) -> tuple[Video, float]:
    """Read a file of one of `formats.FORMATS`, or the folder DIR/name of PNG frames.

    Frames are as players show them: of the track that they take, turned and stretched as the file asks, transparent
    pixels white, edit lists applied. Colour follows the file's tags; untagged YUV counts as
    BT.601 limited range, which is what x264 and swscale assume too. With `size`, frames are resized as they are
    decoded, with swscale's area filter: when shrinking, an output pixel is the mean of the source pixels that it
    covers. PNG frames are taken in natural order (2 before 10); other files in their folder are not looked at.

    Args:
        path: A local file or folder. Names are never taken for URLs.
        size: (H, W) to resize to, >= 1 each, or a function that gives it; None keeps the size that is shown.
        max_frames: Most frames accepted.
        max_bytes: Most bytes kept, at the size asked for. No more than one frame of the file's own size is held.

    Returns:
        (video, fps): uint8 [T, H, W, 3] with T >= 1, and the average frames per second, > 0. A frame that is
        shown for longer than others is there several times, see `base.media.frame_times`.

    Raises:
        VideoError: For everything that can be wrong with the file, see there.
        ValueError: If `size` is not two sizes >= 1 (the caller's mistake, not the file's).

    Not handled: interlacing, HDR transfer curves.
    """
    check_size(size)
    file, stack = Path(path), Stack(max_frames, max_bytes)
    try:
        num_bytes = checked_bytes(file, MAX_BYTES)
        if num_bytes is None:
            return read_folder(file, size, stack)
        form = _checked_format(file, num_bytes)
        if form.pillow:
            checked_bytes(file, MAX_PICTURE_BYTES)
            return read_animation(file, form, size, stack)
        return read_container(file, form, size, stack)
    except VideoError as error:
        raise VideoError(error.reason, error.why, error.file or file) from error
    except MemoryError:
        raise
    except Exception as error:  # what a hostile file makes a decoder raise has no useful bound
        raise VideoError("unreadable_video", f"it cannot be decoded ({error})", file) from error


def _checked_format(file: Path, num_bytes: int) -> Format:
    """What kind of file it is, if it is whole."""
    opened = os.open(file, os.O_RDONLY)
    try:
        small = num_bytes < _SMALL_BYTES
        head = os.read(opened, num_bytes if small else 1024)
        form = format_of(head[:1024], file.suffix)
        if small:
            fault = fault_of(head, form)
        else:
            with mmap.mmap(opened, 0, access=mmap.ACCESS_READ) as data:
                fault = fault_of(cast(bytes, data), form)
    finally:
        os.close(opened)
    if fault:
        raise VideoError("unreadable_video", f"it {fault}")
    return form
