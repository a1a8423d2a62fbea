"""How a video is cut into chunks that are made one after another, and noise levels a chunk.

Frame 0 is given and belongs to the first chunk, so a video of one chunk is what a bidirectional policy makes.

B batch, T frame, K chunk.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor


def chunks_of(num_frames: int, chunk_frames: int | None) -> tuple[slice, ...]:
    """The frames of each chunk: frame 0 with the first `chunk_frames` free ones, then `chunk_frames` at a time; the
    last may have fewer. One chunk where `chunk_frames` is None.

    >>> chunks_of(8, 3)
    (slice(0, 4, None), slice(4, 7, None), slice(7, 8, None))
    """
    size = num_frames if chunk_frames is None else chunk_frames
    bounds = [0, *range(1 + size, num_frames, size), num_frames]
    return tuple(slice(start, stop) for start, stop in pairwise(bounds))


def frame_levels(sigma_BK: Tensor, chunks: tuple[slice, ...]) -> Tensor:
    """Noise levels as `flow` takes them: [B] where there is one chunk, else each frame's, [B, 1, T, 1, 1]."""
    if len(chunks) == 1:
        return sigma_BK[:, 0]
    lengths = torch.tensor([part.stop - part.start for part in chunks], device=sigma_BK.device)
    return sigma_BK.repeat_interleave(lengths, dim=1)[:, None, :, None, None]


def frames_seen(chunks: tuple[slice, ...]) -> float:
    """Frames that go through the network in a regression on whole videos, over those of the video: 1, or nearly 2
    where a clean past stands beside."""
    return 1 + chunks[-1].start / chunks[-1].stop if len(chunks) > 1 else 1.0
