"""Video files through PyAV: the track that players take, its frames as they show them, and every sign of damage.

Law: what a decoder mends or leaves out in silence is not judged. Decoders are asked to stop at the first error, and
what they and the demuxer log counts as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from videorlvr.base.media.display import Display, turn_of
from videorlvr.base.media.formats import AVI, Format
from videorlvr.base.media.frame_times import MIN_SHOWN_MS, NO_RATE_FPS, FrameTimes, frames_held
from videorlvr.base.media.scale import Size
from videorlvr.base.media.stack import Stack
from videorlvr.base.media.video import MAX_PICTURE_PX, Video, VideoError, check_picture

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.codeccontext import VideoCodecContext
    from av.video.frame import VideoFrame
    from av.video.stream import VideoStream

DECODER_OPTIONS = {
    "err_detect": "crccheck+bitstream+buffer+explode",
    "strict": "strict",  # dav1d then looks at the padding behind its symbols
    "max_pixels": str(MAX_PICTURE_PX),
}
STRICT_DECODERS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}
"""Decoders that notice damage which FFmpeg's own, of the same codec, do not."""
_STILLS = {"mjpeg", "png", "bmp", "gif", "webp", "tiff"}
"""Codecs of covers and thumbnails that their writer did not mark as such."""

Log = Sequence[tuple[int, str, str]]


def read_container(file: Path, form: Format, size: Size | None, stack: Stack) -> tuple[Video, float]:
    """The frames of a file and their rate; what is wrong with it is a `VideoError`, or what the decoder raises."""
    import av
    from av import logging

    before = logging.get_level()
    logging.set_level(logging.ERROR)
    logs: Log = []
    try:
        # Absolute, since FFmpeg takes a name like "concat:a|b" for a protocol.
        with (
            logging.Capture() as logs,
            av.open(
                str(file.absolute()), format=form.demuxer, options={"protocol_whitelist": "file"}
            ) as container,
        ):
            stream = stream_shown(container)
            times = _decode(container, stream, size, stack, logs)
            fps = float(stream.average_rate or stream.guessed_rate or NO_RATE_FPS)
    except av.FFmpegError as error:
        if isinstance(error, MemoryError):  # said of an absurd size in a file, too
            raise VideoError("too_large", "it needs more memory than there is") from error
        raise _damaged(stack, _complaint(logs, None) or str(error.strerror)) from error
    finally:
        logging.set_level(before)
    if form is not AVI:  # which has no times of its own for frames that are stored out of order
        _check_shown(stack, times)
    shown, period_ms = frames_held(times, max_frames=stack.max_frames)
    return stack.hold(shown), fps if period_ms is None else 1000 / period_ms


def stream_shown(container: InputContainer) -> VideoStream:
    """The video track that players take: no attached picture, one that is marked as default before others, and
    among equals what FFmpeg takes.

    Raises:
        VideoError: `no_frames` without one; `ambiguous` where several would do.
    """
    attached, default = _dispositions()
    moving = [stream for stream in container.streams.video if not stream.disposition.value & attached]
    if not moving:
        raise VideoError("no_frames", "it has no video track")
    if len(moving) == 1:
        return moving[0]
    chosen = [stream for stream in moving if stream.disposition.value & default] or moving
    films = [stream for stream in chosen if stream.codec_context.name not in _STILLS] or chosen
    if len(films) > 1:
        raise VideoError(
            "ambiguous",
            f"it has {len(films)} video tracks that a player may choose from; keep one, or mark one",
        )
    return films[0]


@cache
def _dispositions() -> tuple[int, int]:
    """Bits of tracks that are no film, and of those that are the default: as numbers, which are faster."""
    from av.stream import Disposition

    pictures = Disposition.attached_pic | Disposition.timed_thumbnails | Disposition.still_image
    return pictures.value, Disposition.default.value


def _decode(
    container: InputContainer, stream: VideoStream, size: Size | None, stack: Stack, logs: Log
) -> FrameTimes:
    """All frames of a stream into the stack; when they are shown."""
    from av.video.reformatter import VideoReformatter

    context = stream.codec_context
    context.thread_count = 1  # faster for small videos, and the judge has its own processes
    context.options = DECODER_OPTIONS
    check_picture(context.height, context.width)
    if stream.metadata.get("alpha_mode") == "1":
        raise VideoError("ambiguous", "it has a layer of transparency, which only some players show")
    decoder = _decoder(context)
    reformatter = VideoReformatter()
    times, in_order = FrameTimes(1000 * float(stream.time_base or 0)), True
    display: Display | None = None
    for packet in container.demux(stream):
        if packet.is_corrupt:
            raise _damaged(stack, "a packet is marked as such")
        in_order = in_order and (packet.size == 0 or packet.pts == packet.dts)
        for frame in decoder.decode(packet):
            if display is None:
                # Only the stream's own decoder is told how frames are turned.
                told = frame if decoder is context else next(iter(context.decode(packet)), frame)
                display = Display(turn_of(_matrix(told)), stream.sample_aspect_ratio, size)
            times.ticks.append(frame.pts)
            times.last = (frame.duration or 0) if in_order else 0  # else it is a time between other frames
            if frame.is_corrupt:
                raise _damaged(stack, "the decoder marks the frame as such")
            stack.expect(frame.height, frame.width)
            stack.add(display.show(frame, reformatter))
    complaint = _complaint(logs, {container.format.name, context.name, decoder.name})
    if complaint:
        raise _damaged(stack, complaint)
    return times


def _decoder(context: VideoCodecContext) -> VideoCodecContext:
    """The stream's own decoder, or the one of its codec that notices more."""
    import av
    from av.codec.codec import UnknownCodecError

    try:
        strict = av.VideoCodecContext.create(STRICT_DECODERS[context.name], "r")
    except (KeyError, UnknownCodecError):
        return context
    strict.options, strict.thread_count = DECODER_OPTIONS, 1
    return cast("VideoCodecContext", strict)


def _matrix(frame: VideoFrame) -> bytes | None:
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    return None if data is None else bytes(data)


def _complaint(logs: Log, names: set[str] | None) -> str:
    """The first error that was logged, by one of these if named."""
    for _, name, message in logs:
        if names is None or name in names:
            return f"{name}: {message.strip()}"
    return ""


def _damaged(stack: Stack, what: str) -> VideoError:
    return VideoError("unreadable_video", f"it is damaged about frame {stack.num_frames} ({what})")


def _check_shown(stack: Stack, times: FrameTimes) -> None:
    """No frame that differs from the next may be over before a screen shows it."""
    for index, shown_ms in _brief(times):
        if stack.changes_after(index):
            raise VideoError(
                "ambiguous",
                f"frame {index} is shown for {shown_ms:.3g} ms; what is shown for less than {MIN_SHOWN_MS:g} ms, no "
                "screen shows",
            )


def _brief(times: FrameTimes) -> Iterator[tuple[int, float]]:
    for index, (tick, after) in enumerate(zip(times.ticks, times.ticks[1:], strict=False)):
        if tick is not None and after is not None and (after - tick) * times.tick_ms < MIN_SHOWN_MS:
            yield index, max(0.0, (after - tick) * times.tick_ms)
