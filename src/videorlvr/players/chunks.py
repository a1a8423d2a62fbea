"""Rollouts of a causal policy: chunk by chunk, ended where the judge finds a fault.

Law: an ended video's frames so far are those that it would have had, and it holds the last of them to its end; the
judge's first fault is the same in both. What others do changes no video.

B batch, C channel, T frame, H W.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from videorlvr.judge.pool import Judge
from videorlvr.models.api import Condition, Policy
from videorlvr.players.policy import chunkwise
from videorlvr.players.sampling import Sampling, evaluations_of
from videorlvr.worlds.api import Problem


def sample_chunks(
    policy: Policy,
    condition: Condition,
    noise: Tensor,
    sampling: Sampling,
    *,
    problems: Sequence[Problem],
    judge: Judge | None,
) -> tuple[Tensor, float]:
    """(latents [B, C, T, H, W], network evaluations a video): a chunk of t frames counts t / T of them.

    judge: Ends videos at their first faulty chunk; None makes every video whole.
    """
    chunks, x, cost = policy.chunks(noise.shape[2]), torch.empty_like(noise), 0.0
    solving = sum(evaluations_of(sampling, index) for index in range(sampling.steps))
    walk = chunkwise(policy, condition, noise, sampling)
    keep: Tensor | None = None
    for frames in chunks:
        progress = walk.send(keep)
        t = progress.made.shape[2]
        x[progress.items, :, :t] = progress.made
        x[progress.items, :, t:] = progress.made[:, :, -1:]
        share = len(progress.items) * (frames.stop - frames.start) / noise.shape[2]
        cost += share * solving
        if frames == chunks[-1]:
            break
        keep = None
        if judge is not None:
            keep = _legal(judge, policy, x[progress.items], [problems[i] for i in progress.items.tolist()], t)
            if not keep.any():
                break
            share *= float(keep.float().mean())
        cost += share  # the chunk is seen once more, clean, by those that go on
    return x, cost / len(noise)


def _legal(judge: Judge, policy: Policy, x: Tensor, problems: Sequence[Problem], num_made: int) -> Tensor:
    """bool [B]: whether no fault lies within the first `num_made` frames; the rest are copies of the last."""
    with torch.no_grad():
        videos = policy.decode(x).cpu().numpy()
    verdicts = judge(problems, videos)
    bad = [not v.success and v.frame is not None and v.frame < num_made for v in verdicts]
    return ~torch.tensor(bad, device=x.device)
