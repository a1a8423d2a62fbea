"""Video files whose equal frames were merged into longer ones show what they showed before; others are read as ever."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from videorlvr.base.media.frame_times import FrameTimes, frames_held
from videorlvr.base.media.read import read_video
from videorlvr.base.media.scale import to_rgb
from videorlvr.base.media.video import Video, VideoError
from videorlvr.judge.door import inspect
from videorlvr.judge.tolerance import DECLARED
from videorlvr.worlds import WORLDS
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.render import oracle_video

KINDS = {
    "mp4": ("v.mp4", "libx264", "yuv420p", {}),
    "mp4 without B-frames": ("v.mp4", "libx264", "yuv420p", {"bf": "0"}),
    "mp4 without loss": ("v.mp4", "libx264rgb", "rgb24", {"qp": "0"}),
    "webm": ("v.webm", "libvpx-vp9", "yuv444p", {"lossless": "1", "cpu-used": "8"}),
    "mov": ("v.mov", "libx264", "yuv420p", {}),
    "mkv": ("v.mkv", "ffv1", "bgr0", {}),
}
MS = Fraction(1, 1000)


def shades(num_frames: int, side: int = 32) -> Video:
    """Frames of one grey level each, 16 apart."""
    levels = (16 * np.arange(num_frames) % 240).astype(np.uint8)
    return np.broadcast_to(levels[:, None, None, None], (num_frames, side, side, 3)).copy()


def write(folder: Path, kind: str, video: Video, times: Sequence[int], unit: Fraction) -> Path:
    """A file of these frames at these times, in units of seconds."""
    name, codec, form, options = KINDS[kind]
    with av.open(str(folder / name), "w") as container:
        stream = container.add_stream(codec, rate=1 / unit if unit > MS else 24, options=options)
        stream.width, stream.height, stream.pix_fmt = video.shape[2], video.shape[1], form
        stream.codec_context.time_base = unit
        for picture, time in zip(video, times, strict=True):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = time, unit
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return folder / name


def decoded(path: Path) -> Video:
    """Each frame of a file once, whatever its time."""
    from av.video.reformatter import VideoReformatter

    with av.open(str(path)) as container:
        reformatter = VideoReformatter()
        return np.stack([to_rgb(frame, None, reformatter) for frame in container.decode(video=0)])


@pytest.mark.parametrize("kind", KINDS)
def test_a_held_frame_counts_as_often_as_it_is_shown(kind: str, tmp_path: Path) -> None:
    video, times = shades(7), [0, 1, 2, 5, 6, 7, 10]
    for unit, clock in ((Fraction(1, 8), times), (MS, [125 * time for time in times])):
        path = write(tmp_path, kind, video, clock, unit)
        seen, fps = read_video(path)
        np.testing.assert_array_equal(seen, decoded(path)[[0, 1, 2, 2, 2, 3, 4, 5, 5, 5, 6]])
        assert fps == pytest.approx(8)


@pytest.mark.parametrize("kind", KINDS)
def test_a_constant_rate_is_read_bit_for_bit(kind: str, tmp_path: Path) -> None:
    """In webm and mkv, times are whole milliseconds, and so never quite constant."""
    for rate in (8, Fraction(24000, 1001), 25, Fraction(30000, 1001), 60):
        path = write(tmp_path, kind, shades(13), range(13), 1 / Fraction(rate))
        seen, fps = read_video(path)
        np.testing.assert_array_equal(seen, decoded(path))
        assert fps == pytest.approx(float(rate), rel=0.01)


@pytest.mark.parametrize(
    ("ticks", "last", "tick_ms", "expected"),
    [
        ([0, 33, 67, 100], 33, 1, [1, 1, 1, 1]),
        ([0, 33, 67, 167, 200], 33, 1, [1, 1, 3, 1, 1]),
        ([0, 33, 67, 100], 100, 1, [1, 1, 1, 3]),  # the end is held
        ([0, 33, 67, 100], 1, 1, [1, 1, 1, 1]),  # how long the end is shown is nonsense, or not stated
        ([0, 33, 67, 167], 0, 1, [1, 1, 3, 1]),
        ([0, 250, 625], 0, 1, [2, 3, 1]),  # every frame was merged
        ([0, 3, 4, 8], 1, 125, [3, 1, 4, 1]),  # a tick a frame
        ([0, 20, 40, 60, 120], 20, 5 / 3, [1, 1, 1, 3, 1]),  # 1/600 s
        ([0, 30, 71, 97, 131, 170, 199], 33, 1, [1] * 7),  # a recording of a screen
        ([0, 30, 71, 97, 131, 230, 259], 33, 1, [1, 1, 1, 1, 3, 1, 1]),
        ([0, 33, 34, 67, 100, 133], 33, 1, [1] * 6),  # one time is off
        ([0], 50, 1, [1]),
        ([0, 33, None, 100], 33, 1, [1] * 4),
        ([0, 33, 33, 200], 33, 1, [1] * 4),
        ([0, 66, 33, 200], 33, 1, [1] * 4),
        ([0, 10**18, 2 * 10**18, 2 * 10**18 + 40], 40, 1, [256, 256, 1, 1]),
    ],
)
def test_frames_are_counted_by_their_times(
    ticks: list[int | None], last: int, tick_ms: float, expected: list[int]
) -> None:
    times = FrameTimes(tick_ms, ticks, last)
    shown, period_ms = frames_held(times, max_frames=1024)
    assert shown == expected
    assert (period_ms is None) == (max(expected) == 1)


@pytest.mark.parametrize("kind", ["mp4", "webm"])
def test_a_long_hold_is_no_bomb(kind: str, tmp_path: Path) -> None:
    """Frames ten hours apart: within the limits the hold is cut, and beyond them the file is refused."""
    path = write(tmp_path, kind, shades(3), [0, 125, 36_000_000], MS)
    assert len(read_video(path, max_frames=60)[0]) <= 60
    with pytest.raises(VideoError) as caught:
        read_video(path, max_bytes=20 * 32 * 32 * 3)
    assert caught.value.reason == "over_budget"


@pytest.mark.parametrize("kind", ["mp4 without loss", "webm"])
def test_an_honest_video_survives_the_merging_of_its_equal_frames(kind: str, tmp_path: Path) -> None:
    """In slow motion, so that all but a few frames are the same as the one before: those alone are too few."""
    world = WORLDS["maze"]
    problem = make_problem(world, "small", "val", 0)
    video = oracle_video(world, problem)
    kept = [index for index in range(len(video)) if index == 0 or (video[index] != video[index - 1]).any()]
    kept = [*kept, len(video) - 1] if kept[-1] < len(video) - 1 else kept
    assert len(kept) < len(video)
    finding = inspect(
        WORLDS["maze"], problem, [write(tmp_path, kind, video[kept], kept, Fraction(1, 8))], DECLARED
    )
    assert finding.verdict.success, finding.verdict.reason
    assert finding.video is not None
    assert len(finding.video) == len(video)
