"""The one door to a verdict: reward, validation, evaluation, scoring of files, laws and audit come through here.

    judge(world, problem, answer, tolerance) -> Verdict

Law: the same answer gets the same verdict under the same tolerance, whoever asks, alone or in a batch. So reward and
evaluation cannot disagree: there is nothing to agree on.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.base.choices import unknown
from videorlvr.base.media.scale import to_rgb
from videorlvr.judge.decoded import SizeRule
from videorlvr.judge.files import examine, examine_frames
from videorlvr.judge.finding import Finding
from videorlvr.judge.frames import verdict_on, verdicts_on
from videorlvr.judge.moves import judge_moves
from videorlvr.judge.tolerance import EXACT, TOLERANCES, Tolerance
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Trace, Verdict, Video, World
from videorlvr.worlds.verify import MAX_FRAMES, are_pixels

Answer = npt.NDArray[Any] | Path | Sequence[Path] | Trace | str
"""A video [T, H, W, 3]; a file, or all files that are named after the problem; states; moves as text."""


def judge(world: World, problem: Problem, answer: Answer, tolerance: Tolerance) -> Verdict:
    """The verdict on an answer. Whatever is wrong with the answer is a verdict, never an exception.

    Raises:
        ChoiceError: For a tolerance that there is not.
        TypeError: For what is no kind of answer.
    """
    finding = inspect(world, problem, answer, tolerance)
    return dataclasses.replace(finding.verdict, why=finding.why or finding.verdict.why)


def inspect(world: World, problem: Problem, answer: Answer, tolerance: Tolerance) -> Finding:
    """The verdict of `judge`, with what it rests on. That on states and on moves is the same under any."""
    if tolerance not in TOLERANCES:
        raise unknown("tolerance", tolerance, TOLERANCES)
    match answer:
        case str():
            return Finding(judge_moves(world, problem, answer))
        case Trace():
            return Finding(world.verify(problem, answer))
        case np.ndarray() if tolerance == EXACT:
            return Finding(verdict_on(world, problem, answer, EXACT))
        case np.ndarray():
            return _as_a_file(world, problem, answer)
        case Path():
            return inspect(world, problem, [answer], tolerance)
        case [*files] if all(isinstance(file, Path) for file in files):
            return examine(world, problem, files, tolerance)
    raise TypeError(
        f"a {type(answer).__name__} is no answer: expected an array, one or more paths, a Trace, or moves as a str"
    )


def judge_batch(problems: Sequence[Problem], videos: npt.NDArray[Any], tolerance: Tolerance) -> list[Verdict]:
    """`judge` of videos [B, T, H, W, 3], video i of problem i; worlds are found by name. Layouts may vary."""
    out: list[Verdict] = []
    for name, run in itertools.groupby(problems, key=lambda problem: problem.address.world):
        world, part = world_of(name), list(run)
        shown = videos[len(out) : len(out) + len(part)]
        if tolerance == EXACT:
            out += verdicts_on(world, part, shown, EXACT)
        else:
            out += [judge(world, *pair, tolerance) for pair in zip(part, shown, strict=True)]
    assert len(out) == len(videos)
    return out


def _as_a_file(world: World, problem: Problem, video: npt.NDArray[Any]) -> Finding:
    """The finding on a file without loss that holds these frames, floats rounded."""
    fault = ""
    if video.ndim != 4 or video.shape[3] != 3 or 0 in video.shape[1:3]:
        fault = "wrong_size"
    elif len(video) == 0:
        fault = "too_few_frames"
    elif len(video) > MAX_FRAMES:
        fault = "too_many_frames"
    elif not are_pixels(video):
        fault = "wrong_values"
    if fault:
        return Finding(Verdict(False, fault))
    pixels = np.asarray(np.clip(np.rint(video), 0, 255), np.uint8) if video.dtype != np.uint8 else video
    return examine_frames(world, problem, lambda size: (_in_size(pixels, size), 0.0))


def _in_size(video: Video, size: SizeRule) -> Video:
    """By the filter that scales the frames of files."""
    wanted = size(*video.shape[1:3])
    if wanted == video.shape[1:3]:
        return video
    import av
    from av.video.reformatter import VideoReformatter

    reformatter = VideoReformatter()
    return np.stack(
        [to_rgb(av.VideoFrame.from_ndarray(frame, format="rgb24"), wanted, reformatter) for frame in video]
    )
