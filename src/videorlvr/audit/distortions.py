"""What happens to videos on their way to a judge: noise, blur, other colours, other sizes, other pictures a second.

A distortion leaves the answer of a video as it is, so an honest video should pass it and a cheat should not.
Each is a named family of growing strength: `tolerance` says how much of it each world declares to survive,
and the audit measures that. All of them are deterministic in the generator that is passed in.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from videorlvr.audit import compression, drifts, retimed
from videorlvr.audit.drifts import as_bytes, saturated
from videorlvr.base.media.video import Video
from videorlvr.worlds.api import Problem, World

UNCHANGED = "unchanged"
"""The distortion that is none: how a file of the clean video is scored."""

Make = Callable[[World, Problem, Video, float, np.random.Generator], Video]


@dataclass(frozen=True)
class Distortion:
    """A family of changes that a judge may have to survive.

    make(world, problem, video, strength, rng): the video as it arrives, uint8 [T, H, W, 3]; its size and
        number of frames may be others. `problem` tells the size of cells; its solution is not looked at.
    strengths: what the audit tries, from the weakest to the strongest, in `unit`.
    keeps_frames: every frame of the video is still shown. Where not, a cheat may lose the frame in which it
        cheats, and so be none any more.
    """

    name: str
    unit: str
    strengths: tuple[float, ...]
    make: Make
    keeps_frames: bool = True


def _nothing(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """The video as it is."""
    return video


def _noise(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """Gaussian noise, another one in each channel, pixel and frame."""
    return as_bytes(video + np.float32(strength) * rng.standard_normal(video.shape, np.float32))


def _blur(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """Gaussian blur."""
    from PIL import ImageFilter

    smooth = ImageFilter.GaussianBlur(strength * problem.layout.cell_px)
    return compression.each_picture(video, lambda image: image.filter(smooth))


def _brighter(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """All channels raised."""
    return as_bytes(np.arange(256) + strength)[video]


def _darker(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """All channels lowered."""
    return as_bytes(np.arange(256) - strength)[video]


def _contrast(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """All channels nearer to middle grey (gain below 1) or further from it."""
    return as_bytes(127.5 + strength * (np.arange(256) - 127.5))[video]


def _saturation(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """Colours nearer to grey (gain below 1) or further from it."""
    return saturated(video, strength)


def _hue(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """Colours turned around the axis of greys, either way."""
    angle = np.deg2rad(strength) * rng.choice((-1, 1))
    axis = np.ones(3) / np.sqrt(3)
    cross = np.cross(np.eye(3), axis)
    turn = np.cos(angle) * np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * np.outer(axis, axis)
    return as_bytes(video.astype(np.float32) @ turn.astype(np.float32).T)


def _rescale(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """Resized by a factor, and back to its size."""
    from PIL import Image

    height, width = video.shape[1:3]
    other = max(1, round(width * strength)), max(1, round(height * strength))
    return compression.each_picture(
        video,
        lambda image: image.resize(other, Image.Resampling.BICUBIC).resize(
            (width, height), Image.Resampling.BICUBIC
        ),
    )


def _shift(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """The whole picture moved along both axes, either way, by parts of a pixel too; its frame is black and, so
    that nothing gets lost, half a cell larger on each side."""
    room = -(-problem.layout.cell_px // 2) + 1
    values = np.pad(video, ((0, 0), (room, room), (room, room), (0, 0)))
    for axis in (1, 2):
        by = strength * problem.layout.cell_px * rng.choice((-1, 1))
        whole = int(np.floor(by))
        values = np.roll(values, whole, axis)
        if by > whole:
            share = np.float32(by - whole)
            values = as_bytes((1 - share) * values + share * np.roll(values, 1, axis))
    return values


def _drop(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """Some frames are missing, neither the first nor the last."""
    inner = np.arange(1, len(video) - 1)
    lost = rng.choice(inner, min(int(strength), len(inner)), replace=False)
    return np.delete(video, lost, axis=0)


def _stutter(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """Some frames are shown twice."""
    twice = rng.choice(len(video), min(int(strength), len(video)), replace=False)
    return np.asarray(video[np.sort(np.concatenate([np.arange(len(video)), twice]))])


def _resample(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """Another number of frames over the same time; each is the nearest frame of the video."""
    count = round((len(video) - 1) * strength) + 1
    return np.asarray(video[np.linspace(0, len(video) - 1, max(count, 1)).round().astype(int)])


def _letterbox(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """Black bars above and below, each this share of the frame, which grows by them."""
    bar = round(strength * video.shape[1])
    return np.pad(video, ((0, 0), (bar, bar), (0, 0), (0, 0)))


def _pillarbox(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """Black bars left and right, each this share of the frame, which grows by them."""
    bar = round(strength * video.shape[2])
    return np.pad(video, ((0, 0), (0, 0), (bar, bar), (0, 0)))


def _jpeg(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """Each frame as a JPEG picture."""
    return compression.through_jpeg(video, int(strength))


def _h264(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """An mp4 as cameras and editors make it: H.264, colours at half the resolution (4:2:0)."""
    return compression.through_h264(video, int(strength))


def _latents(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """Through a linear autoencoder that keeps this many numbers of each block of 4 x 16 x 16 px."""
    return compression.autoencoder_of(world, problem).round_trip(video, int(strength))


DISTORTIONS: Mapping[str, Distortion] = {
    distortion.name: distortion
    for distortion in (
        Distortion(UNCHANGED, "", (0,), _nothing),
        Distortion("noise", "standard deviation, grey levels", (4, 8, 16, 24, 32, 48, 64), _noise),
        Distortion("blur", "sigma, cells", (0.04, 0.08, 0.12, 0.16, 0.2), _blur),
        Distortion("brighter", "grey levels", (10, 20, 30, 40, 60), _brighter),
        Distortion("darker", "grey levels", (10, 20, 30, 40, 60), _darker),
        Distortion("less contrast", "gain", (0.9, 0.8, 0.7, 0.6, 0.5), _contrast),
        Distortion("more contrast", "gain", (1.1, 1.25, 1.5, 2, 3), _contrast),
        Distortion("less saturation", "gain", (0.9, 0.8, 0.7, 0.6, 0.5, 0.4), _saturation),
        Distortion("more saturation", "gain", (1.1, 1.25, 1.5, 2, 3), _saturation),
        Distortion("hue", "degrees, either way", (5, 10, 15, 20, 30, 45, 60), _hue),
        Distortion("jpeg", "quality", (95, 85, 75, 60, 40, 20), _jpeg),
        Distortion("h264", "crf, 4:2:0", (15, 18, 23, 28, 33, 38, 43), _h264),
        Distortion("latents", "numbers of 3072 kept", (384, 192, 96, 48, 24, 12), _latents),
        Distortion("smaller", "factor, and back", (0.9, 0.75, 0.6, 0.5, 0.35, 0.25), _rescale),
        Distortion("larger", "factor, and back", (1.25, 1.5, 2, 3), _rescale),
        Distortion("shift", "cells, both axes", (0.03, 0.06, 0.125, 0.25, 0.375, 0.5), _shift),
        Distortion("letterbox", "bar, share of height", (0.05, 0.1, 0.2, 0.4), _letterbox),
        Distortion("pillarbox", "bar, share of width", (0.05, 0.1, 0.2, 0.4), _pillarbox),
        Distortion("blurred bars", "bar, share of width", (0.1, 0.2, 0.4, 0.9), drifts.blurred_bars),
        Distortion("rotation", "degrees, either way", (0.5, 1, 2, 5, 10), drifts.rotation),
        Distortion("zoom", "share of size, either way", (0.01, 0.02, 0.05, 0.1), drifts.zoom),
        Distortion("pan", "cells, both axes", (0.03, 0.06, 0.125, 0.25, 0.5), drifts.pan),
        Distortion("dimming", "grey levels", (5, 10, 20, 30, 40, 60), drifts.dimming),
        Distortion("fading contrast", "gain", (0.95, 0.9, 0.8, 0.7, 0.6), drifts.fading_contrast),
        Distortion("fading colours", "gain", (0.9, 0.8, 0.7, 0.6, 0.5, 0.4), drifts.fading_colours),
        Distortion("lost frames", "frames", (1, 2, 3, 4, 6), _drop, keeps_frames=False),
        Distortion("repeated frames", "frames", (1, 2, 4, 8), _stutter),
        Distortion(
            "fewer frames", "share of frames", (0.9, 0.75, 0.6, 0.5, 0.4), _resample, keeps_frames=False
        ),
        Distortion("more frames", "share of frames", (1.25, 1.5, 2, 3), _resample),
        Distortion("merged duplicates", "", (1,), retimed.ended, keeps_frames=False),
        Distortion("dissolves", "frames between two", (1, 2, 3), retimed.dissolves, keeps_frames=False),
        Distortion(
            "smoothing",
            "share of either neighbour",
            (0.1, 0.25, 1 / 3),
            retimed.smoothing,
            keeps_frames=False,
        ),
        Distortion("afterglow", "share of what was shown", (0.2, 0.4), retimed.afterglow, keeps_frames=False),
        Distortion("shared means", "frames", (2, 4), retimed.shared_means, keeps_frames=False),
        Distortion(
            "interpolation", "frames a second", (12, 16, 24), retimed.interpolated, keeps_frames=False
        ),
        Distortion("telecine", "frames held before", (2, 1), retimed.telecine, keeps_frames=False),
        Distortion("fades", "frames, each", (4, 8, 12), retimed.fades),
        Distortion("cards", "frames, each", (8, 24), retimed.cards),
    )
}
