"""`python docs/make_strip.py runs/small-rl/policy`: the strip of clips at the top of the README.

Law: nothing is chosen by eye or by success. Of each world it shows, at level `small`, the policy's first sample of
the test problem with the longest solution among the first `NUM_SEEN` whose board fills the canvas, and prints the
verdict on it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import torch

from videorlvr.base.files import write_bytes_atomic
from videorlvr.base.media.video import Video
from videorlvr.base.media.write import animated_webp
from videorlvr.judge.door import judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods.video.sft.recipes import SMALL_SAMPLING
from videorlvr.models.load import load_policy
from videorlvr.players.policy import PolicyPlayer
from videorlvr.worlds import WORLDS
from videorlvr.worlds.api import Problem, World
from videorlvr.worlds.problems import make_problem

OUT = Path(__file__).parent / "images" / "strip.webp"
LEVEL, NUM_SEEN = "small", 40
CLIP_PX, GAP_PX, FPS = 240, 16, 4.0
NUM_FRAMES_BEFORE, NUM_FRAMES_AFTER = 2, 5
"""Frames that the first and the last state are held longer, so that an eye can find the board."""


def longest(world: World) -> Problem:
    problems = [make_problem(world, LEVEL, "test", index) for index in range(NUM_SEEN)]
    full = [
        p
        for p in problems
        if (p.layout.height_px, p.layout.width_px) == tuple(p.layout.cell_px * n for n in p.grid.shape)
    ]
    return max(full, key=lambda problem: len(world.play(problem.grid, problem.solution)))


def enlarged(video: Video) -> Video:
    """By the largest whole factor that fits `CLIP_PX`."""
    scale = CLIP_PX // max(video.shape[1:3])
    return video.repeat(scale, axis=1).repeat(scale, axis=2)


def strip(clips: list[Video]) -> Video:
    """Clips side by side, each centred in its square; shorter ones hold their last frame."""
    num_frames = NUM_FRAMES_BEFORE + max(len(clip) for clip in clips) + NUM_FRAMES_AFTER
    out = np.full((num_frames, CLIP_PX, len(clips) * (CLIP_PX + GAP_PX) - GAP_PX, 3), 255, np.uint8)
    for place, clip in enumerate(clips):
        height, width = clip.shape[1:3]
        top, left = (CLIP_PX - height) // 2, place * (CLIP_PX + GAP_PX) + (CLIP_PX - width) // 2
        shown = np.clip(np.arange(num_frames) - NUM_FRAMES_BEFORE, 0, len(clip) - 1)
        out[:, top : top + height, left : left + width] = clip[shown]
    return out


def main() -> None:
    policy = load_policy(Path(sys.argv[1]), device=torch.device("cpu"))
    player, clips = PolicyPlayer(policy, SMALL_SAMPLING, batch_size=1), []
    for world in WORLDS.values():
        problem = longest(world)
        video = player(world, [problem], 0)[0]
        verdict = judge(world, problem, video, EXACT)
        print(f"{problem.address}: {'solved' if verdict.success else verdict.reason}")
        clips.append(enlarged(video))
    write_bytes_atomic(OUT, animated_webp(strip(clips), fps=FPS))
    print(f"{OUT}: {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
