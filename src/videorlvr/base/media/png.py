"""Pictures as PNG: written and read back without loss."""

from __future__ import annotations

import io
import os

import numpy as np

from videorlvr.base.files import read_bounded, write_bytes_atomic
from videorlvr.base.media.video import MAX_BYTES, Picture, check_video, describe


def png(image: Picture, scale: int = 1) -> bytes:
    """Encode a picture, uint8 [H, W, 3], as PNG, each pixel enlarged to `scale` x `scale`.

    Raises:
        ValueError: If `image` is not such an array or `scale` < 1.
    """
    from PIL import Image

    if not isinstance(image, np.ndarray) or image.dtype != np.uint8 or image.ndim != 3:
        raise ValueError(f"image is {describe(image)}; expected a uint8 array [H, W, 3]")
    check_video(image[None])
    buffer = io.BytesIO()
    Image.fromarray(enlarged(image, scale)).save(buffer, format="PNG")
    return buffer.getvalue()


def write_png(path: str | os.PathLike[str], image: Picture) -> None:
    """Write a picture, uint8 [H, W, 3], as PNG, atomically; raises as `png` and OSError."""
    write_bytes_atomic(path, png(image))


def read_png(path: str | os.PathLike[str]) -> Picture:
    """Read a PNG as uint8 [H, W, 3]; grey and palette become RGB, alpha is dropped.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If it is not a readable PNG of 8 bits a channel.
    """
    from PIL import Image

    data = read_bounded(path, MAX_BYTES)
    try:
        with Image.open(io.BytesIO(data), formats=["PNG"]) as image:
            mode = image.mode
            pixels = np.asarray(image.convert("RGB"), dtype=np.uint8)
    except Exception as error:  # as for videos: any broken file, one exception
        raise ValueError(f"{path} is not a readable PNG ({error}); write it again") from error
    if mode not in {"1", "L", "LA", "P", "RGB", "RGBA"}:
        raise ValueError(f"{path} has mode {mode}; expected 8 bits a channel, so convert it to RGB first")
    return pixels


def enlarged(picture: Picture, scale: int) -> Picture:
    if not isinstance(scale, int) or scale < 1:
        raise ValueError(f"scale is {scale}; expected a whole number >= 1")
    return np.ascontiguousarray(picture.repeat(scale, axis=0).repeat(scale, axis=1))
