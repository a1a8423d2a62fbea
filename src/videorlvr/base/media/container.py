"""Video files through PyAV."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from videorlvr.base.media.frame_times import FrameTimes, frames_held
from videorlvr.base.media.scale import Size, to_rgb
from videorlvr.base.media.video import Picture, Video, VideoError, check_limits, hold

if TYPE_CHECKING:
    from av.container import InputContainer
    from av.video.stream import VideoStream

# Containers we read. The point is what is absent: playlists ("concat", "hls") would make one file
# open others, and network protocols would make it call home.
_DEMUXER_OPTIONS = {"format_whitelist": "mov,mp4,matroska,webm,avi,gif", "protocol_whitelist": "file"}


def read_container(file: Path, size: Size | None, max_frames: int, max_pixels: int) -> tuple[Video, float]:
    """The frames of a file and their rate; what is wrong with it is a `VideoError`, or what the decoder raises."""
    import av

    try:
        # Absolute, since FFmpeg takes a name like "concat:a|b" for a protocol.
        with av.open(str(file.absolute()), options=_DEMUXER_OPTIONS) as container:
            frames, fps, times = _decode(container, file, size, max_frames, max_pixels)
        shown, period_ms = frames_held(times, max_frames=max_frames)
        if period_ms is None:
            return np.stack(frames), fps
        return hold(file, np.stack(frames), shown, max_frames, max_pixels), 1000 / period_ms
    except MemoryError as error:
        if not isinstance(error, av.FFmpegError):  # which says so, too, when a file states an absurd size
            raise
        raise VideoError("too_large", f"{file} needs more memory than there is") from error


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
