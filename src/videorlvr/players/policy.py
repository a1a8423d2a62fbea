"""Problems in, videos out: conditioning on first frames, noise by name, the ODE sampler.

Law: a problem's noise is a function of its address and the sample's number alone, so two runs are compared
on the same noise, and neither batch nor order matters.

B batch, C channel, T frame, H W.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.flow.sampler import Solver, sample
from videorlvr.flow.schedule import sigma_grid
from videorlvr.models.api import Policy
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Video, World
from videorlvr.worlds.render import first_frame


class Sampling(BaseModel):
    """The sampler of rollouts and evaluation."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    num_steps: int = Field(default=10, ge=2, le=1000)
    shift: float = Field(default=3.0, gt=0)
    solver: Solver = "euler"

    def grid(self) -> Tensor:
        return sigma_grid(self.num_steps, self.shift)


def condition(policy: Policy, problems: Sequence[Problem]) -> Tensor:
    """Latents [B, C, T, H, W] whose frame 0 is each problem's first frame, held for all its frames."""
    firsts = np.stack([first_frame(world_of(problem.address.world), problem) for problem in problems])
    video = np.broadcast_to(firsts[:, None], (len(firsts), problems[0].num_frames, *firsts.shape[1:]))
    return policy.encode(torch.from_numpy(np.ascontiguousarray(video)))


def named_noise(problems: Sequence[Problem], sample_index: int, like: Tensor) -> Tensor:
    """Standard normal noise [B, ...] like `like`, a row for each problem's address."""
    rows = []
    for problem in problems:
        generator = torch.Generator().manual_seed(
            seeding.seed_of("noise", str(problem.address), sample_index)
        )
        rows.append(torch.randn(like.shape[1:], generator=generator))
    return torch.stack(rows).to(like.device)


class PolicyPlayer:
    """A policy as a player: (world, problems of one shape, sample number) -> uint8 videos.

    The last batch is filled up with copies, so that a compiled network sees one shape.
    """

    def __init__(self, policy: Policy, sampling: Sampling, *, batch_size: int = 64) -> None:
        self.policy, self.sampling, self.batch_size = policy, sampling, batch_size

    @torch.no_grad()
    def __call__(self, world: World, problems: list[Problem], sample_index: int) -> Video:
        out = []
        for start in range(0, len(problems), self.batch_size):
            part = problems[start : start + self.batch_size]
            filled = part + [part[-1]] * (self.batch_size - len(part))
            clean = condition(self.policy, filled)
            x = sample(
                lambda x, sigma, clean=clean: self.policy.velocity(x, sigma, clean),  # type: ignore[misc]
                named_noise(filled, sample_index, clean),
                sigmas=self.sampling.grid(),
                solver=self.sampling.solver,
                free_mask=self.policy.free_mask(clean),
                clean=clean,
            )
            out.append(self.policy.decode(x).cpu().numpy()[: len(part)])
        return np.concatenate(out)
