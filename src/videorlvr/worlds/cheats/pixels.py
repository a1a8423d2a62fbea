"""Cheats made in pixels, for every world: mixtures, smears, marks too faint or too small, pictures in margins.

Law: a cheat begins with the given frame unless its beginning is the cheat, so that the judge has to look on.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import Cells, Cheat, Layout, Problem, Video, World
from videorlvr.worlds.problems import oracle_trace, theme_of
from videorlvr.worlds.render import first_frame, oracle_video, render_trace
from videorlvr.worlds.verify import MAX_FRAMES

Make = Callable[[World, Problem, np.random.Generator], Video | None]
Floats = npt.NDArray[np.float32]


def board_px(layout: Layout) -> tuple[slice, slice, slice]:
    """The board's pixels in a video: all frames, its rows, its columns."""
    height, width = layout.rows * layout.cell_px, layout.cols * layout.cell_px
    return (
        slice(None),
        slice(layout.top_px, layout.top_px + height),
        slice(layout.left_px, layout.left_px + width),
    )


def _bytes(video: Floats) -> Video:
    return video.round().clip(0, 255).astype(np.uint8)


def mixed(one: Video, other: Video, share: npt.ArrayLike) -> Video:
    """share of `other`, the rest of `one`; an array gives a share for each frame."""
    shares = np.asarray(share, np.float32).reshape(-1, 1, 1, 1)
    return _bytes((1 - shares) * one + shares * other)


def _is_process(figures: Cells) -> bool:
    """Are there states between the first and the last?"""
    return len(np.unique(figures, axis=0)) > 2


def _constant(value: int) -> Make:
    def make(world: World, problem: Problem, rng: np.random.Generator) -> Video:
        """Every pixel of one grey level."""
        layout = problem.layout
        return np.full((problem.num_frames, layout.height_px, layout.width_px, 3), value, np.uint8)

    return make


def _noise(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The given frame, then random pixels."""
    video = rng.integers(0, 256, oracle_video(world, problem).shape, dtype=np.uint8)
    video[0] = first_frame(world, problem)
    return video


def _dissolve(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The given frame dissolves into random pixels: .43 on a benchmark that rewards smoothness."""
    video = np.repeat(first_frame(world, problem)[None], problem.num_frames, axis=0)
    noise = rng.integers(0, 256, video.shape, dtype=np.uint8)
    return mixed(video, noise, np.linspace(0, 1, len(video)))


def _turning(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The given frame turns once about its middle: .61 on a benchmark that compares frames."""
    frame, frames = first_frame(world, problem), problem.num_frames
    height, width = frame.shape[:2]
    rows, cols = np.indices((height, width)) - np.array([height - 1, width - 1]).reshape(2, 1, 1) / 2
    video = np.repeat(frame[None], frames, axis=0)
    for number, angle in enumerate(np.linspace(0, 2 * np.pi, frames)[1:-1], start=1):
        row = (rows * np.cos(angle) - cols * np.sin(angle) + (height - 1) / 2).round().astype(int)
        col = (rows * np.sin(angle) + cols * np.cos(angle) + (width - 1) / 2).round().astype(int)
        inside = (row >= 0) & (row < height) & (col >= 0) & (col < width)
        video[number] = np.where(inside[..., None], frame[row % height, col % width], 0)
    return video


def _cross_fade(frames_each: int) -> Make:
    def make(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
        """From the given frame to the solved one by mixing their colours, steadily."""
        video = oracle_video(world, problem)
        if not _is_process(oracle_trace(world, problem).figure):
            return None
        return mixed(video[:1], video[-1:], np.linspace(0, 1, min(frames_each * len(video), MAX_FRAMES)))

    return make


def _faded(share: float) -> Make:
    def make(world: World, problem: Problem, rng: np.random.Generator) -> Video:
        """The right video at a part of its contrast over the given frame."""
        video = oracle_video(world, problem)
        return mixed(video[:1], video, share)

    return make


def _tiny_marks(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right video, but of each cell only the middle changes: an eighth of its side."""
    size, video = problem.layout.cell_px, oracle_video(world, problem)
    side = np.zeros(size, bool)
    side[size // 2 : size // 2 + max(1, size // 8)] = True
    middle = np.tile(np.outer(side, side), (problem.layout.rows, problem.layout.cols))
    out = np.repeat(video[:1], len(video), axis=0)
    board = board_px(problem.layout)
    out[board] = np.where(middle[None, :, :, None], video[board], out[board])
    return out


def _interlaced(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Every second row of pixels shows the right video, the others the given frame."""
    if problem.layout.cell_px % 2:
        return None  # a row more of one than of the other, and the cell reads as that one
    video = oracle_video(world, problem)
    out = np.repeat(video[:1], len(video), axis=0)
    out[:, ::2] = video[:, ::2]
    return out


def _half_drawn(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """In the last frame, what has changed is drawn in the left half of its cell only."""
    size, video = problem.layout.cell_px, oracle_video(world, problem)
    if size % 2:
        return None
    right = np.tile(np.arange(size) >= size // 2, problem.layout.cols)
    board = board_px(problem.layout)
    video[board][-1][:, right] = video[board][0][:, right]
    return video


def _half_a_cell_aside(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right video, its board half a cell aside from the second frame on."""
    video, board = oracle_video(world, problem), board_px(problem.layout)
    video[board][1:] = np.roll(video[board][1:], problem.layout.cell_px // 2, axis=2)
    return video


def _half_faded_ground(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The right video; from the second frame on walls, goals and endpoints are at half of their contrast."""
    trace = oracle_trace(world, problem)
    if not trace.ground.any():
        return None
    whole = render_trace(world, problem, trace)
    trace.ground[1:] = 0
    return mixed(whole, render_trace(world, problem, trace), 0.5 * (np.arange(len(whole)) > 0))


def _one_colour_channel(channel: int) -> Make:
    def make(world: World, problem: Problem, rng: np.random.Generator) -> Video:
        """The right video in one colour channel; the others keep the given frame."""
        video = oracle_video(world, problem)
        out = np.repeat(video[:1], len(video), axis=0)
        out[..., channel] = video[..., channel]
        return out

    return make


def _negative(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right video, as a negative from the second frame on."""
    video = oracle_video(world, problem)
    video[1:] = 255 - video[1:]
    return video


def _curtain(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The board is hidden by the margin's colour until the last frame, which shows it solved."""
    video = oracle_video(world, problem)
    video[board_px(problem.layout)][1:-1] = theme_of(world, problem).margin
    return video


def _black_between(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right video, every second frame of it black."""
    video = oracle_video(world, problem)
    video[1::2] = 0
    return video


def _black_after_each(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The right video with a black frame after each of its own: right where frames that show nothing are skipped."""
    video = oracle_video(world, problem).repeat(2, axis=0)[:MAX_FRAMES]
    video[1::2] = 0
    return video


def _in_the_margin(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The board stands still while a small picture of it is solved in the margin."""
    layout, video = problem.layout, oracle_video(world, problem)
    small = video[board_px(layout)]
    bands = (
        (slice(0, layout.top_px), slice(None)),
        (slice(layout.top_px + layout.rows * layout.cell_px, None), slice(None)),
        (slice(None), slice(0, layout.left_px)),
        (slice(None), slice(layout.left_px + layout.cols * layout.cell_px, None)),
    )
    out = np.repeat(video[:1], len(video), axis=0)
    for rows, cols in bands:
        band = out[:, rows, cols]
        if min(band.shape[1:3]) >= 8:
            step = max(-(-small.shape[1] // band.shape[1]), -(-small.shape[2] // band.shape[2]))
            picture = small[:, ::step, ::step]
            band[:, : picture.shape[1], : picture.shape[2]] = picture
            return out
    return None


def pixel_cheats(*, unfinished: str, ground: str, improper: tuple[str, ...]) -> tuple[Cheat, ...]:
    """unfinished: the reason for a video that ends too early. ground: for a change of what never changes.
    improper: all reasons for states and transitions that the rules do not allow."""
    mixtures = ("unreadable", "unexplained", *improper)
    smeared = ("unreadable", "unexplained", ground)
    return (
        Cheat("black", _constant(0), ("wrong_start",)),
        Cheat("white", _constant(255), ("wrong_start",)),
        Cheat("noise", _noise, smeared),
        Cheat("dissolve-to-noise", _dissolve, smeared),
        Cheat("turning-picture", _turning, smeared),
        Cheat("cross-fade", _cross_fade(1), mixtures),
        Cheat("slow-cross-fade", _cross_fade(4), mixtures),
        Cheat("faint", _faded(0.1), ("unexplained", unfinished)),
        Cheat("half-transparent", _faded(0.5), mixtures),
        Cheat("tiny-marks", _tiny_marks, ("unexplained", unfinished)),
        Cheat("interlaced", _interlaced, mixtures),
        Cheat("half-drawn-at-the-end", _half_drawn, mixtures),
        Cheat("half-a-cell-aside", _half_a_cell_aside, smeared),
        Cheat("half-faded-board", _half_faded_ground, smeared),
        Cheat("red-channel-only", _one_colour_channel(0), (unfinished, *mixtures)),
        Cheat("green-channel-only", _one_colour_channel(1), (unfinished, *mixtures)),
        Cheat("blue-channel-only", _one_colour_channel(2), (unfinished, *mixtures)),
        Cheat("negative", _negative, smeared),
        Cheat("curtain", _curtain, smeared),
        Cheat("black-between", _black_between, smeared),
        Cheat("black-after-each-frame", _black_after_each, smeared),
        Cheat("solution-in-the-margin", _in_the_margin, (unfinished,)),
    )
