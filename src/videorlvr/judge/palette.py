"""Are a problem's colours in a picture, wherever they are: turned, in perspective, cut, or as a small part of it?

Law: looks at no place, so it cannot tell which board it is; it only says that no board was found where one may be.
"""

from __future__ import annotations

import numpy as np

from videorlvr.judge.locate import ZONE_AREAS, Floats
from videorlvr.worlds.api import Video

REACH = 40.0
"""A pixel has a colour if it is this near to it; colours that one zone can show lie at least 80 apart."""
PART = 0.05
"""A colour is there if it covers this share of what it covers of the board."""
MIN_AREA, MIN_COLOURS = 0.8, 0.5
"""Of the board's area, and of its colours, this share must be there."""


def has_colours(picture: Video, expected: Floats) -> bool:
    """picture: uint8 [H, W, 3]; expected: the colours of a board's zones [R, C, 6, 3]."""
    areas = np.broadcast_to(ZONE_AREAS, expected.shape[:-1]).ravel()
    colours, which = np.unique(expected.reshape(-1, 3), axis=0, return_inverse=True)
    share = np.bincount(which.ravel(), areas) / areas.sum()
    step = max(1, min(picture.shape[:2]) // 256)
    pixels = picture[::step, ::step].reshape(-1, 3).astype(np.float32)
    seen = [
        np.mean(np.linalg.norm(pixels - colour, axis=1) <= REACH) for colour in colours.astype(np.float32)
    ]
    there = np.minimum(np.array(seen) / (PART * share), 1)
    return bool(there @ share >= MIN_AREA and there.mean() >= MIN_COLOURS)
