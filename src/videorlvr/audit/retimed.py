"""What makes a video smooth, or shows it at another rate: distortions in time. All are honest, none changes a state.

Law: the first frame stays as it is, except under fades and cards; nothing is drawn that the frames do not hold.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.audit.drifts import as_bytes
from videorlvr.base.media.video import Video
from videorlvr.worlds.api import Problem, World

Floats = npt.NDArray[np.floating[Any]]

RATE = 8.0
"""Frames a second of what is shown, as `worlds export` writes it."""
REST = 4
"""Frames for which the end is held, so that what is mixed in time comes to rest."""
CARD_GREY, CARD_LIGHT = 40, 230


def _rested(video: Video) -> Floats:
    return np.concatenate([video, video[-1:].repeat(REST, axis=0)]).astype(np.float32)


def dissolves(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """So many frames between any two, each a mixture of both."""
    shares = np.arange(int(strength) + 1)[None, :, None, None, None] / np.float32(strength + 1)
    values = video.astype(np.float32)
    between = values[:-1, None] + shares * (values[1:] - values[:-1])[:, None]
    return as_bytes(np.concatenate([between.reshape(-1, *video.shape[1:]), values[-1:]]))


def smoothing(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """This share of each frame is that of the one before, and as much that of the one after."""
    values = _rested(video)
    around = np.concatenate([values[:1], values, values[-1:]])
    mixed = np.float32(strength) * (around[:-2] + around[2:]) + np.float32(1 - 2 * strength) * values
    return as_bytes(np.concatenate([values[:1], mixed[1:]]))


def afterglow(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """This share of each frame is what was shown before."""
    shown = [video[0].astype(np.float32)]
    for frame in _rested(video)[1:]:
        shown.append(np.float32(1 - strength) * frame + np.float32(strength) * shown[-1])
    return as_bytes(np.stack(shown))


def shared_means(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """After the first frame, groups of so many frames show their mean: what an autoencoder of time leaves."""
    values, size = _rested(video), int(strength)
    groups = [values[start : start + size] for start in range(1, len(values), size)]
    means = [group.mean(axis=0, keepdims=True).repeat(len(group), axis=0) for group in groups]
    return as_bytes(np.concatenate([values[:1], *means]))


def interpolated(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """At so many frames a second instead of 8, frames between two of them mixed of both."""
    times = np.arange(int((len(video) - 1) * strength / RATE) + 1) * RATE / strength
    before = np.minimum(times.astype(int), len(video) - 1)
    share = (times - before).astype(np.float32)[:, None, None, None]
    values, after = video.astype(np.float32), np.minimum(before + 1, len(video) - 1)
    shown = as_bytes((1 - share) * values[before] + share * values[after])
    return shown if times[-1] == len(video) - 1 else np.concatenate([shown, video[-1:]])


def telecine(
    world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator
) -> Video:
    """Five frames for every four, two of them with every second line of the next: film on television. Each frame is
    shown so many times before."""
    held = _rested(video).astype(np.uint8).repeat(int(strength), axis=0)
    out = list[Video]()
    for start in range(0, len(held), 4):
        one, two, three, four = (held[min(start + number, len(held) - 1)] for number in range(4))
        out += [one, two, _woven(two, three), _woven(three, four), four]
    return np.stack(out)


def _woven(even: Video, odd: Video) -> Video:
    out = even.copy()
    out[1::2] = odd[1::2]
    return out


def fades(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """From black and to black, over so many frames each."""
    shares = (np.arange(int(strength)) / np.float32(strength))[:, None, None, None]
    return np.concatenate([as_bytes(shares * video[:1]), video, as_bytes(shares[::-1] * video[-1:])])


def cards(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """A title before and a card after, for so many frames each."""
    height, width = video.shape[1:3]
    card = np.full(video.shape[1:], CARD_GREY, np.uint8)
    card[height // 3 : height // 2, width // 4 : 3 * width // 4] = CARD_LIGHT
    held = card[None].repeat(int(strength), axis=0)
    return np.concatenate([held, video, held])


def ended(world: World, problem: Problem, video: Video, strength: float, rng: np.random.Generator) -> Video:
    """Ended as soon as nothing changes any more, and frames that only repeat the last one left out."""
    new = np.ones(len(video), bool)
    new[1:] = (video[1:] != video[:-1]).any(axis=(1, 2, 3))
    return video[new]
