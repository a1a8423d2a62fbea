"""The judge of Lights Out: may one picture follow from the last by so many presses?"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import lru_cache

from lights_out.rules import Bits, LightsOut, lit_in
from videorlvr.worlds.api import Problem, Trace, Verdict
from videorlvr.worlds.verify import COMMON_REASONS, Check, Fault, precision_recall_f1, walk

REASONS: Mapping[str, str] = {
    **COMMON_REASONS,
    "panel_changed": "The panel behind the lamps changed.",
    "no_press": "Lamps changed in a way that no presses of one frame explain.",
    "lit_again": "All lamps were dark, and in the end some are lit.",
    "still_lit": "The video ends before all lamps are dark.",
}


@lru_cache(maxsize=64)
def _explained(shape: tuple[int, int], presses: tuple[Bits, ...], most: int) -> dict[Bits, frozenset[int]]:
    """What turns over -> the presses that do it, fewest first, of at most so many."""
    out: dict[Bits, frozenset[int]] = {}
    for number in range(most + 1):
        for chosen in itertools.combinations(range(len(presses)), number):
            change = 0
            for press in chosen:
                change ^= presses[press]
            out.setdefault(change, frozenset(chosen))
    return out


class Pressed(Check):
    """Presses as a video shows them. `pressed`: the lamps that were pressed an odd number of times."""

    ground_reason = "panel_changed"
    unfinished = ("still_lit",)

    def __init__(self, problem: Problem, trace: Trace) -> None:
        super().__init__(problem, trace)
        self.game = LightsOut(problem.grid)
        self.lit = [lit_in(figure) for figure in trace.figure]
        self.presses = tuple(self.game.presses.values())
        self.pressed: frozenset[int] = frozenset()

    def _presses(self, frame: int, moves: int) -> frozenset[int] | None:
        change = self.lit[frame] ^ self.lit[frame - 1]
        return _explained(self.problem.grid.shape, self.presses, moves).get(change)

    def transition(self, frame: int, moves: int) -> str:
        presses = self._presses(frame, moves)
        if presses is None:
            return "no_press"
        self.pressed ^= presses
        return ""

    def taken(self, frame: int, moves: int) -> int:
        return len(self._presses(frame, moves) or ())

    def end_fault(self) -> Fault | None:
        if self.lit[-1] == 0:
            return None
        if 0 in self.lit:
            return Fault("lit_again", len(self.lit) - 1 - self.lit[::-1].index(0) + 1)
        return Fault("still_lit", len(self.lit) - 1)

    def components(self, last_good: int, process: float) -> dict[str, float]:
        """progress: share of the lamps lit at first that are dark in the last frame before the fault. arrival: of
        those in the last frame, times the share of legal transitions."""
        return {"progress": self._dark(last_good), "arrival": process * self._dark(-1)}

    def _dark(self, frame: int) -> float:
        return max(0.0, 1 - self.lit[frame].bit_count() / max(1, self.lit[0].bit_count()))

    def metrics(self) -> dict[str, float]:
        presses = list(self.game.presses)
        wanted = {presses.index(move) for move in self.game.read_moves(self.problem.solution)}
        return precision_recall_f1(set(self.pressed), set(wanted))


def verify(problem: Problem, trace: Trace) -> Verdict:
    """The verdict on a trace. Never raises."""
    return walk(problem, trace, Pressed)
