"""What a video shows before its board and after it: cards, fades from them and to them, set aside.

    card   a picture that is unlike the board, or of one colour
    fade   a mixture of a card and the board that has less and less of the card; or the board, dimmer

Laws: at most `MAX_ASIDE` frames are set aside at either end, and the board is whole in the frame beside them. A board
in another state is no card: what was shown of a game is judged. At the end all is taken the other way round in time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.judge.locate import GOOD, PLAIN, find_board
from videorlvr.judge.read import read
from videorlvr.worlds.api import UNSURE, Layout, Problem, Theme, Video, World
from videorlvr.worlds.problems import theme_of

Floats = npt.NDArray[np.floating[Any]]

MAX_ASIDE = 36
"""A second and a half at 24 frames a second."""
UNLIKE, ALIKE = 0.5, 0.98
"""Correlations of two pictures below which they are not alike, and from which on they differ in contrast alone."""
DIMMER = 0.93
"""... by which factor at least, to be a fade."""
OFF = 10.0
"""Grey levels, root mean square, by which a fade may be off a mixture."""
SIDE = 96
"""Pictures are compared at about this size."""
MOST_SEARCHES = 4


def frames_before(world: World, problem: Problem, video: Video) -> int | None:
    """How many frames of a video [T, H, W, 3] come before its board; 0 where it begins with one, or has none; None
    where it begins with something else that is no card and no fade."""
    start = _first_board(world, problem, video[: MAX_ASIDE + 1])
    if not start or _set_aside(video[: start + 1]):
        return start
    likeness, _ = _likeness(_small(video[0]), _small(video[start]))
    return 0 if likeness >= UNLIKE else None


def frames_after(layout: Layout, theme: Theme, ground: npt.NDArray[np.uint8], video: Video) -> int:
    """How many frames come after the board, of a video in a layout; 0 where these are no card and no fade."""
    trace = read(video[None], layout=layout, theme=theme)[0]
    shown = (trace.ground == ground).all(axis=(1, 2)) & (trace.figure != UNSURE).all(axis=(1, 2))
    if shown[-1] or not shown.any():
        return 0
    end = len(video) - 1 - int(np.argmax(shown[::-1]))
    while len(video) - 1 - end < MAX_ASIDE and end > 1 and _brighter(video[end], video[end - 1]):
        end -= 1
    back = video[end:][::-1]
    return len(back) - 1 if end and len(back) - 1 <= MAX_ASIDE and _set_aside(back) else 0


def _first_board(world: World, problem: Problem, video: Video) -> int:
    theme, layout = theme_of(world, problem), problem.layout
    if video.shape[1:3] == (layout.height_px, layout.width_px):
        trace = read(video[None], layout=layout, theme=theme)[0]
        same = (trace.ground == problem.grid.ground) & (trace.figure == problem.grid.figure)
        found = np.flatnonzero(same.all(axis=(1, 2)))
        start = int(found[0]) if len(found) else 0
    else:
        start = _first_found(world, problem, video)
    while 0 < start < len(video) - 1 and _brighter(video[start], video[start + 1]):
        start += 1
    return start


def _first_found(world: World, problem: Problem, video: Video) -> int:
    """The first frame in which the board is found, wherever it is."""
    theme, tried = theme_of(world, problem), list[Floats]()
    for frame, picture in enumerate(video):
        small = _small(picture)
        if np.ptp(picture, axis=(0, 1)).max() <= PLAIN or any(
            np.abs(small - other).mean() < 2 for other in tried
        ):
            continue
        if len(tried) == MOST_SEARCHES:
            break
        tried.append(small)
        found = find_board(picture[None], grid=problem.grid, layout=problem.layout, theme=theme)
        if found is not None and found.agreement >= GOOD:
            return frame
    return 0


def _small(picture: Video) -> Floats:
    step = max(1, min(picture.shape[:2]) // SIDE)
    return np.asarray(picture[::step, ::step], np.float32)


def _likeness(picture: Floats, board: Floats) -> tuple[float, float]:
    """Correlation with the board, and by which gain it shows it."""
    x, y = board - board.mean(), picture - picture.mean()
    together = float((x * y).sum())
    return together / max(1e-6, float(np.sqrt((x * x).sum() * (y * y).sum()))), together / float(
        (x * x).sum() + 1e-6
    )


def _brighter(picture: Video, following: Video) -> bool:
    """Does the following frame show the same with more contrast?"""
    likeness, gain = _likeness(_small(picture), _small(following))
    return likeness >= ALIKE and gain <= 1 - (1 - DIMMER) / 2


def _set_aside(video: Video) -> bool:
    """Are all frames but the last, which is the board, cards and fades?"""
    board, card, shared = _small(video[-1]), None, 0.0
    for picture in video[:-1]:
        small = _small(picture)
        likeness, gain = _likeness(small, board)
        plain = np.ptp(small, axis=(0, 1)).max() <= PLAIN
        if plain or likeness < UNLIKE:
            card, shared = small, 0.0
        elif likeness >= ALIKE and gain <= DIMMER:
            continue
        elif card is None or not (share := _share(small, card, board)) >= shared - 0.02:
            return False
        else:
            shared = share
    return True


def _share(picture: Floats, card: Floats, board: Floats) -> float:
    """How much of the board is mixed into a card; NaN if it is no mixture of these."""
    way = board - card
    share = float(((picture - card) * way).sum() / max(1e-6, float((way * way).sum())))
    off = float(np.sqrt(np.square(picture - card - share * way).mean()))
    return share if 0 <= share <= 1 and off <= OFF else float("nan")
