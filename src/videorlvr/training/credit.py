"""Credit by frame or chunk: a video as an episode that ends at the judge's first faulty frame.

    r[f] = 1 / (T - 1) for a legal frame f >= 1,   r[T - 1] += bonus for a success
    G[f] = sum over g >= f of discount^(g - f) r[g]                               what is still earned from f on
    A[f] = (G[f] - mean of G[f] over the group's videos that are still legal before f) / std,   0 after the fault

With discount 1 and a policy whose frames are independent given the condition, sum over f of A[f] grad log p(frame f)
is the policy gradient: what a frame shows cannot change what was earned before it, and after the fault nothing
is earned any more. Both are left out, so they bring no noise. A denoiser's frames are not independent, so in
training this is an approximation; a discount below 1 keeps credit near the fault.

A causal policy acts a chunk at a time, and each chunk is drawn given those before. Then the same with chunks for
frames, G taken at a chunk's first frame, is no approximation: a chunk's frames share one A, the one with the fault is
the last that counts, and its frames after the fault count with it, since it was drawn as one.

Source: reward to go and baselines, REINFORCE (Williams, 1992); that the judge's frame ends the episode is ours.

N videos, T frames. A frame's index is the video's; frame 0 is given and has no credit.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from videorlvr.worlds.api import Verdict

Floats = npt.NDArray[np.float64]


def legal_frames(verdicts: Sequence[Verdict], num_frames: int) -> npt.NDArray[np.int64]:
    """How many frames of each video are legal, frame 0 among them: `num_frames` for a success, else the index of
    the first faulty frame, and 0 where the verdict names none."""
    return np.array([num_frames if v.success else (v.frame or 0) for v in verdicts], np.int64)


def returns_to_go(legal: npt.ArrayLike, num_frames: int, *, bonus: float, discount: float) -> Floats:
    """G [..., T] of videos with `legal` legal frames [...]; `num_frames` legal frames are a success."""
    count = np.asarray(legal)[..., None]
    frame = np.arange(num_frames)
    earned = np.where((frame >= 1) & (frame < count), 1 / max(num_frames - 1, 1), 0.0)
    earned[..., -1] += np.where(count[..., 0] == num_frames, bonus, 0.0)
    out = np.zeros_like(earned)
    out[..., -1] = earned[..., -1]
    for f in range(num_frames - 2, -1, -1):
        out[..., f] = earned[..., f] + discount * out[..., f + 1]
    return out


def frame_advantages(
    legal_N: npt.NDArray[np.int64],
    group_ids_N: npt.NDArray[np.int64],
    num_frames: int,
    *,
    bonus: float,
    discount: float,
    max_advantage: float,
    chunks: Sequence[slice] | None = None,
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """A [N, T] and whether a video's group carries a signal [N]. std is that of the group's whole returns.

    A group whose videos have equally many legal frames gets exactly zero. `chunks` are the frames that a causal policy
    makes together, all frames in order; None for each frame by itself.
    """
    frame = np.arange(num_frames)
    acted = frame if chunks is None else _first_free(chunks)  # the frame at which each frame was decided
    to_go_NT = returns_to_go(legal_N, num_frames, bonus=bonus, discount=discount)[:, acted]
    whole_N = returns_to_go(legal_N, num_frames, bonus=bonus, discount=1.0)[:, 0]
    # Up to and with the faulty frame, which earned nothing, or the chunk that it lies in.
    alive_NT = (legal_N[:, None] >= acted) & (frame >= 1)
    out, live = np.zeros_like(to_go_NT), np.zeros(len(legal_N), bool)
    for group in np.unique(group_ids_N):
        own = group_ids_N == group
        if np.ptp(legal_N[own]) == 0:
            continue
        live[own] = True
        alive = alive_NT[own]
        baseline = np.where(alive, to_go_NT[own], 0.0).sum(axis=0) / np.maximum(alive.sum(axis=0), 1)
        out[own] = np.where(alive, (to_go_NT[own] - baseline) / whole_N[own].std(), 0.0)
    return np.clip(out, -max_advantage, max_advantage), live


def _first_free(chunks: Sequence[slice]) -> npt.NDArray[np.int64]:
    """The first free frame of each frame's chunk, [T]."""
    return np.array([max(part.start, 1) for part in chunks for _ in range(part.start, part.stop)], np.int64)
