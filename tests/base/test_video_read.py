"""Reading what people hand in: every kind gives the same frames, and held frames count as often as shown."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from videorlvr.base.media.formats import MP4, SUFFIXES
from videorlvr.base.media.frame_times import frames_shown
from videorlvr.base.media.png import write_png
from videorlvr.base.media.read import read_video
from videorlvr.base.media.video import Video, VideoError
from videorlvr.base.media.write import animated_webp, write_mp4

FPS = 8
CODECS = {
    ".webm": "libvpx-vp9",
    ".mov": "libx264rgb",
    ".mkv": "ffv1",
    ".avi": "rawvideo",
    ".ts": "libx264rgb",
    ".mts": "libx264rgb",
    ".m2ts": "libx264rgb",
    ".flv": "libx264rgb",
    ".mpg": "mpeg2video",
    ".mpeg": "mpeg1video",
    ".wmv": "wmv2",
    ".asf": "wmv2",
    ".ogv": "libvpx",
}
LOSS = {".webm": 3, ".avif": 3, ".mpg": 60, ".mpeg": 60, ".wmv": 60, ".asf": 60, ".ogv": 60}
"""Grey levels; the other kinds keep every bit."""


def blocks(num_frames: int, *, seed: int = 0) -> Video:
    """Frames of few colours in large blocks, two neighbours of them equal, and the last three."""
    colours = np.array([(238, 236, 228), (38, 40, 52), (222, 60, 48), (88, 190, 96)], np.uint8)
    pick = np.random.default_rng(seed).integers(0, 4, (num_frames, 4, 6))
    pick[3] = pick[2]
    pick[-3:] = pick[-1]
    return colours[pick].repeat(8, axis=1).repeat(8, axis=2)


def write(path: Path, video: Video) -> None:
    """A file, or a folder, of the kind that the path's suffix names; without loss where the kind can."""
    if path.suffix == ".gif":
        frames = [Image.fromarray(picture) for picture in video]
        frames[0].save(path, save_all=True, append_images=frames[1:], duration=1000 / FPS, loop=0)
    elif path.suffix == ".webp":
        path.write_bytes(animated_webp(video, fps=FPS))
    elif path.suffix in (".apng", ".avif"):
        frames = [Image.fromarray(picture) for picture in video]
        options = {"quality": 100, "subsampling": "4:4:4"} if path.suffix == ".avif" else {}
        form = path.suffix[1:].upper().replace("APNG", "PNG")
        frames[0].save(path, form, save_all=True, append_images=frames[1:], duration=1000 // FPS, **options)
    elif path.suffix in MP4.suffixes and path.suffix not in CODECS:
        write_mp4(path, video, fps=FPS)
    elif path.suffix == "":
        path.mkdir()
        for index, picture in enumerate(video):
            write_png(path / f"frame{index}.png", picture)  # frame10 comes before frame2 as text
    else:
        encode(path, video, CODECS[path.suffix])


def encode(path: Path, video: Video, codec: str) -> None:
    formats = {"libvpx-vp9": "yuv444p", "libx264rgb": "rgb24", "ffv1": "bgr0", "rawvideo": "bgr24"}
    options = {
        "libvpx-vp9": {"lossless": "1"},
        "libx264rgb": {"qp": "0"},
        "libvpx": {"crf": "4", "b": "9000000"},
    }
    container_options = {"mpegts_m2ts_mode": "1"} if path.suffix == ".m2ts" else {}
    rate = 24 if codec.startswith("mpeg") else FPS
    with av.open(str(path), "w", options=container_options) as container:
        stream = container.add_stream(codec, rate=rate, options=options.get(codec, {"q:v": "1"}))
        stream.width, stream.height = video.shape[2], video.shape[1]
        stream.pix_fmt = formats.get(codec, "yuv420p")
        for picture in video:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


@pytest.mark.parametrize("suffix", [*SUFFIXES, ""])
def test_every_kind_gives_the_same_frames(suffix: str, tmp_path: Path) -> None:
    video = blocks(13)
    write(tmp_path / f"v{suffix}", video)
    seen, fps = read_video(tmp_path / f"v{suffix}")
    assert seen.shape == video.shape
    inner = (
        slice(None),
        slice(3, None, 8),
        slice(3, None, 8),
    )  # of a block, where its neighbours do not bleed
    error = np.abs(seen.astype(int) - video)
    assert error[inner if LOSS.get(suffix, 0) > 3 else ()].max() <= LOSS.get(suffix, 0)
    rate = {".mpg": 24, ".mpeg": 24}.get(suffix, FPS)  # MPEG-1 and 2 know only a few rates
    assert fps == pytest.approx(rate, rel=0.05)


@pytest.mark.parametrize("suffix", [".mp4", ".webp", ".gif", ""])
def test_every_kind_is_resized_alike(suffix: str, tmp_path: Path) -> None:
    video = blocks(5)
    write(tmp_path / f"v{suffix}", video)
    seen, _ = read_video(tmp_path / f"v{suffix}", size=lambda height, width: (height // 2, width // 2))
    assert np.abs(seen.astype(int) - video[:, ::2, ::2]).max() <= 1


def test_upper_case_suffixes_are_suffixes(tmp_path: Path) -> None:
    write(tmp_path / "v.webp", blocks(6))
    (tmp_path / "v.webp").rename(tmp_path / "v.WEBP")
    assert len(read_video(tmp_path / "v.WEBP")[0]) == 6


@pytest.mark.parametrize(
    ("durations", "unit_ms", "expected"),
    [
        ([125, 125, 250], 1, [1, 1, 2]),
        ([120, 130, 120, 380], 10, [1, 1, 1, 3]),  # 8 frames a second, in hundredths of a second
        ([120, 120, 620, 250], 10, [1, 1, 5, 2]),  # the same, every duration cut to hundredths
        ([62, 63, 125, 62], 1, [1, 1, 2, 1]),
        ([250, 375], 1, [2, 3]),  # every frame was merged
        ([41, 42, 42, 1000], 1, [1, 1, 1, 24]),
        ([40], 10, [1]),
        ([0, 0, 0], 10, [1, 1, 1]),
        ([1000, 1037, 2630], 1, [1, 1, 3]),  # no common rate: as often as the shortest one fits
    ],
)
def test_holds_are_counted(durations: list[float], unit_ms: float, expected: list[int]) -> None:
    assert frames_shown(durations, unit_ms=unit_ms, max_frames=1024)[0] == expected


def test_a_long_hold_is_cut_not_refused() -> None:
    shown, _ = frames_shown([10, 10, 60_000], unit_ms=1, max_frames=300)
    assert shown == [1, 1, 100]


@pytest.mark.parametrize("kind", ["webp", "gif", ""])
def test_limits_hold_for_pictures_too(kind: str, tmp_path: Path) -> None:
    path = tmp_path / (f"v.{kind}" if kind else "v")
    write(path, blocks(9, seed=1))
    for limits, reason in (({"max_frames": 4}, "too_many_frames"), ({"max_bytes": 4000}, "over_budget")):
        with pytest.raises(VideoError) as caught:
            read_video(path, **limits)
        assert caught.value.reason == reason


def test_what_is_wrong_with_pictures_is_a_video_error(tmp_path: Path) -> None:
    def reason(path: Path) -> str:
        with pytest.raises(VideoError) as caught:
            read_video(path)
        return caught.value.reason

    for name in ("a.webp", "a.gif"):
        write(tmp_path / name, blocks(6))
        (tmp_path / f"cut-{name}").write_bytes((tmp_path / name).read_bytes()[:60])
        assert reason(tmp_path / f"cut-{name}") == "unreadable_video"
        assert reason(tmp_path / f"no-{name}") == "missing_file"
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "notes.txt").write_text("no frames")
    assert reason(tmp_path / "empty") == "no_frames"
    write(tmp_path / "mixed", blocks(6))
    write_png(tmp_path / "mixed" / "frame9.png", np.zeros((8, 8, 3), np.uint8))
    assert reason(tmp_path / "mixed") == "ambiguous"
    write(tmp_path / "deep", blocks(6))
    Image.fromarray(np.full((32, 48), 40000, np.uint16)).save(tmp_path / "deep" / "frame1.png")
    assert read_video(tmp_path / "deep")[0][1, 0, 0].tolist() == [40000 >> 8] * 3  # of 16 bits, the high ones
