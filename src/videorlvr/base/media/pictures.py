"""Moving pictures through Pillow: animations, and folders of PNG frames; each picture as browsers show it.

Of a large picture no more than one copy at its own size is held beside what the decoder needs.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from videorlvr.base.files import is_inside
from videorlvr.base.media.chunks import png_fault
from videorlvr.base.media.colours import in_srgb
from videorlvr.base.media.display import composited
from videorlvr.base.media.formats import APNG, WEBP, Format
from videorlvr.base.media.frame_times import INSTANT_MS, INSTEAD_MS, NO_RATE_FPS, frames_shown
from videorlvr.base.media.scale import Size, to_rgb, wanted
from videorlvr.base.media.stack import Stack
from videorlvr.base.media.video import (
    MAX_PICTURE_BYTES,
    Picture,
    Video,
    VideoError,
    check_picture,
    checked_bytes,
)

if TYPE_CHECKING:
    from av.video.reformatter import VideoReformatter
    from PIL import Image

_LARGE_PX = 2**22
"""From this size on a picture is first shrunk by whole pixels, without another copy."""


def read_animation(file: Path, form: Format, size: Size | None, stack: Stack) -> tuple[Video, float]:
    """The pictures of an animation, held as long as they are shown, and their rate."""
    if form is WEBP:
        check_picture(*_webp_size(file))
    durations: list[float] = []
    with _opened(file, form) as image:
        reader = _Reader(size)
        # A PNG may have a picture for who shows no animation.
        first = 1 if getattr(image, "default_image", False) else 0
        for index in range(first, getattr(image, "n_frames", 1)):
            image.seek(index)
            check_picture(image.height, image.width)
            stack.expect(image.height, image.width)
            image.load()  # a WebP knows the duration of a picture only then
            durations.append(float(image.info.get("duration") or 0))
            stack.add(reader.shown(image))
    if not durations:
        raise VideoError("no_frames", "there are no pictures in it")
    lengths = _shown_ms(durations, stack)
    shown, period_ms = frames_shown(lengths, unit_ms=form.unit_ms, max_frames=stack.max_frames)
    return stack.hold(shown), 1000 / period_ms


def _shown_ms(durations: Sequence[float], stack: Stack) -> list[float]:
    """For how long each picture is shown, of how long it is to be."""
    for index, length in enumerate(durations):
        if 0 < length <= INSTANT_MS and stack.changes_after(index):
            raise VideoError(
                "ambiguous",
                f"picture {index} is to be shown for {length:.3g} ms: some players do so, too briefly to be seen, and "
                f"others show it for {INSTEAD_MS:.0f} ms; let pictures last longer than {INSTANT_MS:.0f} ms",
            )
    return [INSTEAD_MS if length <= INSTANT_MS else length for length in durations]


def read_folder(folder: Path, size: Size | None, stack: Stack) -> tuple[Video, float]:
    """The PNG frames of a folder, and a rate, since they state none."""
    files = sorted((file for file in folder.iterdir() if _is_frame(file)), key=_natural)
    if not files:
        raise VideoError("no_frames", "it holds no .png files")
    reader = _Reader(size)
    for file in files:
        checked_bytes(file, MAX_PICTURE_BYTES)
        with _opened(file, APNG) as image:
            check_picture(image.height, image.width)
            stack.expect(image.height, image.width)
            fault = png_fault(file.read_bytes())
            if fault:
                raise VideoError("unreadable_video", f"its frame {file.name} {fault}")
            stack.add(reader.shown(image))
    return stack.video(), NO_RATE_FPS


def _opened(file: Path, form: Format) -> Image.Image:
    """A file as a picture of one format; its size is checked by us, and larger ones are refused by a sentence."""
    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return Image.open(file, formats=[form.pillow])
        except Image.DecompressionBombError as error:
            raise VideoError("too_large", f"a picture in it is too large to be decoded ({error})") from error


def _webp_size(file: Path) -> tuple[int, int]:
    """Height and width, from the header, since opening a WebP takes memory for it."""
    with open(file, "rb") as opened:
        head = opened.read(32)
    match head[12:16]:
        case b"VP8X":
            wide, high = (int.from_bytes(head[at : at + 3], "little") + 1 for at in (24, 27))
        case b"VP8L":
            bits = int.from_bytes(head[21:25], "little")
            wide, high = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
        case _:
            wide, high = (int.from_bytes(head[at : at + 2], "little") & 0x3FFF for at in (26, 28))
    return high, wide


class _Reader:
    """Pictures as they are shown, by the same filter as frames of video files."""

    def __init__(self, size: Size | None) -> None:
        self.size = size
        self._reformatter: VideoReformatter | None = None

    def shown(self, image: Image.Image) -> Picture:
        """uint8 [H, W, 3]: colours as the file's chunks say, upright, over the background, at the size asked for."""
        from PIL import ImageOps

        image = in_srgb(ImageOps.exif_transpose(image))
        high, wide = wanted(self.size, image.height, image.width)
        parts = min(image.height // high, image.width // wide)
        if parts >= 2 and image.height * image.width > _LARGE_PX:
            image = image.reduce(parts)
        picture = _over_background(image)
        if picture.shape[:2] == (high, wide):
            return picture
        return self._scaled(picture, high, wide)

    def _scaled(self, picture: Picture, high: int, wide: int) -> Picture:
        import av
        from av.video.reformatter import VideoReformatter

        self._reformatter = self._reformatter or VideoReformatter()
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        return to_rgb(frame, (high, wide), self._reformatter)


def _over_background(image: Image.Image) -> Picture:
    if "A" in image.getbands():
        return composited(np.asarray(image.convert("RGBA"), dtype=np.uint8))
    return np.asarray(image.convert("RGB"), dtype=np.uint8)


def _is_frame(file: Path) -> bool:
    """Pictures in the folder itself: no pipes, on which one waits, and no links that lead out of it."""
    named = file.suffix.lower() == ".png" and not file.name.startswith(".")
    return named and file.is_file() and (not file.is_symlink() or is_inside(file, file.parent))


def _natural(file: Path) -> list[tuple[int, str]]:
    """Numbers in a name by their value: frame2 before frame10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", file.name)]
