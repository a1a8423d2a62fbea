"""What players make of a decoded frame: they turn it, stretch it and lay it over a background, as the file asks.

Law: a frame is judged as it is shown, not as it is stored.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from videorlvr.base.media.scale import Size, to_rgb, wanted
from videorlvr.base.media.video import Picture, VideoError

if TYPE_CHECKING:
    from av.video.frame import VideoFrame
    from av.video.reformatter import VideoReformatter

BACKGROUND = 255
"""Transparent pixels show a white page, as in a browser."""
_STRAIGHT = 0.02
"""How far a matrix may be from quarter turns, sin of an angle."""
_MAX_ASPECT = 16
"""Pixels longer than this are a mistake, and players take them for square."""


@dataclass(frozen=True)
class Turn:
    """A turn by quarters, with or without a mirror: first rows for columns, then rows and columns backwards."""

    transposed: bool = False
    upside_down: bool = False
    backwards: bool = False

    def of(self, picture: Picture) -> Picture:
        """The picture turned; a view."""
        if self == _UPRIGHT:
            return picture
        turned = picture.swapaxes(0, 1) if self.transposed else picture
        return turned[:: -1 if self.upside_down else 1, :: -1 if self.backwards else 1]


_UPRIGHT = Turn()


def turn_of(matrix: bytes | None) -> Turn:
    """The turn that a display matrix asks for: 9 whole numbers, x' = a x + c y and y' = b x + d y.

    Raises:
        VideoError: `ambiguous`, where it is no quarter turn.
    """
    if matrix is None or len(matrix) < 36:
        return _UPRIGHT
    a, b, _, c, d = struct.unpack("=9i", matrix[:36])[:5]
    most = max(map(abs, (a, b, c, d)))
    if most == 0:
        return _UPRIGHT
    a, b, c, d = (value / most for value in (a, b, c, d))
    if abs(b) <= _STRAIGHT and abs(c) <= _STRAIGHT and a and d:
        return Turn(False, d < 0, a < 0)
    if abs(a) <= _STRAIGHT and abs(d) <= _STRAIGHT and b and c:
        return Turn(True, b < 0, c < 0)
    raise VideoError("ambiguous", "its frames are to be turned by no quarter turn, which few players do")


class Display:
    """Frames of one stream as players show them. aspect: width / height of a stored pixel."""

    def __init__(self, turn: Turn, aspect: Fraction | None, size: Size | None) -> None:
        wide = float(aspect or 1)
        self.turn, self.size = turn, size
        self.aspect = wide if 1 / _MAX_ASPECT <= wide <= _MAX_ASPECT else 1.0
        self._sizes: dict[tuple[int, int], tuple[int, int]] = {}

    def show(self, frame: VideoFrame, reformatter: VideoReformatter) -> Picture:
        """uint8 [H, W, 3] at the size asked for, which is given the size that is shown."""
        stored = frame.height, frame.width
        if stored not in self._sizes:
            self._sizes[stored] = self._wanted(*stored)
        if _has_alpha(frame.format.name):
            frame = _over_background(frame, reformatter)
        return self.turn.of(to_rgb(frame, self._sizes[stored], reformatter))

    def _wanted(self, height_px: int, width_px: int) -> tuple[int, int]:
        """The size, before it is turned, that a frame stored at height x width is to get."""
        shown = height_px, max(1, round(width_px * self.aspect))
        high, wide = wanted(self.size, *(shown[::-1] if self.turn.transposed else shown))
        return (wide, high) if self.turn.transposed else (high, wide)


@cache
def _has_alpha(name: str) -> bool:
    from av import VideoFormat

    return any(part.is_alpha for part in VideoFormat(name).components)


def _over_background(frame: VideoFrame, reformatter: VideoReformatter) -> VideoFrame:
    import av

    rgba = np.asarray(reformatter.reformat(frame, format="rgba", threads=1).to_ndarray(), np.uint8)
    return av.VideoFrame.from_ndarray(composited(rgba), format="rgb24")


def composited(rgba: npt.NDArray[np.uint8]) -> Picture:
    """uint8 [H, W, 4] over the background: uint8 [H, W, 3]; opaque pixels stay bit for bit."""
    out = np.ascontiguousarray(rgba[..., :3])
    clear = rgba[..., 3] < 255
    if clear.any():
        alpha = rgba[clear, 3:].astype(np.float32) / 255
        out[clear] = np.round(out[clear] * alpha + BACKGROUND * (1 - alpha)).astype(np.uint8)
    return out
