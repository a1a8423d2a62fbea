"""A judge with taste, and a policy of one colour a step, whose laws and gradients can be written down."""

from __future__ import annotations

from concurrent.futures import Future
from pathlib import Path

import torch

from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.methods.video.sde_grpo.run import GRPO
from videorlvr.models.module import ModulePolicy
from videorlvr.models.pixels import BuiltinPolicy, condition_pixels, decode_pixels, encode_pixels
from videorlvr.training.learner import Bench
from videorlvr.worlds.api import Verdict

CPU = torch.device("cpu")
ETA = 0.7


class Score(Judge):
    """A judge with taste: every component is `score` of the video; what it saw is kept."""

    def __init__(self, score):
        super().__init__(EXACT)
        self.score, self.seen = score, []

    def submit(self, problems, videos):
        values = [self.score(video) for video in videos]
        self.seen.append(values)
        done = Future()
        names = ("success", "progress", "arrival", "connect", "walls")
        done.set_result([Verdict(False, "taste", components=dict.fromkeys(names, v)) for v in values])
        return [done]


def brightness(video):
    return float(video[1:].mean()) / 255


class Levels(ModulePolicy):
    """The smallest policy: half of what it sees, and a colour of its own for each step."""

    def __init__(self, num_steps):
        super().__init__(torch.nn.Embedding.from_pretrained(torch.zeros(num_steps, 3), freeze=False))

    @property
    def colours(self):
        return self.module.weight

    @torch.no_grad()
    def move(self, by):
        self.module.weight.add_(by)

    def condition(self, first, prompts, num_frames):
        return condition_pixels(first, num_frames)

    def encode(self, video):
        return encode_pixels(video)

    def decode(self, x):
        return decode_pixels(x)

    def velocity(self, x, at, condition):
        believed = 0.5 * x + self.colours[at.index][:, None, None, None]
        return (x - believed) / at.sigma[:, None, None, None, None]


def stage_of(config, judge, policy=None):
    policy = policy or BuiltinPolicy.load(Path(config.init), device=CPU)
    return GRPO(config, policy, Bench(judge))


def toy(rl_config, **changes):
    """A policy of one colour a step, whose gradient can be written down."""
    values = {
        "max_kl": None,
        "lr": 0.05,
        "reward": "dense-v1",
        "noise_scale": ETA,
        "clip_drift": 10.0,
        "grad_clip": 1e9,
    }
    config = rl_config(**(values | changes))
    return config, Levels(config.sampling.steps)


def law_by_hand(grid, k):
    """(d mean / d colour, std) of step k: x0^ = x/2 + colour, eps^ = x + (1 - sigma) (x - x0^) / sigma."""
    sigma, below = (float(level) for level in grid.double()[k : k + 2])
    r = (1 - sigma) * below / ((1 - below) * sigma)
    std = ETA * below * (1 - r * r) ** 0.5
    kept = (below**2 - std**2) ** 0.5
    return (1 - below) - kept * (1 - sigma) / sigma, std


def push(batch, grid, position):
    """Gradient of each video's log-probability of a step to its colour, [B, 3]."""
    held = batch.rollouts.trajectory
    slope, std = law_by_hand(grid, held.steps.steps[position])
    return (held.actions[position] - held.means[position])[:, :, 1:].sum((2, 3, 4)) * slope / std**2


def gradient_by_hand(batches, grid, num_videos, num_steps):
    """Minus the mean over videos and steps of advantage x push, a row a step."""
    rows = [
        -sum((batch.advantages[:, None] * push(batch, grid, k)).sum(0) for batch in batches)
        / (num_videos * num_steps)
        for k in range(num_steps)
    ]
    return torch.stack(rows)


def gradients_of(stage, turns):
    """The gradient that each update would have taken; the weights stay."""
    taken = []

    def keep(probe, figures):
        taken.append(stage.policy.colours.grad.clone())
        stage.policy.colours.grad = None
        figures.losses = []
        return True

    stage._update = keep
    stage.improve(turns)
    return taken


def collected(config, policy, score=brightness, iteration=0):
    stage = stage_of(config, Score(score), policy)
    return stage, stage.trials.collect(iteration, stage.steps(iteration))[0]
