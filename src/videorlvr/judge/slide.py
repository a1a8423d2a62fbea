"""A figure on its way over the edge of its cell: is all that is seen a displacement between two states?

F frames from one state to the next, R rows, C columns, K figures of a theme.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from videorlvr.judge.mixture import Floats, mixtures
from videorlvr.judge.read import CORE, NUM_PARTS, part_of_pixels
from videorlvr.worlds.api import Cells

Bools = npt.NDArray[np.bool_]

NOTHING = 0
BACK = 0.2
"""By how much a share may go back, since it is measured."""
TWICE = 0.35
"""How much more of a figure than either state has may be there, in cores."""


def slides(
    board: Floats,
    cores: Floats,
    nearest: Cells,
    pure: Bools,
    moved: Bools,
    grounds: Floats,
    table: Floats,
    off: float,
) -> Bools | None:
    """The cells that a move touches, [R, C], where all frames between the first and the last show it; None if not.

    board: pixels [F, R, C, px, px, 3]; cores: their mean colours; nearest: the figures that they are
    nearest to; pure: which are these figures, moved: which rings or stripes are not as they should be, [F, R, C].
    grounds: colours of parts of cells, [R, C, P, 3]; off: how far from a mixture a cell may be, root mean square.
    """
    ends = nearest[[0, -1]]
    changed = ends[0] != ends[1]
    if not changed.any():
        return None
    touched = changed | _sources(ends, changed)
    inside = cores[1:-1]
    stays = pure[1:-1] & (nearest[1:-1] == ends[0])
    if (moved[1:-1] & ~touched).any() or (~stays & ~changed).any():
        return None
    codes = sorted({NOTHING, *ends[:, changed].ravel().tolist()})
    if not _one_way(inside, ends, changed, codes, table):
        return None
    parts, figures = part_of_pixels(board.shape[3]), [code for code in codes if code != NOTHING]
    for row, col in np.argwhere(touched).tolist():
        pixels = np.asarray(board[:, row, col], float)
        square = np.zeros(len(pixels))
        for part in range(NUM_PARTS):
            there = pixels[:, parts == part]
            shows = table[codes] if part == CORE else [grounds[row, col, part], *table[figures]]
            corners = np.unique(np.array(shows), axis=0)
            left = mixtures(there.reshape(-1, 3), corners)[1].reshape(len(pixels), -1)
            square += np.square(left).sum(axis=1)
        if np.sqrt(square / parts.size).max() > off:
            return None
    return np.asarray(touched)


def _sources(ends: Cells, changed: Bools) -> Bools:
    """Cells beside a changed one that show in both states what it takes: a flow grows out of its tip."""
    out = np.zeros(changed.shape, bool)
    stays = ends[0] == ends[1]
    for row, col in np.argwhere(changed).tolist():
        for down, right in ((-1, 0), (0, 1), (1, 0), (0, -1)):
            there = (row + down, col + right)
            if min(there) >= 0 and there[0] < len(out) and there[1] < len(out[0]):
                code = ends[1, row, col]
                out[there] |= bool(stays[there] and code != NOTHING and ends[1][there] == code)
    return out


def _one_way(inside: Floats, ends: Cells, changed: Bools, codes: list[int], table: Floats) -> bool:
    """No core takes back what it has lost or loses what it has got, and no figure is there twice."""
    cells = inside[:, changed]
    shares = mixtures(cells.reshape(-1, 3), table[codes])[0].reshape(*cells.shape[:2], len(codes))
    number = {code: place for place, code in enumerate(codes)}
    total = np.zeros((len(cells), len(codes)))
    for cell, (before, after) in enumerate(ends[:, changed].T.tolist()):
        for series in (-shares[:, cell, number[before]], shares[:, cell, number[after]]):
            if (np.maximum.accumulate(series) - series).max() > BACK:
                return False
        total += shares[:, cell]
    most = np.array(
        [max((ends[0][changed] == code).sum(), (ends[1][changed] == code).sum()) for code in codes]
    )
    figures = np.array(codes) != NOTHING
    return bool((total <= most + TWICE)[:, figures].all())
