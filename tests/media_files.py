"""Files of every kind as other people's programs write them, and surgery on their bytes."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from PIL import Image

Video = np.ndarray
PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts"}


def shades(num_frames: int, height: int = 32, width: int = 48) -> Video:
    """Frames of one grey level each, 16 apart, with a bright top left corner."""
    levels = (16 * np.arange(num_frames) % 208).astype(np.uint8)
    video = np.broadcast_to(levels[:, None, None, None], (num_frames, height, width, 3)).copy()
    video[:, : height // 4, : width // 4] = (250, 40, 40)
    return video


def add_stream(container: Any, video: Video, codec: str, pix_fmt: str, **options: str) -> Any:
    stream = container.add_stream(codec, rate=24, options=options)
    stream.height, stream.width = video.shape[1:3]
    stream.pix_fmt = pix_fmt
    return stream


def mux(
    container: Any,
    stream: Any,
    video: Video,
    times: Sequence[int] | None = None,
    unit: Fraction = Fraction(1, 24),
) -> None:
    stream.codec_context.time_base = unit
    for index, picture in enumerate(video):
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24" if picture.shape[-1] == 3 else "rgba")
        frame.pts, frame.time_base = index if times is None else times[index], unit
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def encode(
    path: Path,
    video: Video,
    codec: str = "libx264rgb",
    pix_fmt: str = "rgb24",
    *,
    times: Sequence[int] | None = None,
    unit: Fraction = Fraction(1, 24),
    container: dict[str, str] | None = None,
    change: Callable[[Any], object] = lambda stream: None,
    **options: str,
) -> Path:
    """A file of one track; without loss where no codec is named.

    times: of the frames, in units of seconds; change: of the stream, before it is written.
    """
    if codec == "libx264rgb":
        options = {"qp": "0", **options}
    with av.open(str(path), "w", options=container or {}) as out:
        stream = add_stream(out, video, codec, pix_fmt, **options)
        change(stream)
        mux(out, stream, video, times, unit)
    return path


def animate(
    path: Path, pictures: Sequence[Image.Image], *, duration: int | list[int] = 100, **options: Any
) -> Path:
    """A GIF, WebP, APNG or AVIF, by the suffix."""
    form = {".apng": "PNG", ".webp": "WEBP", ".gif": "GIF", ".avif": "AVIF"}[path.suffix]
    options = {"lossless": True, **options} if form == "WEBP" else options
    pictures[0].save(path, form, save_all=True, append_images=pictures[1:], duration=duration, **options)
    return path


def folder(path: Path, pictures: Sequence[Image.Image], **options: Any) -> Path:
    path.mkdir()
    for index, picture in enumerate(pictures):
        picture.save(path / f"{index}.png", **options)
    return path


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Kind, start of the content and end of all boxes of an mp4, with those inside of them."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack(">I4s", data[start : start + 8])
        yield kind, start + 8, start + size
        if kind in PARENTS:
            yield from boxes(data, start + 8, start + size)
        start += size


def trimmed(path: Path, seconds: float) -> Path:
    """An mp4 whose edit list shows only its beginning; all samples stay."""
    data = bytearray(path.read_bytes())
    scale = next(struct.unpack_from(">I", data, at + 12)[0] for kind, at, _ in boxes(data) if kind == b"mvhd")
    for kind, at, _ in list(boxes(bytes(data))):
        place = {b"mvhd": at + 16, b"tkhd": at + 20, b"elst": at + 8}.get(kind)
        if place is not None:
            struct.pack_into(">I", data, place, round(seconds * scale))
    path.write_bytes(data)
    return path


def with_cover(path: Path, picture: Image.Image) -> Path:
    """An mp4 with a cover in front of its tracks, as a tagger leaves it."""
    picture.save(path.with_suffix(".jpg"))
    data, image = path.read_bytes(), path.with_suffix(".jpg").read_bytes()
    path.with_suffix(".jpg").unlink()

    def box(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(content), kind) + content

    art = box(b"covr", box(b"data", struct.pack(">II", 13, 0) + image))
    handler = box(b"hdlr", bytes(8) + b"mdirappl" + bytes(9))
    front = box(b"udta", box(b"meta", bytes(4) + handler + box(b"ilst", art)))
    moov = data.index(b"moov") - 4
    assert data.index(b"mdat") < moov  # so that no offset has to be corrected
    size = struct.unpack_from(">I", data, moov)[0] + len(front)
    path.write_bytes(data[:moov] + struct.pack(">I4s", size, b"moov") + front + data[moov + 8 :])
    return path


def one_more_in_header(path: Path) -> Path:
    """An AVI whose headers count one frame more than there is."""
    data = bytearray(path.read_bytes())
    for name, offset in ((b"avih", 8 + 16), (b"strh", 8 + 32)):
        place = data.index(name) + offset
        struct.pack_into("<I", data, place, struct.unpack_from("<I", data, place)[0] + 1)
    path.write_bytes(data)
    return path
