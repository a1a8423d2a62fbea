"""Colours of a picture as browsers show them: what its own chunks (ICC profile, gamma) make of its numbers."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from videorlvr.base.media.video import VideoError

if TYPE_CHECKING:
    from PIL import Image

_MODES = {"1", "I;16", "L", "LA", "P", "PA", "RGB", "RGBA"}
_SCREEN_GAMMA = 2.2
_SAME_GAMMA = 0.02
"""A share; 1 / 2.2 is written as 0.45455 or 0.4545."""
_SAME_LEVELS = 4
"""Profiles of sRGB differ by their rounding."""


def in_srgb(image: Image.Image) -> Image.Image:
    """A picture in L, LA, RGB or RGBA whose numbers are sRGB; the very same where nothing else is said.

    A profile comes before a gamma, and `sRGB` before both, as in browsers. A profile that cannot be used is not.

    Raises:
        VideoError: `unreadable_video`, for a mode that no picture of the kinds that are read should have.
    """
    if image.mode not in _MODES:
        raise VideoError("unreadable_video", f"a picture in it has mode {image.mode}; expected grey or RGB")
    profile, gamma, plain = image.info.get("icc_profile"), image.info.get("gamma"), "srgb" in image.info
    image = _direct(image)
    if plain or image.mode[:1] != "R":
        return image
    if profile:
        return _profiled(image, bytes(profile))
    if gamma and abs(gamma * _SCREEN_GAMMA - 1) > _SAME_GAMMA:
        return _with_gamma(image, float(gamma))
    return image


def _direct(image: Image.Image) -> Image.Image:
    """8 bits a channel, without a palette; a colour that stands for transparent becomes so."""
    from PIL import Image

    if image.mode == "I;16":
        image = Image.fromarray((np.asarray(image) >> 8).astype(np.uint8))
    if "transparency" in image.info or image.mode == "PA":
        return image.convert("RGBA")
    if image.mode in {"P", "1", "L"}:
        return image.convert("RGB")
    return image.convert("RGBA") if image.mode == "LA" else image


def _with_gamma(image: Image.Image, gamma: float) -> Image.Image:
    power = 1 / (gamma * _SCREEN_GAMMA)
    table = [round(255 * (level / 255) ** power) for level in range(256)]
    tables = table * 3 + (list(range(256)) if image.mode == "RGBA" else [])
    return image.point(tables)


def _profiled(image: Image.Image, profile: bytes) -> Image.Image:
    from PIL import ImageCms

    try:
        change = _transform(profile, image.mode)
        return image if change is None else ImageCms.applyTransform(image, change) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> Any:
    """The way from a profile to sRGB; None where it is one of sRGB itself, by what it does and not by its name."""
    from PIL import Image, ImageCms

    own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
    change = ImageCms.buildTransform(own, ImageCms.createProfile("sRGB"), mode, mode)
    steps = np.linspace(0, 255, 9).astype(np.uint8)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(27, 27, 3)
    before = Image.fromarray(grid).convert(mode)
    after = ImageCms.applyTransform(before, change) or before
    apart = np.abs(np.asarray(after, np.int16) - np.asarray(before, np.int16))
    return None if apart.max() <= _SAME_LEVELS else change
