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
    Fault,
    allowed_moves,
    broken_frames,
    common_fault,
    precision_recall_f1,
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
END_REASONS = ("not_joined", "not_filled")

Change = tuple[int, int, int]
"""(bit of the cell, figure before, figure after)"""


def verify(problem: Problem, trace: Trace) -> Verdict:
    """The verdict on a trace. Never raises."""
    common = common_fault(problem, trace, ground_reason="endpoint_changed")
    if common and common.reason in ("too_few_frames", "wrong_start"):
        return Verdict(False, common.reason, common.frame, float(trace.confidence.min(initial=1.0)))
    stride = problem.grid.shape[1] + 1
    flows = {
        colour: Growth((1 << a[0] * stride + a[1], 1 << b[0] * stride + b[1]), stride)
        for colour, (a, b) in endpoints_of(problem.grid.ground).items()
    }
    illegal, num_legal = _watch(problem, trace, flows)
    faults = [fault for fault in (common, illegal) if fault]
    fault = min(faults, key=lambda fault: fault.frame, default=None) or _end_fault(trace, flows)
    return Verdict(
        success=fault is None,
        reason=fault.reason if fault else "",
        frame=fault.frame if fault else None,
        confidence=float(trace.confidence.min()),
        components=_components(problem, trace, flows, fault, num_legal / (trace.num_frames - 1)),
        metrics=_metrics(problem, trace),
    )


def _watch(problem: Problem, trace: Trace, flows: dict[int, Growth]) -> tuple[Fault | None, int]:
    """(the first transition at fault, the number of legal ones). The flows remember what they saw.

    Transitions from or to a broken frame count as illegal; what happened there is not known, so every
    flow may go on from any of its cells. After a fault, so may the flows that the fault touched.
    """
    stride, moves = problem.grid.shape[1] + 1, allowed_moves(problem, trace.num_frames)
    changes, broken = _changes(trace, stride), broken_frames(problem, trace).tolist()
    first, num_legal = None, 0
    for frame in range(1, trace.num_frames):
        if broken[frame]:
            continue
        touched = set(flows)
        if not broken[frame - 1]:
            if frame not in changes:
                num_legal += 1
                continue
            reason = _transition_fault(flows, changes[frame], moves, frame)
            if not reason:
                num_legal += 1
                continue
            touched = {colour for _, *figures in changes[frame] for colour in figures if colour in flows}
            first = first or Fault(reason, frame)
        shown = _cells_by_colour(trace.figure[frame].tolist(), stride)
        for colour in touched:
            flows[colour].lose(shown.get(colour, 0))
    return first, num_legal


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


def _end_fault(trace: Trace, flows: dict[int, Growth]) -> Fault | None:
    """Of a trace whose every transition is legal: are all pairs joined, and the board full?"""
    apart = [flow for flow in flows.values() if not flow.joined]
    # Passing by the other endpoint is no fault if the flow ends beside it in the end.
    left = [flow.left_end for flow in apart if flow.left_end is not None]
    if left:
        return Fault("grew_past_end", min(left))
    if apart:
        return Fault("not_joined", trace.num_frames - 1)
    return None if trace.figure[-1].all() else Fault("not_filled", trace.num_frames - 1)


def _cells_by_colour(figure: list[list[int]], stride: int) -> dict[int, Bits]:
    out: dict[int, Bits] = {}
    for row, codes in enumerate(figure):
        for col, code in enumerate(codes):
            out[code] = out.get(code, 0) | 1 << row * stride + col
    return out


def _components(
    problem: Problem, trace: Trace, flows: dict[int, Growth], fault: Fault | None, process: float
) -> dict[str, float]:
    """path_valid, endpoints, connected, fill: of the last frame, after the paper; the rest: of the video.

    process: share of legal transitions.
    progress: share of the free cells that are filled in the last frame before the fault.
    arrival: process times the share of colours whose path is valid in the last frame.
    path_valid: share of colours whose cells are one path between their endpoints: by their shape, or,
        where a flow touches itself, by how it was seen to grow.
    endpoints: share of endpoint cells that show their colour. fill: share of cells that show a colour.
    connected: share of colours whose cells are one piece that holds both endpoints.
    """
    last_good = trace.num_frames - 1 if fault is None or fault.reason in END_REASONS else fault.frame - 1
    num_cells, num_ends = problem.grid.figure.size, 2 * len(flows)
    filled = int(np.count_nonzero(trace.figure[last_good])) - num_ends
    shown = _cells_by_colour(trace.figure[-1].tolist(), problem.grid.shape[1] + 1)
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
        "success": float(fault is None),
        "process": process,
        "progress": max(0.0, filled / (num_cells - num_ends)) if num_cells > num_ends else 1.0,
        "arrival": process * valid / len(flows),
        "path_valid": valid / len(flows),
        "endpoints": kept / num_ends,
        "connected": connected / len(flows),
        "fill": 1 - empty / num_cells,
    }


def _metrics(problem: Problem, trace: Trace) -> dict[str, float]:
    """Overlap of the last frame's coloured cells with the reference's, endpoints apart (they are given)."""
    free = problem.grid.figure == NOTHING
    rows, cols = (free & (trace.figure[-1] != NOTHING)).nonzero()
    codes = trace.figure[-1][rows, cols]
    shown: set[object] = set(zip(rows.tolist(), cols.tolist(), codes.tolist(), strict=True))
    wanted: set[object] = {
        (*cell, flow.colour) for flow in flows_of(problem.solution) for cell in flow.cells if free[cell]
    }
    return precision_recall_f1(shown, wanted)
