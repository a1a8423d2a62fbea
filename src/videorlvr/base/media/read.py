"""Reading a video of any kind that people hand in: a video file, an animated picture, a folder of PNG frames.

Two laws: a kind without loss is read bit for bit, and whatever is wrong with a file from outside is a `VideoError`.
Files are told apart by suffix.

A picture or frame that is shown for longer counts more often, see `base.media.frame_times`.
"""

from __future__ import annotations

import os
from pathlib import Path

from videorlvr.base.media.container import read_container
from videorlvr.base.media.pictures import ANIMATIONS, read_animation, read_folder
from videorlvr.base.media.scale import Size, check_size
from videorlvr.base.media.video import MAX_FRAMES, MAX_PIXELS, Video, VideoError, check_file

CONTAINERS = (".mp4", ".webm", ".mov", ".mkv", ".avi")
SUFFIXES = (*CONTAINERS, *ANIMATIONS)
"""All suffixes of files that `read_video` takes, lower case."""


def read_video(
    path: str | os.PathLike[str],
    *,
    size: Size | None = None,
    max_frames: int = MAX_FRAMES,
    max_pixels: int = MAX_PIXELS,
) -> tuple[Video, float]:
    """Read a file DIR/name.{mp4,webm,mov,mkv,avi,gif,webp} or the folder DIR/name of PNG frames.

    Colour follows the file's tags; untagged YUV counts as BT.601 limited range, which is what
    x264 and swscale assume too. With `size`, frames are resized with swscale's area filter: when
    shrinking, an output pixel is the mean of the source pixels that it covers. PNG frames are taken in natural
    order (2 before 10); other files in their folder are not looked at.

    Args:
        path: A local file or folder. Names are never taken for URLs.
        size: (H, W) to resize to, >= 1 each, or a function that gives it; None keeps the file's size.
        max_frames: Most frames accepted.
        max_pixels: Most decoded source pixels accepted, T * H * W summed over the file; the default
            is about 250 frames of 1080p. Bounds memory (3 bytes a pixel without `size`) and time.

    Returns:
        (video, fps): uint8 [T, H, W, 3] with T >= 1, and the average frames per second, > 0. A frame that is
        shown for longer than others is there several times, see `base.media.frame_times`.

    Raises:
        VideoError: For everything that can be wrong with the file, see there. A file cut off
            behind its header is `unreadable_video`, even where some of its frames would decode.
        ValueError: If `size` is not two sizes >= 1 (the caller's mistake, not the file's).

    Not handled: rotation tags, interlacing, HDR transfer curves; alpha is dropped.
    """
    check_size(size)
    file = Path(path)
    if not file.is_dir():
        check_file(file)
    try:
        if file.is_dir():
            return read_folder(file, size, max_frames, max_pixels)
        if file.suffix.lower() in ANIMATIONS:
            return read_animation(file, size, max_frames, max_pixels)
        return read_container(file, size, max_frames, max_pixels)
    except (VideoError, MemoryError):
        raise
    except Exception as error:  # what a hostile file makes a decoder raise has no useful bound
        raise VideoError("unreadable_video", f"{file} cannot be decoded ({error})") from error
