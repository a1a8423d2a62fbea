"""Problems in, videos out: conditioning on first frames, noise by name, the ODE sampler.

Law: a problem's noise is a function of its address and the sample's number alone, so two runs are compared
on the same noise, and neither batch nor order matters.

B batch, C channel, T frame, H W.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.flow.at import At, Field
from videorlvr.flow.sampler import Step, StochasticSteps, denoise
from videorlvr.models.api import Chunk, Condition, Policy
from videorlvr.players.meter import Meter, counting
from videorlvr.players.sampling import Sampling
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Video, World
from videorlvr.worlds.render import first_frame

Steer = Callable[[Step], Tensor | None]
"""Looks at a step; None goes on with all items, a bool [B] or indices with those."""


def condition_of(policy: Policy, problems: Sequence[Problem]) -> Condition:
    """The condition of videos of these problems, which share layout and number of frames."""
    firsts = np.stack([first_frame(world_of(problem.address.world), problem) for problem in problems])
    prompts = [problem.prompt for problem in problems]
    return policy.condition(torch.from_numpy(firsts), prompts, problems[0].num_frames)


def named_noise(problems: Sequence[Problem], sample_index: int, like: Tensor) -> Tensor:
    """Standard normal noise [B, ...] like `like`, a row for each problem's address."""
    rows = []
    for problem in problems:
        generator = torch.Generator().manual_seed(
            seeding.seed_of("noise", str(problem.address), sample_index)
        )
        rows.append(torch.randn(like.shape[1:], generator=generator))
    return torch.stack(rows).to(like.device)


def walk(
    policy: Policy,
    condition: Condition,
    noise: Tensor,
    sampling: Sampling,
    *,
    stochastic: StochasticSteps | None = None,
    noise_fn: Callable[[int, torch.Size], Tensor] | None = None,
    steer: Steer | None = None,
    meter: Meter | None = None,
    around: Callable[[Field], Field] | None = None,
) -> Generator[Step, None, None]:
    """The steps of `flow.sampler.denoise` with a policy's velocity; `steer` may drop items after each, `meter` counts
    what is computed, and `around` makes another velocity of the policy's: guided, or in part remembered.

    Gradients are off, except for the network's own forward in steps of `stochastic`: training replays those
    with gradient, and a compiled graph with gradient is another one, whose sums differ in the last bits.
    """
    sigmas = sampling.noise_levels()
    window = stochastic.steps if stochastic else ()
    kept = condition

    def field(x: Tensor, at: At) -> Tensor:
        with torch.set_grad_enabled(at.index in window), counting(meter, len(x)):
            return policy.velocity(x, at, kept).detach()

    steps = denoise(
        around(field) if around else field,
        noise,
        sigmas=sigmas,
        stochastic=stochastic,
        solver=sampling.solver,
        free_mask=condition.free,
        clean=condition.clean,
        noise_fn=noise_fn,
    )
    keep: Tensor | None = None
    while True:
        try:
            with torch.no_grad():  # not around the yield: grad mode is the thread's, not the generator's
                step = steps.send(keep)
        except StopIteration:
            return
        yield step
        keep = steer(step) if steer else None
        if keep is not None:
            kept = kept.pick(keep)


def roll(
    policy: Policy,
    condition: Condition,
    noise: Tensor,
    sampling: Sampling,
    *,
    steer: Steer | None = None,
    meter: Meter | None = None,
    around: Callable[[Field], Field] | None = None,
) -> Tensor:
    """Latents [B, C, T, H, W] at the end of the ODE from `noise`; fewer items where `steer` dropped some.

    Raises:
        ValueError: For `steer` or `around` with a causal policy, which has no step of a whole video to look at.
    """
    if steer is None and around is None:
        made = noise
        for progress in chunkwise(policy, condition, noise, sampling, meter=meter):
            made = progress.made
        return made
    if len(policy.chunks(noise.shape[2])) > 1:
        raise ValueError(
            "steer or around with a causal policy: its steps are a chunk's; answer `chunkwise` instead"
        )
    last: Step | None = None
    for last in walk(policy, condition, noise, sampling, steer=steer, meter=meter, around=around):  # noqa: B007
        pass
    assert last is not None
    return last.x_next


@dataclass(frozen=True, eq=False)
class Progress:
    """A batch after one more chunk.

    made: [B, C, t, H, W] all frames so far. items: [B] positions of these items in the batch that was begun with.
    """

    made: Tensor
    items: Tensor


def chunkwise(
    policy: Policy, condition: Condition, noise: Tensor, sampling: Sampling, *, meter: Meter | None = None
) -> Generator[Progress, Tensor | None, None]:
    """Make videos chunk by chunk, each by the ODE from its own part of `noise` [B, C, T, H, W].

    Answer with `.send(keep)`, a bool [B] or indices, to go on with those items only; it ends when none is left.
    An item does not depend on which others were dropped.
    """
    done: Chunk | None = None
    made, items = noise[:, :, :0], torch.arange(len(noise), device=noise.device)
    for frames in policy.chunks(noise.shape[2]):
        with torch.no_grad(), counting(meter, 0 if done is None else len(items)):
            begun = policy.next_chunk(condition, done)
        assert begun.frames == frames
        x = noise[:, :, frames]
        for step in walk(policy, begun.condition, x, sampling, meter=meter):
            x = step.x_next
        done, made = begun.with_made(x), torch.cat([made, x], dim=2)
        keep = yield Progress(made, items)
        if keep is not None:
            condition, done, noise = condition.pick(keep), done.pick(keep), noise[keep]
            made, items = made[keep], items[keep]
        if not len(items):
            return


class PolicyPlayer:
    """A policy as a player: (world, problems of one shape, sample number) -> uint8 videos.

    The last batch is filled up with copies, so that a compiled network sees one shape.
    """

    def __init__(self, policy: Policy, sampling: Sampling, *, batch_size: int = 64) -> None:
        self.policy, self.sampling, self.batch_size = policy, sampling, batch_size

    @property
    def identity(self) -> dict[str, Any]:
        """What its videos depend on besides the weights: two evaluations are of one player if it is equal.

        dtype: what the network computes in; a GPU in bf16 does not make a CPU's videos.
        """
        return {
            "sampling": self.sampling.model_dump(),
            "device": self.policy.device.type,
            "dtype": str(self.policy.compute_dtype).removeprefix("torch."),
        }

    @torch.no_grad()
    def __call__(self, world: World, problems: list[Problem], sample_index: int) -> Video:
        out = []
        for start in range(0, len(problems), self.batch_size):
            part = problems[start : start + self.batch_size]
            filled = part + [part[-1]] * (self.batch_size - len(part))
            condition = condition_of(self.policy, filled)
            noise = named_noise(filled, sample_index, condition.clean)
            x = roll(self.policy, condition, noise, self.sampling)
            out.append(self.policy.decode(x).cpu().numpy()[: len(part)])
        return np.concatenate(out)
