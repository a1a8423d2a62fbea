"""Cheats that are no proper videos: too short, too long, of another size, of values that are no pixels.

Here `make` may return any array, as a player or a file could. Each is a right solution but for its form, so
that a judge which looks away accepts it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import Cheat, Problem, Video, World
from videorlvr.worlds.render import first_frame, oracle_video
from videorlvr.worlds.verify import MAX_FRAMES

Floats = npt.NDArray[np.float32]


def _no_frames(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """A video without a frame."""
    return oracle_video(world, problem)[:0]


def _single_frame(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The solved board as a video of one frame."""
    return oracle_video(world, problem)[-1:]


def _endless(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The given frame, held for longer than any video that is judged. One frame of memory."""
    frame = first_frame(world, problem)
    return np.broadcast_to(frame, (MAX_FRAMES + 1, *frame.shape))


def _cropped(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle video without its last rows of pixels."""
    return oracle_video(world, problem)[:, :-8]


def _doubled(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle video with every pixel twice as large."""
    return oracle_video(world, problem).repeat(2, axis=1).repeat(2, axis=2)


def _with_alpha(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle video with a fourth channel."""
    video = oracle_video(world, problem)
    return np.concatenate([video, np.full_like(video[..., :1], 255)], axis=-1)


def _grey(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle video in one channel."""
    return oracle_video(world, problem)[..., :1]


def _channels_first(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle video as frames, channels, rows, columns."""
    return oracle_video(world, problem).transpose(0, 3, 1, 2)


def _batched(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle video as a batch of one."""
    return oracle_video(world, problem)[None]


def _other_channel_order(world: World, problem: Problem, rng: np.random.Generator) -> Video:
    """The oracle video with red and blue exchanged."""
    return oracle_video(world, problem)[..., ::-1]


def _unit_range(world: World, problem: Problem, rng: np.random.Generator) -> Any:
    """The oracle video as floats in 0-1, where 0-255 is expected: almost black."""
    return oracle_video(world, problem).astype(np.float32) / 255


def _spoiled(value: float) -> Callable[[World, Problem, np.random.Generator], Any]:
    def make(world: World, problem: Problem, rng: np.random.Generator) -> Any:
        """The oracle video as floats, one pixel of its last frame no number that a pixel can have."""
        video: Floats = oracle_video(world, problem).astype(np.float32)
        video[-1, rng.integers(video.shape[1]), rng.integers(video.shape[2])] = value
        return video

    return make


def _signed(world: World, problem: Problem, rng: np.random.Generator) -> Any:
    """The oracle video as integers from -128 to 127."""
    return oracle_video(world, problem).astype(np.int16) - 128


def _sixteen_bit(world: World, problem: Problem, rng: np.random.Generator) -> Any:
    """The oracle video in 16 bits a channel."""
    return oracle_video(world, problem).astype(np.uint16) * 257


FORMAT_CHEATS = (
    Cheat("no-frames", _no_frames, ("too_few_frames",)),
    Cheat("single-frame", _single_frame, ("too_few_frames",)),
    Cheat("endless", _endless, ("too_many_frames",)),
    Cheat("wrong-size", _cropped, ("wrong_size",)),
    Cheat("doubled-size", _doubled, ("wrong_size",)),
    Cheat("four-channels", _with_alpha, ("wrong_size",)),
    Cheat("one-channel", _grey, ("wrong_size",)),
    Cheat("channels-first", _channels_first, ("wrong_size",)),
    Cheat("batch-of-one", _batched, ("wrong_size",)),
    Cheat("blue-for-red", _other_channel_order, ("wrong_start",)),
    Cheat("floats-to-one", _unit_range, ("wrong_start",)),
    Cheat("not-a-number", _spoiled(np.nan), ("wrong_values",)),
    Cheat("infinite-pixel", _spoiled(np.inf), ("wrong_values",)),
    Cheat("pixel-too-bright", _spoiled(1e6), ("wrong_values",)),
    Cheat("pixel-below-zero", _spoiled(-1e6), ("wrong_values",)),
    Cheat("signed-pixels", _signed, ("wrong_values",)),
    Cheat("sixteen-bit-pixels", _sixteen_bit, ("wrong_values",)),
)
