"""Writing and reading videos and pictures: mp4, animated WebP, PNG. Files of every kind: `base.video_read`.

A video is a uint8 array [T, H, W, 3] in RGB order, a picture uint8 [H, W, 3]. Two laws:

- what is written lossless is read back bit for bit;
- a file from outside, broken or hostile, gives a `VideoError` with a short reason and nothing else.

PyAV and Pillow are imported inside the functions: this module is on the path of every command.
"""

from __future__ import annotations

import io
import itertools
import math
import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np
import numpy.typing as npt

from videorlvr.base.files import read_bounded, write_bytes_atomic
from videorlvr.base.frame_times import FrameTimes, frames_held

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter
    from av.video.stream import VideoStream

Video = npt.NDArray[np.uint8]
Picture = npt.NDArray[np.uint8]
Size = tuple[int, int] | Callable[[int, int], tuple[int, int]]
"""(H, W) to resize frames to, or a function of a frame's own H and W that gives it."""
VideoReason = Literal["missing_file", "unreadable_video", "no_frames", "too_many_frames", "too_large"]

# Containers we read. The point is what is absent: playlists ("concat", "hls") would make one file
# open others, and network protocols would make it call home.
_DEMUXER_OPTIONS = {"format_whitelist": "mov,mp4,matroska,webm,avi,gif", "protocol_whitelist": "file"}

_WEBP_MAX_SIDE_PX = 16383
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
    _check_video(video)
    if not math.isfinite(fps) or fps <= 0:
        raise ValueError(f"fps is {fps}; expected a finite number > 0, such as 16")
    height, width = video.shape[1:3]
    if not lossless and (height % 2 or width % 2):
        raise ValueError(
            f"video is {height} x {width} px, and lossy mp4 (yuv420p) needs even sides; "
            f"write it with lossless=True, or render it with even sides"
        )
    write_bytes_atomic(path, _encode_mp4(video, Fraction(fps).limit_denominator(65535), lossless=lossless))


def through_h264(video: Video, *, crf: int) -> Video:
    """What lossy H.264 (yuv420p, BT.601) leaves of a video, without a file; the shape stays.

    Args:
        video: uint8 [T, H, W, 3] with even sides.
        crf: 0 (nearly lossless) to 51.

    Raises:
        ValueError: If `video` is not such an array, or `crf` is out of range.
    """
    import av

    _check_video(video)
    if video.shape[1] % 2 or video.shape[2] % 2 or not 0 <= crf <= 51:
        raise ValueError(f"{_describe(video)} at crf {crf}; expected even sides and a crf of 0 to 51")
    buffer = io.BytesIO(_encode_mp4(video, Fraction(8), lossless=False, crf=crf))
    with av.open(buffer, "r", options=_DEMUXER_OPTIONS) as container:
        frames, _, _ = _decode(container, Path("h264.mp4"), None, len(video), video.size)
    return np.stack(frames)


def _encode_mp4(video: Video, fps: Fraction, *, lossless: bool, crf: int = 18) -> bytes:
    import av
    from av.video.reformatter import ColorRange, Colorspace
    from av.video.stream import VideoStream

    height, width = video.shape[1:3]
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
        for pixels in video:
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
            if not lossless:
                frame = frame.reformat(
                    format="yuv420p", dst_colorspace=Colorspace.ITU601, dst_color_range=ColorRange.MPEG
                )
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()


def read_mp4(
    path: str | os.PathLike[str],
    *,
    size: Size | None = None,
    max_frames: int = MAX_FRAMES,
    max_pixels: int = MAX_PIXELS,
) -> tuple[Video, float]:
    """Read a video file of any common codec (mp4, mov, mkv, webm, avi, gif) into RGB.

    Colour follows the file's tags; untagged YUV counts as BT.601 limited range, which is what
    x264 and swscale assume too. With `size`, frames are resized with swscale's area filter: when
    shrinking, an output pixel is the mean of the source pixels that it covers.

    Args:
        path: A local file. Names are never taken for URLs.
        size: (H, W) to resize to, >= 1 each, or a function that gives it; None keeps the file's size.
        max_frames: Most frames accepted.
        max_pixels: Most decoded source pixels accepted, T * H * W summed over the file; the default
            is about 250 frames of 1080p. Bounds memory (3 bytes a pixel without `size`) and time.

    Returns:
        (video, fps): uint8 [T, H, W, 3] with T >= 1, and the average frames per second, > 0. A frame that is
        shown for longer than others is there several times, see `base.frame_times`.

    Raises:
        VideoError: For everything that can be wrong with the file, see there. A file cut off
            behind its header is `unreadable_video`, even where some of its frames would decode.
        ValueError: If `size` is not two sizes >= 1 (the caller's mistake, not the file's).

    Not handled: rotation tags, interlacing, HDR transfer curves; alpha is dropped.
    """
    check_size(size)
    file = Path(path)
    check_file(file)
    import av

    try:
        # Absolute, since FFmpeg takes a name like "concat:a|b" for a protocol.
        with av.open(str(file.absolute()), options=_DEMUXER_OPTIONS) as container:
            frames, fps, times = _decode(container, file, size, max_frames, max_pixels)
        shown, period_ms = frames_held(times, max_frames=max_frames)
        if period_ms is None:
            return np.stack(frames), fps
        return hold(file, np.stack(frames), shown, max_frames, max_pixels), 1000 / period_ms
    except VideoError:
        raise
    except MemoryError as error:
        if not isinstance(error, av.FFmpegError):  # which says so, too, when a file states an absurd size
            raise
        raise VideoError("too_large", f"{file} needs more memory than there is") from error
    except Exception as error:  # what a hostile file makes a decoder raise has no useful bound
        raise VideoError("unreadable_video", f"{file} cannot be decoded ({error})") from error


def _decode(
    container: InputContainer, file: Path, size: Size | None, max_frames: int, max_pixels: int
) -> tuple[list[Picture], float, FrameTimes]:
    from av.video.reformatter import VideoReformatter

    if not container.streams.video:
        raise VideoError("no_frames", f"{file} has no video stream")
    stream = container.streams.video[0]
    stream.codec_context.thread_count = 1  # faster for small videos, and the judge has its own processes
    pictures: list[Picture] = []
    reformatter = VideoReformatter()
    num_pixels = num_packets = 0
    times, in_order = FrameTimes(1000 * float(stream.time_base or 0)), True
    # The header may lie, so what it declares can only refuse, and the count goes on below.
    check_limits(
        file, stream.frames, max(stream.frames, 1) * stream.width * stream.height, max_frames, max_pixels
    )
    for packet in container.demux(stream):
        num_packets += packet.size > 0
        in_order = in_order and (packet.size == 0 or packet.pts == packet.dts)
        for frame in packet.decode():
            times.ticks.append(frame.pts)
            times.last = (frame.duration or 0) if in_order else 0  # else it is a time between other frames
            num_pixels += frame.width * frame.height
            check_limits(file, len(pictures) + 1, num_pixels, max_frames, max_pixels)
            pictures.append(to_rgb(frame, size, reformatter))
    # Packets, not frames, since an edit list may rightly hide frames.
    if num_packets < stream.frames:
        raise VideoError(
            "unreadable_video", f"{file} is cut off: {num_packets} of {stream.frames} frames are there"
        )
    if not pictures:
        raise VideoError("no_frames", f"{file} has a video stream without frames")
    if len({picture.shape for picture in pictures}) > 1:
        raise VideoError("unreadable_video", f"{file} changes its frame size midway; give `size`")
    return pictures, _rate(stream, file), times


def _rate(stream: VideoStream, file: Path) -> float:
    rate = stream.average_rate or stream.guessed_rate
    if not rate or rate < 0:
        raise VideoError("unreadable_video", f"{file} states no frame rate")
    return float(rate)


def hold(file: Path, video: Video, shown: Sequence[int], max_frames: int, max_pixels: int) -> Video:
    """Each frame as often as it is shown; two large frames and a long hold would be a thousand large frames."""
    check_limits(file, sum(shown), sum(shown) * video[0, ..., 0].size, max_frames, max_pixels)
    return video.repeat(shown, axis=0)


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


def check_size(size: Size | None) -> None:
    if isinstance(size, tuple) and (len(size) != 2 or min(size) < 1):
        raise ValueError(f"size is {size}; expected (height, width), both >= 1, or None to keep the size")


def to_rgb(frame: VideoFrame, size: Size | None, reformatter: VideoReformatter) -> Picture:
    """One decoded frame as uint8 [H, W, 3].

    Two sets of flags, by measurement on an 8 x 8 colour grid in yuv420p. Without resizing, the
    plain path bleeds least (mean cell error 1.5 against 2.5 at 256 px). When resizing, full chroma
    with exact rounding removes its bias (cell centres off by 0.4 instead of 1.6, of 255).

    One `reformatter` and one thread for all frames of a file: a new one a frame takes four times as long as
    decoding a small frame.
    """
    from av.video.reformatter import Interpolation

    own = (frame.height, frame.width)
    height, width = own if size is None else size if isinstance(size, tuple) else size(*own)
    flags = Interpolation.AREA
    if (height, width) != own:
        flags |= Interpolation.FULL_CHR_H_INT | Interpolation.ACCURATE_RND | Interpolation.BITEXACT
    rgb = reformatter.reformat(
        frame, width=width, height=height, format="rgb24", interpolation=int(flags), threads=1
    )
    return np.asarray(rgb.to_ndarray(), dtype=np.uint8)


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

    _check_video(video)
    if not 0 < fps <= 1000:
        raise ValueError(f"fps is {fps}; expected > 0 and <= 1000, since WebP counts in milliseconds")
    if max(video.shape[1:3]) * scale > _WEBP_MAX_SIDE_PX:
        raise ValueError(
            f"scale is {scale} for a video of {video.shape[1]} x {video.shape[2]} px; "
            f"WebP allows sides up to {_WEBP_MAX_SIDE_PX} px, so take a smaller scale"
        )
    ends_ms = [round(1000 * index / fps) for index in range(len(video) + 1)]
    frames = [Image.fromarray(_enlarge(picture, scale)) for picture in video]
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


def png(image: Picture, scale: int = 1) -> bytes:
    """Encode a picture, uint8 [H, W, 3], as PNG, each pixel enlarged to `scale` x `scale`.

    Raises:
        ValueError: If `image` is not such an array or `scale` < 1.
    """
    from PIL import Image

    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3:
        raise ValueError(f"image is {_describe(image)}; expected a uint8 array [H, W, 3]")
    _check_video(image[None])
    buffer = io.BytesIO()
    Image.fromarray(_enlarge(image, scale)).save(buffer, format="PNG")
    return buffer.getvalue()


def write_png(path: str | os.PathLike[str], image: Picture) -> None:
    """Write a picture, uint8 [H, W, 3], as PNG, atomically; raises as `png` and OSError."""
    write_bytes_atomic(path, png(image))


def read_png(path: str | os.PathLike[str]) -> Picture:
    """Read a PNG as uint8 [H, W, 3]; grey and palette become RGB, alpha is dropped.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not a readable PNG of 8 bits a channel.
    """
    from PIL import Image

    data = read_bounded(path, MAX_BYTES)
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            mode = image.mode
            pixels = np.asarray(image.convert("RGB"), dtype=np.uint8)
    except Exception as error:  # as for videos: any broken file, one exception
        raise ValueError(f"{path} is not a readable PNG ({error}); write it again") from error
    if mode not in {"1", "L", "LA", "P", "RGB", "RGBA"}:
        raise ValueError(f"{path} has mode {mode}; expected 8 bits a channel, so convert it to RGB first")
    return pixels


def _enlarge(picture: Picture, scale: int) -> Picture:
    if not isinstance(scale, int) or scale < 1:
        raise ValueError(f"scale is {scale}; expected a whole number >= 1")
    return np.ascontiguousarray(picture.repeat(scale, axis=0).repeat(scale, axis=1))


def _check_video(video: Video) -> None:
    is_array = isinstance(video, np.ndarray) and video.dtype == np.uint8 and video.ndim == 4
    if not is_array or video.shape[3] != 3 or 0 in video.shape:
        raise ValueError(
            f"video is {_describe(video)}; expected a uint8 array [T, H, W, 3] without empty axes "
            f"(for floats in [0, 1]: (video * 255).round().astype(np.uint8))"
        )


def _describe(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} with shape {list(value.shape)}"
    return f"of type {type(value).__name__}"
