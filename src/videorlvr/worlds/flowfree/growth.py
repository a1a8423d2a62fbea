"""How one flow can have grown: sets of cells as bits of an integer, and the judge's memory of its tips.

A cell of row r, column c is bit r * (cols + 1) + c; the extra column keeps rows apart, so that stepping
to the sides is shifting. Sets of tips, not tips, are remembered: where a frame shows several new cells,
more than one order may explain them, and only later frames tell which.
"""

from __future__ import annotations

from collections.abc import Iterator

Bits = int

MAX_ORDERS = 4_000
"""Partial orders of growth tried for one frame. Only frames of some 16 new cells of one colour in a solid
block can need more, which no level's pace allows; such a flow may be refused unjustly."""


def members(cells: Bits) -> Iterator[Bits]:
    """The cells of a set, one at a time."""
    while cells:
        yield cells & -cells
        cells &= cells - 1


def beside(cells: Bits, stride: int) -> Bits:
    """All cells that share a side with one of these (and bits off the board, to be masked)."""
    return cells << 1 | cells >> 1 | cells << stride | cells >> stride


def reached(start: Bits, within: Bits, stride: int) -> Bits:
    """The cells of `within` that can be walked to from `start` through `within`, `start` apart."""
    found, front = 0, start
    while front := beside(front, stride) & within & ~found:
        found |= front
    return found


def tips_after(tips: Bits, new: Bits, stride: int) -> Bits:
    """The cells that can be last when a flow grows from one of `tips` through all of `new`."""
    out, stack = 0, [(tip, new) for tip in members(tips)]
    seen: set[tuple[Bits, Bits]] = set()
    while stack:
        tip, rest = stack.pop()
        if not rest:
            out |= tip
            continue
        if rest & (rest - 1) and reached(tip, rest, stride) != rest:
            continue
        for cell in members(beside(tip, stride) & rest):
            step = (cell, rest ^ cell)
            if step not in seen and len(seen) < MAX_ORDERS:
                seen.add(step)
                stack.append(step)
    return out


class Growth:
    """What is known of one flow after some frames.

    cells: all that show its colour. tips: from its one endpoint and from its other, the cells that the
    flow may have reached last, had it grown from there; 0 where it cannot have.
    """

    __slots__ = ("cells", "ends", "left_end", "lost", "stride", "tips")

    def __init__(self, ends: tuple[Bits, Bits], stride: int) -> None:
        self.ends, self.stride = ends, stride
        self.tips = ends
        self.cells = ends[0] | ends[1]
        self.lost = False
        self.left_end: int | None = None

    @property
    def joined(self) -> bool:
        """Does a tip lie beside the endpoint that the flow did not grow from?"""
        (one, other), (from_one, from_other) = self.ends, self.tips
        return bool(beside(other, self.stride) & from_one or beside(one, self.stride) & from_other)

    def grow(self, new: Bits, frame: int) -> str:
        """Take in a frame's new cells; why they cannot have grown, or ""."""
        was_joined = self.joined
        tips = (tips_after(self.tips[0], new, self.stride), tips_after(self.tips[1], new, self.stride))
        if not any(tips):
            return self._unexplained(new, was_joined)
        self.tips = tips
        self.cells |= new
        if was_joined and not self.joined:
            self.left_end = frame
        return ""

    def _unexplained(self, new: Bits, was_joined: bool) -> str:
        if reached(self.cells, new, self.stride) != new:
            return "grew_from_nowhere"
        if was_joined:
            return "grew_past_end"
        for tips, far in zip(self.tips, self.ends[::-1], strict=True):
            if tips and reached(tips | far, new, self.stride) == new:
                return "grew_at_both_ends"
        return "branched"

    def lose(self, cells: Bits) -> None:
        """After a fault: the flow may go on from any of its cells."""
        self.cells, self.tips, self.lost = cells, (cells, cells), True

    def is_path(self, cells: Bits) -> bool:
        """Do these cells, of one piece, make a path between the endpoints that nowhere touches itself?"""
        ends = self.ends[0] | self.ends[1]
        return all(
            (beside(cell, self.stride) & cells).bit_count() == (1 if cell & ends else 2)
            for cell in members(cells)
        )
