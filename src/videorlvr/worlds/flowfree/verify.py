"""The judge of FlowFree. Process, not picture: every frame must follow from the last by growth of flows.

Any cover of the board is a solution, in any order of growth: flows may take turns, and each may grow from
either of its endpoints, but from one only.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from videorlvr.worlds.api import UNSURE, Problem, Trace, Verdict
from videorlvr.worlds.flowfree.growth import Bits, Growth, reached
from videorlvr.worlds.flowfree.rules import NOTHING, endpoints_of, flows_of
from videorlvr.worlds.verify import (
    COMMON_REASONS,
    Check,
    Fault,
    precision_recall_f1,
    walk,
)

REASONS: Mapping[str, str] = {
    **COMMON_REASONS,
    "endpoint_changed": "An endpoint is not where the problem put it, or has another colour.",
    "flow_erased": "A coloured cell became empty.",
    "overwritten": "A coloured cell took another colour.",
    "too_fast": "More cells were filled in one frame than its moves allow.",
    "grew_from_nowhere": "A colour appeared in cells that its flow does not reach.",
    "grew_at_both_ends": "A flow grew from both of its endpoints.",
    "branched": "A flow grew beside its body, not from its tip.",
    "grew_past_end": "A flow had joined its endpoints and grew on.",
    "not_joined": "The video ends before all pairs of endpoints are joined.",
    "not_filled": "All pairs are joined, but a cell is empty.",
}

Change = tuple[int, int, int]
"""(bit of the cell, figure before, figure after)"""


class Grown(Check):
    """Growth as a video shows it. The flows remember what they saw; after a frame that cannot be read every flow
    may go on from any of its cells, and after a fault so may those that it touched."""

    ground_reason = "endpoint_changed"
    unfinished = ("not_joined", "not_filled")

    def __init__(self, problem: Problem, trace: Trace) -> None:
        super().__init__(problem, trace)
        self.stride = stride = problem.grid.shape[1] + 1
        self.changes = _changes(trace, stride)
        self.flows = {
            colour: Growth((1 << a[0] * stride + a[1], 1 << b[0] * stride + b[1]), stride)
            for colour, (a, b) in endpoints_of(problem.grid.ground).items()
        }

    def transition(self, frame: int, moves: int) -> str:
        if frame not in self.changes:
            return ""
        reason = _transition_fault(self.flows, self.changes[frame], moves, frame)
        if reason:
            touched = {colour for _, *figures in self.changes[frame] for colour in figures}
            self._lose(touched & self.flows.keys(), frame)
        return reason

    def taken(self, frame: int, moves: int) -> int:
        return len(self.changes.get(frame, ()))

    def resume(self, frame: int) -> None:
        self._lose(set(self.flows), frame)

    def _lose(self, colours: set[int], frame: int) -> None:
        shown = _cells_by_colour(self.trace.figure[frame].tolist(), self.stride)
        for colour in colours:
            self.flows[colour].lose(shown.get(colour, 0))

    def end_fault(self) -> Fault | None:
        """Are all pairs joined, and the board full?"""
        last = self.trace.num_frames - 1
        apart = [flow for flow in self.flows.values() if not flow.joined]
        # Passing by the other endpoint is no fault if the flow ends beside it in the end.
        left = [flow.left_end for flow in apart if flow.left_end is not None]
        if left:
            return Fault("grew_past_end", min(left))
        if apart:
            return Fault("not_joined", last)
        return None if self.trace.figure[-1].all() else Fault("not_filled", last)

    def components(self, last_good: int, process: float) -> dict[str, float]:
        """path_valid, endpoints, connected, fill: of the last frame, after the paper; the rest: of the video.

        progress: share of the free cells that are filled in the last frame before the fault.
        arrival: process times the share of colours whose path is valid in the last frame.
        path_valid: share of colours whose cells are one path between their endpoints: by their shape, or,
            where a flow touches itself, by how it was seen to grow.
        endpoints: share of endpoint cells that show their colour. fill: share of cells that show a colour.
        connected: share of colours whose cells are one piece that holds both endpoints.
        """
        flows, trace = self.flows, self.trace
        num_cells, num_ends = self.problem.grid.figure.size, 2 * len(flows)
        filled = int(np.count_nonzero(trace.figure[last_good])) - num_ends
        shown = _cells_by_colour(trace.figure[-1].tolist(), self.stride)
        kept = connected = valid = 0
        for colour, flow in flows.items():
            cells, (one, other) = shown.get(colour, 0), flow.ends
            kept += bool(cells & one) + bool(cells & other)
            if not (cells & one and cells & other and reached(one, cells, flow.stride) | one == cells):
                continue
            connected += 1
            seen_to_join = not flow.lost and flow.cells == cells and flow.joined
            valid += seen_to_join or flow.is_path(cells)
        empty = sum(shown.get(code, 0).bit_count() for code in (NOTHING, UNSURE))
        return {
            "progress": max(0.0, filled / (num_cells - num_ends)) if num_cells > num_ends else 1.0,
            "arrival": process * valid / len(flows),
            "path_valid": valid / len(flows),
            "endpoints": kept / num_ends,
            "connected": connected / len(flows),
            "fill": 1 - empty / num_cells,
        }

    def metrics(self) -> dict[str, float]:
        """Overlap of the last frame's coloured cells with the reference's, endpoints apart (they are given)."""
        free, last = self.problem.grid.figure == NOTHING, self.trace.figure[-1]
        rows, cols = (free & (last != NOTHING)).nonzero()
        shown: set[object] = set(zip(rows.tolist(), cols.tolist(), last[rows, cols].tolist(), strict=True))
        wanted: set[object] = {
            (*cell, flow.colour)
            for flow in flows_of(self.problem.solution)
            for cell in flow.cells
            if free[cell]
        }
        return precision_recall_f1(shown, wanted)


def verify(problem: Problem, trace: Trace) -> Verdict:
    """The verdict on a trace. Never raises."""
    return walk(problem, trace, Grown)


def _changes(trace: Trace, stride: int) -> dict[int, list[Change]]:
    """Frame -> the cells that differ from the frame before; frames without a change are left out."""
    figure = trace.figure
    frames, rows, cols = (figure[1:] != figure[:-1]).nonzero()
    before, after = figure[frames, rows, cols].tolist(), figure[frames + 1, rows, cols].tolist()
    out: dict[int, list[Change]] = {}
    for frame, place, *figures in zip(
        frames.tolist(), (rows * stride + cols).tolist(), before, after, strict=True
    ):
        out.setdefault(frame + 1, []).append((1 << place, figures[0], figures[1]))
    return out


def _transition_fault(flows: dict[int, Growth], changes: list[Change], moves: int, frame: int) -> str:
    """Why these changes cannot happen within one frame of that many moves; "" if they can."""
    new: dict[int, Bits] = {}
    for cell, _, after in changes:
        new[after] = new.get(after, 0) | cell
    if NOTHING in new:
        return "flow_erased"
    if any(before != NOTHING for _, before, _ in changes):
        return "overwritten"
    if len(changes) > moves:
        return "too_fast"
    for colour, cells in new.items():
        reason = flows[colour].grow(cells, frame) if colour in flows else "grew_from_nowhere"
        if reason:
            return reason
    return ""


def _cells_by_colour(figure: list[list[int]], stride: int) -> dict[int, Bits]:
    out: dict[int, Bits] = {}
    for row, codes in enumerate(figure):
        for col, code in enumerate(codes):
            out[code] = out.get(code, 0) | 1 << row * stride + col
    return out
