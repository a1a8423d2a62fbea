"""A second reader of pixels: every pixel votes, the majority of each part of a cell decides, nothing is corrected.

It knows how cells look and the theme's colours, as the first eye (`read`) does, and shares no code with it or with
anything else that judges: no means, no confidence, no tint, no search. What fools a mean need not fool a majority.

    blind      it does not see the given board in the first frame: colours or pixels are too far from the theme's
    disagrees  it sees the given board, and later, for sure, another state than the first eye

Law: a success needs both eyes where the second can see; where they disagree, nobody knows, so the video is undecidable.

T frames, R rows, C columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import UNSURE, Cells, Grid, Layout, Theme, Video

Seen = Literal["agrees", "blind", "disagrees"]
AGREES: Final = "agrees"
BLIND: Final = "blind"
DISAGREES: Final = "disagrees"
MAJORITY = 0.45
"""A part of a cell shows a colour if at least so much of it does."""
AS_CLEAR = 0.6
"""... and a core later on, if at least so much of it does as of the least clear core of the first frame."""
CLEAR, FEW, OF_GIVEN, OF_NEW = 0.75, 0.1, 0.55, 0.45
"""In a frame in which all but a few of the cores that stay as given are seen by such a share of their pixels, a core of
which a smaller share speaks for what was read is not that: where it was given, and where it came."""
LEVELS = 32
"""Colours are told apart in so many steps a channel, so that the nearest one of each is looked up."""
MEANT = 160
"""A pixel further than this from all colours, the differences of its channels added up, votes for none."""
CORE, RING, NORTH, EAST, SOUTH, WEST, CORNERS = range(7)
NUM_PARTS = 7
_ALPHABET = np.array([0, 1, 2, 2, 2, 2, 2])
"""What each part shows: figures, tiles, or floor and wall."""


@dataclass(frozen=True)
class SecondLook:
    """what: see the head of this file. where: frame, row, column of a disagreement; shown: what each eye saw."""

    what: Seen
    where: tuple[int, int, int] | None = None
    shown: str = ""

    def __str__(self) -> str:
        if self.where is None:
            return self.what
        frame, row, col = self.where
        return f"frame {frame}, cell {row}, {col}: {self.shown}"


def look_twice(
    plain: Video,
    *,
    layout: Layout,
    theme: Theme,
    given: Grid,
    ground: Cells,
    figure: Cells,
    passing: npt.NDArray[np.bool_] | None = None,
) -> SecondLook:
    """Does the second eye see what the first one read?

    plain: uint8 [T, H, W, 3] in `layout`, without corrections; ground, figure: what the first eye read, [T, R, C].
    passing: cells that are on their way between two states, and not compared.
    """
    own_ground, own_figure, core_votes = _votes(plain, layout, theme)
    share = core_votes.max(axis=-1)
    own_figure = np.where(share >= AS_CLEAR * share[0].min(), own_figure, UNSURE)
    if (own_ground[0] != given.ground).any() or (own_figure[0] != given.figure).any():
        return SecondLook(BLIND)
    same_walls = (own_ground % 16 == ground % 16) & (own_ground != UNSURE)
    other_ground = (own_ground != ground) & ~(
        _tinted(own_ground // 16, ground // 16, given.ground // 16) & same_walls
    )
    other_figure = (own_figure != figure) & ~_tinted(own_figure, figure, given.figure)
    other = other_ground | other_figure
    other &= (own_ground != UNSURE) & (own_figure != UNSURE)
    outvoted = _outvoted(core_votes, figure, given.figure)
    if passing is not None:
        other, outvoted = other & ~passing, outvoted & ~passing
    places = np.argwhere(other | outvoted)
    if not len(places):
        return SecondLook(AGREES)
    frame, row, col = (int(number) for number in places[0])
    place = frame, row, col
    layer, first, second = (
        ("ground", ground, own_ground)
        if other_ground[place] and not outvoted[place]
        else ("figure", figure, own_figure)
    )
    shown = f"one eye sees {layer} {first[place]}, the other {_name(int(second[place]))}"
    return SecondLook(DISAGREES, place, shown)


def _name(code: int) -> str:
    return "mostly something else" if code == UNSURE else str(code)


def _outvoted(core_votes: npt.NDArray[np.float64], figure: Cells, given: Cells) -> npt.NDArray[np.bool_]:
    """Cores [T, R, C] of which most pixels speak for another figure than was read, in frames that are clear: where
    nearly all that stay as they were given are seen as they are, noise and compression are no excuse.

    core_votes: shares of a core's pixels for each figure, [T, R, C, figures].
    """
    known = np.minimum(figure, core_votes.shape[-1] - 1).astype(np.intp)[..., None]
    own, stays = np.take_along_axis(core_votes, known, axis=-1)[..., 0], figure == given
    seen = [
        np.quantile(shares[same], FEW) if same.any() else 0.0 for shares, same in zip(own, stays, strict=True)
    ]
    least = np.where(stays, OF_GIVEN, OF_NEW)
    return np.asarray((np.array(seen) >= CLEAR)[:, None, None] & (own < least))


def _tinted(own: Cells, first: Cells, given: Cells) -> npt.NDArray[np.bool_]:
    """Cells [T, R, C] that the second eye takes for what it also takes such a cell for that was given and stayed: a
    tint came over the frame, which this eye does not take back. What is there is never tinted into nothing, nor
    nothing into what is there."""
    tinted = np.zeros(own.shape, bool)
    stayed = (first == given) & (given > 0) & (own != first) & (own > 0)
    for frame in np.flatnonzero(stayed.any(axis=(1, 2))):
        for code, other in {*zip(first[frame][stayed[frame]], own[frame][stayed[frame]], strict=True)}:
            tinted[frame] |= (first[frame] == code) & ((own[frame] == other) | (own[frame] == UNSURE))
    return tinted


def read_by_votes(video: Video, layout: Layout, theme: Theme) -> tuple[Cells, Cells]:
    """Ground and figure codes [T, R, C] of frames uint8 [T, H, W, 3]; UNSURE where no colour has a majority."""
    return _votes(video, layout, theme)[:2]


def _votes(video: Video, layout: Layout, theme: Theme) -> tuple[Cells, Cells, npt.NDArray[np.float64]]:
    """Those of `read_by_votes`, and the shares of a core's pixels that voted for each figure: [T, R, C, figures]."""
    size, rows, cols = layout.cell_px, layout.rows, layout.cols
    top, left = layout.top_px, layout.left_px
    board = video[:, top : top + rows * size, left : left + cols * size] >> 3
    index = (board[..., 0].astype(np.intp) * LEVELS + board[..., 1]) * LEVELS + board[..., 2]
    cells = np.arange(len(video) * rows * cols, dtype=np.intp).reshape(len(video), rows, 1, cols, 1)
    parts = _parts(size)
    shape = len(video), rows, size, cols, size
    index += np.broadcast_to(LEVELS**3 * _ALPHABET[parts][:, None], (rows, size, cols, size)).reshape(
        index.shape[1:]
    )
    votes_for = np.concatenate(_nearest(theme))[index].reshape(shape)
    most = max(len(theme.tiles), len(theme.figures), 2) + 1
    place = (cells * NUM_PARTS + parts[:, None]) * most + votes_for
    votes = np.bincount(place.ravel(), minlength=cells.size * NUM_PARTS * most)
    votes = votes.reshape(len(video), rows, cols, NUM_PARTS, most)
    winner, share = (
        votes.argmax(axis=-1),
        votes.max(axis=-1) / np.bincount(parts.ravel(), minlength=NUM_PARTS),
    )
    won = np.where((share >= MAJORITY) & (winner > 0), winner - 1, UNSURE)
    tile, walls = won[..., RING], won[..., NORTH : WEST + 1]
    unsure = (tile == UNSURE) | (walls == UNSURE).any(axis=-1)
    bits = (np.minimum(walls, 1) << np.arange(4)).sum(axis=-1)
    ground = np.where(unsure, UNSURE, tile * 16 + bits).astype(np.uint8)
    core_votes = votes[..., CORE, 1 : 1 + len(theme.figures)] / (parts == CORE).sum()
    return ground, won[..., CORE].astype(np.uint8), core_votes


@lru_cache(maxsize=32)
def _parts(size: int) -> npt.NDArray[np.intp]:
    """To which part each pixel of a cell belongs: [size, size]."""
    wall, core = round(size / 8), round(size / 4)
    parts = np.full((size, size), CORNERS, np.intp)
    parts[:wall, wall:-wall], parts[-wall:, wall:-wall] = NORTH, SOUTH
    parts[wall:-wall, :wall], parts[wall:-wall, -wall:] = WEST, EAST
    parts[wall:-wall, wall:-wall] = RING
    parts[core:-core, core:-core] = CORE
    return parts


@lru_cache(maxsize=32)
def _nearest(theme: Theme) -> tuple[npt.NDArray[np.intp], ...]:
    """For each step of the three channels, 1 + the number of the nearest figure, tile, and floor or wall, by the sum of
    differences; 0 where even that is too far to be meant."""
    steps = (np.arange(LEVELS) + 0.5) * 256 / LEVELS
    levels = np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(-1, 1, 3)
    tables = []
    for alphabet in (theme.figures, theme.tiles, (theme.tiles[0], theme.wall)):
        far = np.abs(levels - np.array(alphabet)).sum(axis=-1)
        tables.append(np.where(far.min(axis=1) <= MEANT, 1 + far.argmin(axis=1), 0))
    return tuple(tables)
