"""Cheats made by whoever knows that a picture is explained as a whole: marks in a few pixels, in colour alone, in a
pattern that may pass for noise, in blocks that may pass for compression, for one frame, or under a tint of the first.

Law: each is plain to a person who looks; the first frame stays as it is given, unless it is said otherwise.
"""

from __future__ import annotations

import numpy as np

from videorlvr.worlds.api import Cheat, Problem, Video, World
from videorlvr.worlds.cheats.ghosts import GHOST, other_figures
from videorlvr.worlds.cheats.pixels import board_px, mixed
from videorlvr.worlds.problems import theme_of
from videorlvr.worlds.render import oracle_video
from videorlvr.worlds.staging import oracle_figures

LUMA = np.array([0.299, 0.587, 0.114], np.float32)
PATTERN = 60
"""Grey levels of a pattern, up and down."""
TINT = 36.0
"""Grey levels of a tint that is believed of a whole video."""


def _cores(problem: Problem) -> Video:
    """Which pixels of a board are cores: bool [H, W]."""
    size, layout = problem.layout.cell_px, problem.layout
    side = np.zeros(size, bool)
    side[round(size / 4) : size - round(size / 4)] = True
    return np.tile(np.outer(side, side), (layout.rows, layout.cols))


def _where(problem: Problem, video: Video, other: Video, pixels: Video) -> Video | None:
    """The video, from the second frame on with another one's pixels in some places of the board; None if it stays."""
    out, board = video.copy(), board_px(problem.layout)
    out[board][1:] = np.where(pixels[..., None], other[board][1:], video[board][1:])
    return None if np.array_equal(out, video) else out


def _checkered(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Every second pixel of every core is of another figure."""
    cores = _cores(problem)
    rows, cols = np.indices(cores.shape)
    return _where(
        problem, oracle_video(world, problem), other_figures(world, problem), cores & ((rows + cols) % 2 == 0)
    )


def _dots(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """A dot in the middle of every cell without a figure, a quarter of the core's side wide."""
    size, figures = problem.layout.cell_px, oracle_figures(world, problem)
    reach = max(1, round(size / 16))
    side = np.zeros(size, bool)
    side[size // 2 - reach : size // 2 + reach] = True
    free = (figures == 0).repeat(size, axis=1).repeat(size, axis=2)
    dots = np.tile(np.outer(side, side), (problem.layout.rows, problem.layout.cols)) & free
    video = oracle_video(world, problem)
    dots[0] = False
    video[board_px(problem.layout)][dots] = theme_of(world, problem).figures[1]
    return video


def _colour_alone(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Every figure has the hue of another one, at its own brightness."""
    video, other = oracle_video(world, problem), other_figures(world, problem)
    change = other.astype(np.float32) - video
    change -= (change @ LUMA)[..., None]
    change[0] = 0
    out = (video + 0.8 * change).round().clip(0, 255).astype(np.uint8)
    return None if np.abs(out.astype(int) - video).max() < PATTERN else out


def _pattern(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The same bars in all zones of all cells, as strong as noise may be."""
    video, cores = oracle_video(world, problem), _cores(problem)
    bars = np.where(np.arange(cores.shape[1]) // max(1, problem.layout.cell_px // 8) % 2, PATTERN, -PATTERN)
    board = board_px(problem.layout)
    shown = video[board][1:].astype(np.int16) + bars[None, None, :, None]
    video[board][1:] = shown.clip(0, 255).astype(np.uint8)
    return video


def _blocks(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Another picture shines through in blocks of half a cell, as strong compression leaves them."""
    video, ghost = oracle_video(world, problem), other_figures(world, problem)
    half = problem.layout.cell_px // 2
    board = board_px(problem.layout)
    change = GHOST * (ghost[board].astype(np.float32) - video[board])
    frames, height, width, _ = change.shape
    if height % half or width % half or not change[1:].any():
        return None
    blocks = change.reshape(frames, height // half, half, width // half, half, 3)
    means = np.broadcast_to(blocks.mean(axis=(2, 4), keepdims=True), blocks.shape).reshape(change.shape)
    out = video.copy()
    shown = video[board][1:] + 2.5 * means[1:]
    out[board][1:] = shown.round().clip(0, 255).astype(np.uint8)
    return out


def _one_frame(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Other figures shine through, in one frame only."""
    video, ghost = oracle_video(world, problem), other_figures(world, problem)
    frame = int(rng.integers(1, len(video)))
    if np.array_equal(video[frame], ghost[frame]):
        return None
    return mixed(video, ghost, GHOST * (np.arange(len(video)) == frame))


def _tinted_start(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The first frame is darker, and what follows so faint that it counts as whole if that is taken back."""
    video = oracle_video(world, problem)
    faint = mixed(video[:1], video, 0.6)
    if np.array_equal(faint, video):
        return None
    faint[0] = (video[0].astype(np.int16) - 36).clip(0, 255).astype(np.uint8)
    return faint


def _tinted_figures(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """The first frame is tinted towards other figures' colours; then these come, on ground without a tint: whoever
    takes the first frame's tint back on all frames sees the right ones."""
    video, other = oracle_video(world, problem), other_figures(world, problem)
    if np.array_equal(video, other):
        return None
    out = mixed(video, other, 0.5 * (np.arange(len(video)) > 0))
    places = (video[1:] != other[1:]).any(axis=-1)
    tint = (other[1:].astype(np.float32) - video[1:])[places].mean(axis=0)
    tint *= TINT / max(float(np.abs(tint).max()), 1.0)
    out[0] = (video[0] + tint).round().clip(0, 255).astype(np.uint8)
    return out


def _drifting_rings(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """What comes is faint, and all that is around cores darkens frame by frame: whoever takes a drift of the rings back
    on cores, too, sees it whole."""
    video = oracle_video(world, problem)
    faint = mixed(video[:1], video, 0.6)
    if np.array_equal(faint, video):
        return None
    board, around = board_px(problem.layout), ~_cores(problem)
    darker = np.linspace(0, TINT, len(video))[:, None, None, None]
    shown = faint[board].astype(np.float32) - darker * around[None, :, :, None]
    faint[board] = shown.round().clip(0, 255).astype(np.uint8)
    return faint


def _in_noise(world: World, problem: Problem, rng: np.random.Generator) -> Video | None:
    """Other figures shine through at a third, in noise that is borne."""
    video, ghost = oracle_video(world, problem), other_figures(world, problem)
    if np.array_equal(video, ghost):
        return None
    shown = mixed(video, ghost, 0.36 * (np.arange(len(video)) > 0)) + rng.normal(0, 16, video.shape)
    return shown.round().clip(0, 255).astype(np.uint8)


def mark_cheats(improper: tuple[str, ...]) -> tuple[Cheat, ...]:
    """improper: as in `ghost_cheats`."""
    pixels = ("unexplained", "unreadable")
    reasons = (*pixels, "undecidable", *improper)
    return (
        Cheat("checkered-marks", _checkered, reasons),
        Cheat("dots-in-free-cells", _dots, reasons),
        Cheat("marks-in-colour-alone", _colour_alone, reasons),
        Cheat("pattern-in-all-cells", _pattern, reasons),
        Cheat("ghost-in-blocks", _blocks, reasons),
        Cheat("ghost-for-one-frame", _one_frame, reasons),
        Cheat("tinted-start", _tinted_start, ("wrong_start", *reasons)),
        Cheat("tinted-towards-other-figures", _tinted_figures, ("wrong_start", *reasons)),
        Cheat("rings-that-drift", _drifting_rings, reasons),
        Cheat("ghost-in-noise", _in_noise, reasons),
    )
