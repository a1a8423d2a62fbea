"""A verdict on a file or an array, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass

from videorlvr.judge.decoded import UNDECIDABLE
from videorlvr.judge.locate import Box
from videorlvr.judge.transition import Settled
from videorlvr.worlds.api import Layout, Verdict, Video


@dataclass(frozen=True, eq=False)
class Finding:
    """A verdict, and what it rests on.

    why: a sentence, where the verdict is `undecidable` or says that something is wrong with the file.
    video: frames as they came, uint8 [T, H, W, 3], or None where there are none; box: the board in them, where
        it had to be looked for.
    seen: what was read, in `layout`; None where nothing was. plain: the same before colours or brightness were
        corrected; None where nothing was corrected.
    place: frame, row and column of what is least explained, or of what the two eyes see differently.
    settled: the states that it moves through and what lies between them; None where each frame is taken for a state.
    """

    verdict: Verdict
    why: str = ""
    video: Video | None = None
    fps: float = 0.0
    box: Box | None = None
    seen: Video | None = None
    layout: Layout | None = None
    plain: Video | None = None
    settled: Settled | None = None
    place: tuple[int, int, int] | None = None


def undecidable(why: str, box: Box | None = None) -> Finding:
    return Finding(Verdict(False, UNDECIDABLE), why=why, box=box)
