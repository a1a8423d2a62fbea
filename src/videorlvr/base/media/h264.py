"""What lossy compression leaves of a video."""

from __future__ import annotations

import io
from fractions import Fraction

import numpy as np

from videorlvr.base.media.scale import to_rgb
from videorlvr.base.media.video import Video, check_video, describe
from videorlvr.base.media.write import encode_mp4


def through_h264(video: Video, *, crf: int) -> Video:
    """What lossy H.264 (yuv420p, BT.601) leaves of a video, without a file; the shape stays.

    Args:
        video: uint8 [T, H, W, 3] with even sides.
        crf: 0 (nearly lossless) to 51.

    Raises:
        ValueError: If `video` is not such an array, or `crf` is out of range.
    """
    import av
    from av.video.reformatter import VideoReformatter

    check_video(video)
    if video.shape[1] % 2 or video.shape[2] % 2 or not 0 <= crf <= 51:
        raise ValueError(f"{describe(video)} at crf {crf}; expected even sides and a crf of 0 to 51")
    buffer = io.BytesIO(encode_mp4(video, Fraction(8), lossless=False, crf=crf))
    with av.open(buffer, "r") as container:
        reformatter = VideoReformatter()
        return np.stack([to_rgb(frame, None, reformatter) for frame in container.decode(video=0)])
