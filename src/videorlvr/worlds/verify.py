"""Checks that every world shares, made before its own rules are asked.

Of an array: is it a video of the right size, length and values (`array_fault`). Of a trace: are there frames
enough, is the first one the problem, can every cell be read, did what never changes stay. A world's `verify`
asks `common_fault` first and then walks through the transitions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import UNSURE, Problem, Trace

COMMON_REASONS: Mapping[str, str] = {
    "missing_file": "There is no video at the expected path.",
    "unreadable_video": "The file is not a video that can be decoded.",
    "outside_folder": "The video is a link that leads out of the videos' folder.",
    "too_large": "The file, or its frames, are larger than the limit.",
    "took_too_long": "The judge was not done with the video within its time.",
    "judge_crashed": "The judge's process ended while it was at the video, whatever that shows.",
    "too_many_frames": "The video has more frames than the limit.",
    "wrong_size": "The frames are no RGB pictures of the problem's size, or of its aspect ratio in a file.",
    "wrong_values": "A pixel is not a finite number from 0 to 255.",
    "too_few_frames": "The video has so few frames that it would have to run at more than twice the pace.",
    "wrong_start": "The first frame does not show the problem.",
    "unreadable": "A cell shows something that is not sure to be any of the world's pictures.",
}

JUDGE_VERSION = 2
"""Part of every fingerprint. A change of what all worlds share (reading, these checks, decoding of files) after
which some video may get another verdict raises it; a change of one world raises that world's version."""
MAX_SPEEDUP = 2
MAX_FRAMES = 1024
"""Frames of the longest video that is judged: a minute and more of any model's, and a bound on work."""


@dataclass(frozen=True)
class Fault:
    """The first thing wrong with a trace. frame: index of the frame at fault."""

    reason: str
    frame: int


def allowed_moves(problem: Problem, num_frames: int) -> int:
    """Moves one frame may show: the problem's own pace, faster where a video has fewer frames."""
    if num_frames >= problem.num_frames:
        return problem.moves_per_frame
    # Where frames were dropped, a step spans whole frames of the full video.
    return problem.moves_per_frame * -(-(problem.num_frames - 1) // max(num_frames - 1, 1))


def too_few(problem: Problem, num_frames: int) -> bool:
    """Would the solution have to run at more than `MAX_SPEEDUP` times its pace? A process has to be shown: two
    frames, the first and the last, are an end state and no process."""
    return num_frames < 2 or MAX_SPEEDUP * (num_frames - 1) < problem.num_frames - 1


def array_fault(problem: Problem, video: npt.NDArray[Any]) -> str:
    """Why an array is no video that can be judged, in constant memory for bytes; "" if it is one."""
    layout = problem.layout
    if video.ndim != 4 or video.shape[1:] != (layout.height_px, layout.width_px, 3):
        return "wrong_size"
    if too_few(problem, len(video)):
        return "too_few_frames"
    if len(video) > MAX_FRAMES:
        return "too_many_frames"
    return "" if are_pixels(video) else "wrong_values"


def are_pixels(values: npt.NDArray[Any]) -> bool:
    """Numbers that round into 0-255; a NaN fails the comparison."""
    if values.dtype == np.uint8:
        return True
    return values.dtype.kind in "uif" and bool(((values >= -0.5) & (values <= 255.5)).all())


def common_fault(problem: Problem, trace: Trace, *, ground_reason: str) -> Fault | None:
    """The first fault that needs no rules. `ground_reason` names a change of what never changes."""
    if too_few(problem, trace.num_frames):
        return Fault("too_few_frames", 0)
    given = problem.grid
    if not (np.array_equal(trace.ground[0], given.ground) and np.array_equal(trace.figure[0], given.figure)):
        return Fault("wrong_start", 0)
    unsure = ((trace.ground == UNSURE) | (trace.figure == UNSURE)).any(axis=(1, 2))
    changed = (trace.ground != given.ground).any(axis=(1, 2))
    bad = unsure | changed
    if not bad.any():
        return None
    frame = int(bad.argmax())
    return Fault("unreadable" if unsure[frame] else ground_reason, frame)


def broken_frames(problem: Problem, trace: Trace) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """bool [T]: frames with a cell that cannot be read or a ground that is not the given one."""
    bad = (trace.ground != problem.grid.ground) | (trace.figure == UNSURE)
    return np.asarray(bad.any(axis=(1, 2)))


def precision_recall_f1(shown: set[object], reference: set[object]) -> dict[str, float]:
    """Overlap of what the video shows with one reference solution."""
    hits = len(shown & reference)
    precision = hits / len(shown) if shown else 0.0
    recall = hits / len(reference) if reference else 0.0
    f1 = 2 * precision * recall / (precision + recall) if hits else 0.0
    return {"precision": precision, "recall": recall, "f1": f1}
