"""The judge's walk over a trace, one for all worlds, and the checks that need no rules.

Of an array: is it a video of the right size, length and values (`array_fault`). Of a trace: are there frames
enough, is the first one the problem, can every cell be read, did what never changes stay (`common_fault`).
Then transition by transition: a world brings a `Check`, which says what is wrong with each, and `walk` makes
the verdict of it. The earliest fault counts.

Pace is counted in steps: the moves that one frame of the full video shows. A frame shows one step at most. A video of
fewer frames than the full one has skipped some: for each that it lacks one of its frames may show a second step, and
none a third (`Pace`). So over any window of w frames a video that lacks d of them shows at most w + d steps and 2 w,
and holding still earns nothing. A video may end as soon as it is solved.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from videorlvr.base.media import video as media
from videorlvr.worlds.api import UNSURE, Problem, Trace, Verdict
from videorlvr.worlds.ways import motion_named

COMMON_REASONS: Mapping[str, str] = {
    "missing_file": "There is no video at the expected path.",
    "unreadable_video": "The file is no video, damaged or cut off; the record says what is wrong with it.",
    "unsupported_format": "The file is of a kind that is not read; the record names those that are.",
    "outside_folder": "The video is a link that leads out of the videos' folder.",
    "too_many_frames": "The video has more frames than the limit.",
    "wrong_size": "The frames are no RGB pictures of the problem's size, or of its aspect ratio in a file.",
    "wrong_values": "A pixel is not a finite number from 0 to 255.",
    "too_few_frames": "The video has no second frame, so it shows no process.",
    "wrong_start": "The first frame does not show the problem.",
    "unexplained": "A cell has pixels that what it is read as does not explain: a ghost, a line, a mark too small.",
    "undecidable": "The judge cannot be sure: the file is at fault, or two ways of reading see different states.",
    "unreadable": "A cell shows something that is not sure to be any of the world's pictures.",
}

JUDGE_VERSION = 5
"""Part of every fingerprint. A change of what all worlds share (reading, these checks, decoding of files) after
which some video may get another verdict raises it; a change of one world raises that world's version."""
MAX_SPEEDUP = 2
MAX_FRAMES = media.MAX_FRAMES
"""Frames of the longest video that is judged, of an array as of a file."""


@dataclass(frozen=True)
class Fault:
    """The first thing wrong with a trace. frame: index of the frame at fault."""

    reason: str
    frame: int


class Pace:
    """How many moves the next frame of a video may show.

    spare: second steps that it may still take. rest: where a move takes several frames, half of them have to pass
    between two moves.
    """

    def __init__(self, problem: Problem, num_frames: int) -> None:
        self.step = problem.moves_per_frame
        frames_per_move = motion_named(problem.address.level)[1]
        self.rest, self.since = -(-frames_per_move // MAX_SPEEDUP), frames_per_move
        # The first frame and the last alone are an end state and no process: they may be one step apart.
        can_skip = num_frames > 2 and frames_per_move == 1
        self.spare = max(0, problem.num_frames - num_frames) if can_skip else 0

    @property
    def allowed(self) -> int:
        if self.since < self.rest:
            return 0
        return self.step * (MAX_SPEEDUP if self.spare else 1)

    @property
    def counts(self) -> bool:
        """Does it matter how many moves a frame takes?"""
        return self.spare > 0 or self.rest > 1

    def take(self, moves: int) -> None:
        """A frame has shown so many moves, at most those allowed."""
        self.spare -= max(0, -(-moves // self.step) - 1)
        self.since = 1 if moves else self.since + 1


def too_few(num_frames: int) -> bool:
    """Is there no transition? A process has to be shown."""
    return num_frames < 2


def array_fault(problem: Problem, video: npt.NDArray[Any]) -> str:
    """Why an array is no video that can be judged, in constant memory for bytes; "" if it is one."""
    layout = problem.layout
    if video.ndim != 4 or video.shape[1:] != (layout.height_px, layout.width_px, 3):
        return "wrong_size"
    if too_few(len(video)):
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
    if too_few(trace.num_frames):
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


class Check(ABC):
    """What a world knows of one trace. `walk` asks for its transitions in order, from frame 1 on.

    ground_reason: the name of a change of what never changes. unfinished: reasons of `end_fault` that blame
    no frame but the end, so that the last frame counts as progress.
    """

    ground_reason: ClassVar[str]
    unfinished: ClassVar[tuple[str, ...]]

    def __init__(self, problem: Problem, trace: Trace) -> None:
        self.problem, self.trace = problem, trace

    @abstractmethod
    def transition(self, frame: int, moves: int) -> str:
        """Why this frame cannot follow from the one before within `moves` moves; "" if it can.

        Both frames are well read. It is asked once for each, and on after a fault, since rewards want to know how
        the rest was.
        """

    @abstractmethod
    def taken(self, frame: int, moves: int) -> int:
        """The fewest moves that lead to this frame from the one before, which at most `moves` were found to do."""

    def resume(self, frame: int) -> None:  # noqa: B027 - a world that remembers nothing has nothing to do
        """This frame is the first well-read one after one that was not: what led to it is not known."""

    @abstractmethod
    def end_fault(self) -> Fault | None:
        """What is wrong with the end of a trace whose every transition is legal."""

    @abstractmethod
    def components(self, last_good: int, process: float) -> dict[str, float]:
        """The world's components, success and process apart.

        last_good: the last frame before the fault. process: share of legal transitions.
        """

    @abstractmethod
    def metrics(self) -> dict[str, float]:
        """Overlap with the reference solution."""


def walk(problem: Problem, trace: Trace, check_of: type[Check]) -> Verdict:
    """The verdict on a trace. Never raises.

    Transitions from or to a frame that cannot be read, or whose ground changed, are not legal.
    """
    common = common_fault(problem, trace, ground_reason=check_of.ground_reason)
    if common and common.reason in ("too_few_frames", "wrong_start"):
        return Verdict(False, common.reason, common.frame, float(trace.confidence.min(initial=1.0)))
    check, last = check_of(problem, trace), trace.num_frames - 1
    broken = broken_frames(problem, trace).tolist() if common else [False] * trace.num_frames
    illegal, num_legal, pace = None, 0, Pace(problem, trace.num_frames)
    for frame in range(1, trace.num_frames):
        if broken[frame]:
            continue
        if broken[frame - 1]:
            check.resume(frame)
        elif reason := check.transition(frame, moves := pace.allowed):
            illegal = illegal or Fault(reason, frame)
        else:
            num_legal += 1
            if pace.counts:
                pace.take(check.taken(frame, moves))
    faults = [fault for fault in (common, illegal) if fault]
    fault = min(faults, key=lambda fault: fault.frame, default=None) or check.end_fault()
    process = num_legal / last
    last_good = last if fault is None or fault.reason in check.unfinished else max(fault.frame - 1, 0)
    return Verdict(
        success=fault is None,
        reason=fault.reason if fault else "",
        frame=fault.frame if fault else None,
        confidence=float(trace.confidence.min()),
        components={
            "success": float(fault is None),
            "process": process,
            **check.components(last_good, process),
        },
        metrics=check.metrics(),
    )
