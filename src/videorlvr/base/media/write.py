"""Writing videos: mp4 and animated WebP. What is written lossless is read back bit for bit (`base.media.read`).

PyAV and Pillow are imported inside the functions: this module is on the path of every command.
"""

from __future__ import annotations

import io
import itertools
import math
import os
from collections.abc import Iterable
from fractions import Fraction

import numpy as np

from videorlvr.base.files import write_bytes_atomic
from videorlvr.base.media.png import enlarged
from videorlvr.base.media.video import Picture, Video, check_video

_WEBP_MAX_SIDE_PX = 16383


def write_mp4(
    path: str | os.PathLike[str], video: Video, *, fps: float | Fraction, lossless: bool = True
) -> None:
    """Write an H.264 mp4, atomically; missing parent folders are made.

    `lossless=True` stores RGB (libx264rgb, qp 0): bit exact, any size, but few browsers play it.
    `lossless=False` stores yuv420p (libx264, crf 18, tagged BT.601 limited range): plays
    everywhere, and colour bleeds across edges over about two pixels. Odd sizes cannot be stored
    that way and are refused rather than padded, because padding would move the borders of cells.

    Encoding uses one thread, so that the bytes do not depend on the machine's core count.

    Args:
        path: Target; the name may end as it likes, the content is mp4.
        video: uint8 [T, H, W, 3], T, H, W >= 1.
        fps: Frames per second, finite and > 0.

    Raises:
        ValueError: If `video` is not such an array, `fps` is not positive, or a side is odd while
            `lossless=False`.
        OSError: If the file cannot be written.
    """
    check_video(video)
    if not math.isfinite(fps) or fps <= 0:
        raise ValueError(f"fps is {fps}; expected a finite number > 0, such as 16")
    height, width = video.shape[1:3]
    if not lossless and (height % 2 or width % 2):
        raise ValueError(
            f"video is {height} x {width} px, and lossy mp4 (yuv420p) needs even sides; "
            f"write it with lossless=True, or render it with even sides"
        )
    write_bytes_atomic(path, encode_mp4(video, Fraction(fps).limit_denominator(65535), lossless=lossless))


def write_pictures(path: str | os.PathLike[str], pictures: Iterable[Picture], *, fps: float) -> None:
    """As `write_mp4` with loss, of pictures that are made one by one, all of one even size, and need not all be kept.

    Raises:
        OSError: If the file cannot be written.
    """
    write_bytes_atomic(path, encode_mp4(pictures, Fraction(fps).limit_denominator(65535), lossless=False))


def encode_mp4(video: Video | Iterable[Picture], fps: Fraction, *, lossless: bool, crf: int = 18) -> bytes:
    import av
    from av.video.reformatter import ColorRange, Colorspace
    from av.video.stream import VideoStream

    pictures = iter(video)
    first = next(pictures)
    height, width = first.shape[:2]
    buffer = io.BytesIO()
    codec, quality = ("libx264rgb", {"qp": "0"}) if lossless else ("libx264", {"crf": str(crf)})
    with av.open(buffer, "w", format="mp4") as container:
        stream = container.add_stream(codec, rate=fps, options={**quality, "threads": "1"})
        assert isinstance(stream, VideoStream)
        stream.width, stream.height = width, height
        stream.pix_fmt = "rgb24" if lossless else "yuv420p"
        if not lossless:
            # Untagged, players take BT.601 for small pictures and BT.709 for large ones.
            stream.codec_context.colorspace = Colorspace.ITU601
            stream.codec_context.color_range = ColorRange.MPEG
        for pixels in itertools.chain([first], pictures):
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            if not lossless:
                frame = frame.reformat(
                    format="yuv420p", dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.MPEG
                )
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def animated_webp(video: Video, *, fps: float, scale: int = 1, quality: int | None = None) -> bytes:
    """Encode a video as an endlessly looping WebP, for reports; lossless unless a quality is given.

    Durations are whole milliseconds, rounded so that frame i ends within 0.5 ms of (i + 1) / fps.
    The encoder merges equal neighbouring frames into one longer frame: it plays alike, but a reader
    may count fewer frames than T.

    Args:
        video: uint8 [T, H, W, 3].
        fps: Frames per second, > 0 and <= 1000.
        scale: Each pixel becomes `scale` x `scale` pixels; >= 1.
        quality: 0 to 100 for a smaller file with loss.

    Raises:
        ValueError: If an argument is out of range, or a scaled side exceeds 16383 px (WebP's limit).
    """
    from PIL import Image

    check_video(video)
    if not 0 < fps <= 1000:
        raise ValueError(f"fps is {fps}; expected > 0 and <= 1000, since WebP counts in milliseconds")
    if max(video.shape[1:3]) * scale > _WEBP_MAX_SIDE_PX:
        raise ValueError(
            f"scale is {scale} for a video of {video.shape[1]} x {video.shape[2]} px; "
            f"WebP allows sides up to {_WEBP_MAX_SIDE_PX} px, so take a smaller scale"
        )
    ends_ms = [round(1000 * index / fps) for index in range(len(video) + 1)]
    frames = [Image.fromarray(enlarged(picture, scale)) for picture in video]
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        format="WEBP",
        save_all=True,
        append_images=frames[1:],
        lossless=quality is None,
        quality=80 if quality is None else quality,
        duration=[end - start for start, end in itertools.pairwise(ends_ms)],
        loop=0,
    )
    return buffer.getvalue()
