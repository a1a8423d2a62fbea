"""A board that was found in a video, brought back to how the judge reads it: to its place, size and colours.

Law: one correction of colours, taken from the first frame, serves all frames, and so does one box unless the board
moves as a whole (`judge.follow`). A frame of its own may only be brighter or darker as a whole, and by a bounded
amount; so nothing that is drawn in a frame can be corrected away.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from videorlvr.judge.locate import Box
from videorlvr.judge.read import RING, zone_colours
from videorlvr.worlds.api import Layout, Video

Floats = npt.NDArray[np.float64]

CELL_PX = 24
"""Cells are brought to this size: large enough that a zone can be read clear of its edges."""
MIN_GAIN, MAX_GAIN, MAX_OFFSET = 0.7, 1.4, 42.0
"""The corrections of a channel that are believed: grey levels are seen as gain * level + offset. Offsets of 40 are
promised; fits are not exact."""
MIN_TINT = 8.0
"""In a video that reads as it is, colours are corrected if some grey level is off by this much."""
MAX_DRIFT, MIN_DRIFT = 40.0, 2.0
"""How far the brightness of a frame may be from the first one's, and from where on it is corrected."""
MAX_UNEVEN = 8.0
"""... if it explains the change: half of the rings must then be as near to the first frame's as this."""
ZONE_WEIGHTS = np.array([1.0, 0.1, 0.3, 0.3, 0.3, 0.3])
_CHUNK_FRAMES = 8


@dataclass(frozen=True)
class Colours:
    """How a video shows the theme's colours: seen = gain * colour + offset, for each channel."""

    gain: tuple[float, float, float] = (1.0, 1.0, 1.0)
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def believable(self) -> bool:
        gains = all(MIN_GAIN <= gain <= MAX_GAIN for gain in self.gain)
        return gains and all(abs(offset) <= MAX_OFFSET for offset in self.offset)


TRUE_COLOURS = Colours()


def fit_colours(seen: Floats, expected: Floats) -> Colours:
    """Least squares over zones [R, C, 6, 3]. Cores count most, rings least: in compressed video thin zones take
    colour from their surroundings. A channel that the board shows at one level only gets an offset alone."""
    weight = np.broadcast_to(ZONE_WEIGHTS, seen.shape[:-1]).ravel()
    weight = weight / weight.sum()
    x, y = expected.reshape(-1, 3), seen.reshape(-1, 3)
    mean_x, mean_y = weight @ x, weight @ y
    spread = weight @ (x - mean_x) ** 2
    gain = np.where(spread > 1, weight @ ((x - mean_x) * (y - mean_y)) / np.maximum(spread, 1), 1.0)
    offset = mean_y - gain * mean_x
    red, green, blue = zip(gain.tolist(), offset.tolist(), strict=True)
    return Colours((red[0], green[0], blue[0]), (red[1], green[1], blue[1]))


def in_true_colours(video: Video, colours: Colours) -> Video:
    """Every frame corrected; the very same array where no level is off by `MIN_TINT`, or by more than is believed."""
    gain, offset = np.array(colours.gain, np.float32), np.array(colours.offset, np.float32)
    levels = np.array([[0.0], [255.0]], np.float32)
    if not colours.believable or np.abs(gain * levels + offset - levels).max() < MIN_TINT:
        return video
    table = np.clip((np.arange(256, dtype=np.float32)[:, None] - offset) / gain + 0.5, 0, 255).astype(
        np.uint8
    )
    corrected = np.empty_like(video)
    for channel in range(3):
        np.take(table[:, channel], video[..., channel], out=corrected[..., channel], mode="clip")
    return corrected


def straight_layout(rows: int, cols: int) -> Layout:
    """The layout of straightened frames: the board and nothing else."""
    return Layout(rows * CELL_PX, cols * CELL_PX, 0, 0, CELL_PX, rows, cols)


def straighten(video: Video, box: Box, colours: Colours, *, rows: int, cols: int) -> Video:
    """The board alone, in true colours: uint8 [T, H, W, 3] -> uint8 [T, rows * CELL_PX, cols * CELL_PX, 3].

    By linear interpolation; where frames are larger than that, over the pixels that one pixel covers.
    """
    down = _taps(box.top, box.bottom, rows * CELL_PX, video.shape[1])
    across = _taps(box.left, box.right, cols * CELL_PX, video.shape[2])
    gain, offset = np.array(colours.gain, np.float32), np.array(colours.offset, np.float32)
    out = np.empty((len(video), rows * CELL_PX, cols * CELL_PX, 3), np.uint8)
    for start in range(0, len(video), _CHUNK_FRAMES):
        part = _resample(_resample(video[start : start + _CHUNK_FRAMES], down, axis=1), across, axis=2)
        out[start : start + _CHUNK_FRAMES] = np.clip((part - offset) / gain + 0.5, 0, 255)
    return out


Taps = tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]
"""Source positions and their weights for each target position: [taps, n] twice."""


def _taps(first: float, last: float, count: int, size: int) -> Taps:
    """Triangles as wide as a target pixel, at least as a source pixel; beyond the frame its edge goes on."""
    scale = (last - first) / count
    reach = max(scale, 1.0)
    centre = first + (np.arange(count) + 0.5) * scale
    low = np.floor(centre - reach).astype(np.int64)
    index = low + np.arange(int(np.ceil(2 * reach)) + 1)[:, None]
    weight = np.maximum(0, 1 - np.abs(index + 0.5 - centre) / reach)
    return np.clip(index, 0, size - 1), (weight / weight.sum(axis=0)).astype(np.float32)


def _resample(frames: npt.NDArray[np.generic], taps: Taps, *, axis: int) -> npt.NDArray[np.float32]:
    shape = [1] * frames.ndim
    shape[axis] = -1
    parts = (frames.take(index, axis) * weight.reshape(shape) for index, weight in zip(*taps, strict=True))
    return np.asarray(sum(parts), np.float32)


def without_drift(video: Video, layout: Layout) -> Video:
    """Every frame as bright as the first, channel by channel; the very same array where it already is.

    What never changes tells: the median over all cells of how their rings differ from the first frame's.
    """
    rings = zone_colours(video[None], layout)[0, ..., RING, :].reshape(len(video), -1, 3)
    change = rings - rings[0]
    drift = np.median(change, axis=1)
    uneven = np.median(np.abs(change - drift[:, None]), axis=1)
    drift[(np.abs(drift) > MAX_DRIFT) | (uneven > MAX_UNEVEN)] = 0
    if np.abs(drift).max() < MIN_DRIFT:
        return video
    steady = np.empty_like(video)
    for index, shift in enumerate(np.round(drift).astype(np.int16)):
        steady[index] = np.clip(video[index].astype(np.int16) - shift, 0, 255)
    return steady
