"""What people hand in, through `score`: right solutions in every kind of file, and files that are at fault."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition
from PIL import Image

from media_files import add_stream, animate, encode, mux, one_more_in_header, trimmed, with_cover
from videorlvr.base.media.read import read_video
from videorlvr.evaluation.export import export
from videorlvr.evaluation.manifest import read_manifest
from videorlvr.evaluation.score import score
from videorlvr.worlds import WORLDS

Video = np.ndarray


def images(video: Video) -> list[Image.Image]:
    return [Image.fromarray(picture) for picture in video]


def null_frames(path: Path, video: Video) -> Path:
    """Repeated frames as empty chunks."""
    kept = [index for index in range(len(video)) if index == 0 or (video[index] != video[index - 1]).any()]
    kept = [*kept, len(video) - 1] if kept[-1] < len(video) - 1 else kept
    return encode(path, video[kept], "ffv1", "bgr0", times=kept)


def default_second(path: Path, video: Video) -> Path:
    with av.open(str(path), "w") as out:
        one = add_stream(out, video, "mjpeg", "yuvj420p")
        two = add_stream(out, video, "libx264rgb", "rgb24", qp="0")
        one.disposition, two.disposition = Disposition(0), Disposition.default
        mux(out, one, video[-1:])
        mux(out, two, video)
    return path


def turned(quarters: int) -> Callable[[Path, Video], Path]:
    def write(path: Path, video: Video) -> Path:
        stored = np.ascontiguousarray(np.rot90(video, -quarters, axes=(1, 2)))
        return encode(path, stored, change=lambda stream: stream.set_display_rotation(90 * quarters))

    return write


def transparent_floor(path: Path, video: Video) -> Path:
    colours, counts = np.unique(video[0].reshape(-1, 3), axis=0, return_counts=True)
    floor = (video == colours[counts.argmax()]).all(axis=-1, keepdims=True)
    rgba = np.concatenate([np.where(floor, 0, video), np.where(floor, 0, 255)], axis=-1).astype(np.uint8)
    return animate(path, images(rgba))


def cut(write: Callable[[Path, Video], Path], share: float = 0.6) -> Callable[[Path, Video], Path]:
    def shorter(path: Path, video: Video) -> Path:
        data = write(path, video).read_bytes()
        path.write_bytes(data[: int(share * len(data))])
        return path

    return shorter


def as_(codec: str, pix_fmt: str, **options: Any) -> Callable[[Path, Video], Path]:
    return lambda path, video: encode(path, video, codec, pix_fmt, **options)


def text(path: Path) -> Path:
    path.write_text("#EXTM3U\nother.mp4\n")
    return path


def two_films(path: Path, video: Video) -> Path:
    with av.open(str(path), "w") as out:
        streams = [add_stream(out, video, "libx264rgb", "rgb24", qp="0") for _ in range(2)]
        for stream in streams:
            stream.disposition = Disposition.default
        for stream, shown in zip(streams, (video, video[::-1]), strict=True):
            mux(out, stream, shown)
    return path


VP9 = as_("libvpx-vp9", "yuv444p", **{"cpu-used": "8", "lossless": "1"})
FRAGMENTS = {"movflags": "frag_every_frame+empty_moov"}
RIGHT: dict[str, tuple[str, Callable[[Path, Video], Path]]] = {
    "header counts one more": (
        "avi",
        lambda path, video: one_more_in_header(encode(path, video, "ffv1", "bgr0")),
    ),
    "null frames": ("avi", null_frames),
    "trimmed over several groups": (
        "mp4",
        lambda path, video: trimmed(
            encode(path, np.concatenate([video, video[::-1]]), g="5"), (len(video) - 0.5) / 24
        ),
    ),
    "cover in front": (
        "mp4",
        lambda path, video: with_cover(encode(path, video), Image.fromarray(video[-1])),
    ),
    "default track second": ("mkv", default_second),
    "turned by 90": ("mp4", turned(1)),
    "turned by 180": ("mp4", turned(2)),
    "turned by 270": ("mov", turned(3)),
    "21 s at 60 a second": (
        "mp4",
        lambda path, video: encode(
            path, video[np.arange(1260) * len(video) // 1260], "libx264", "yuv420p", crf="12"
        ),
    ),
    "WebP named GIF": (
        "gif",
        lambda path, video: animate(path.with_suffix(".webp"), images(video)).rename(path),
    ),
    "transparent floor": ("webp", transparent_floor),
    "m4v": ("m4v", as_("mpeg4", "yuv420p", **{"q:v": "2"})),
    "ts": ("ts", as_("libx264", "yuv420p", crf="10")),
    "wmv": ("wmv", as_("wmv2", "yuv420p", **{"q:v": "2"})),
    "ogv": ("ogv", as_("libvpx", "yuv420p", crf="4", b="4000000")),
    "apng": ("apng", lambda path, video: animate(path, images(video))),
    "avif": ("avif", lambda path, video: animate(path, images(video), quality=90)),
}
AT_FAULT: dict[str, tuple[str, Callable[[Path, Video], Path], str, str]] = {
    "cut webm": ("webm", cut(VP9), "unreadable_video", "cut off"),
    "cut mkv": ("mkv", cut(as_("ffv1", "bgr0")), "unreadable_video", "cut off"),
    "cut fragments": (
        "mp4",
        cut(as_("libx264rgb", "rgb24", container=FRAGMENTS)),
        "unreadable_video",
        "cut off",
    ),
    "cut gif": ("gif", cut(lambda path, video: animate(path, images(video))), "unreadable_video", "trailer"),
    "playlist": ("mp4", lambda path, video: text(path), "unreadable_video", "no kind of video"),
    "text": ("txt", lambda path, video: text(path), "unsupported_format", ".avif"),
    "tracks to choose from": (
        "mkv",
        two_films,
        "undecidable",
        "2 video tracks",
    ),
}


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    folder = tmp_path_factory.mktemp("files")
    names = [*RIGHT, *AT_FAULT]
    manifest = export(WORLDS["maze"], "small", "test", len(names), folder, size=(96, 96))
    (folder / "videos").mkdir()
    for name, entry in zip(names, read_manifest(manifest), strict=True):
        suffix, write = (RIGHT | AT_FAULT)[name][:2]
        video, _ = read_video(folder / "oracle" / f"{entry.id}.mp4")
        write(folder / "videos" / f"{entry.id}.{suffix}", video)
    return dict(zip(names, score(manifest, folder / "videos", workers=2)["records"], strict=True))


@pytest.mark.parametrize("name", RIGHT)
def test_a_right_solution_is_a_success_in_every_kind_of_file(
    name: str, records: dict[str, dict[str, Any]]
) -> None:
    assert (records[name]["success"], records[name]["reason"], records[name]["why"]) == (True, "", "")


@pytest.mark.parametrize("name", AT_FAULT)
def test_a_file_at_fault_is_blamed_itself_and_the_record_says_why(
    name: str, records: dict[str, dict[str, Any]]
) -> None:
    _, _, reason, why = AT_FAULT[name]
    assert records[name]["reason"] == reason
    assert why in records[name]["why"]
    assert not records[name]["success"]
