"""Rollouts: videos in groups, with what training may need to know of how they came about.

Law: window steps run through the very computation that training replays (same batch, same graph, grad mode on), so
that the first ratio is exactly 1, in bf16 and compiled too. Nothing is implied by an item's place: `group_ids`
says whose group it is in, and `pick` cuts any batch out of another.

L window steps, B batch, C channel, T frame, H W.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from videorlvr.flow.gaussian import Transition, kl_mean, log_prob_mean
from videorlvr.flow.sampler import Step, StochasticSteps, replay_transition
from videorlvr.judge.pool import Judge
from videorlvr.models.api import Condition, Policy
from videorlvr.players.chunks import sample_chunks
from videorlvr.players.policy import condition_of, walk
from videorlvr.players.rejection import Rejection
from videorlvr.players.sampling import Sampling, evaluations_of
from videorlvr.worlds.api import Problem, Video

GroupIds = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Trajectory:
    """What the window's steps of a batch saw and did.

    states, actions, means: [L][B, C, T, H, W], what each step started from, where it went, and the mean of the law
    it drew from. In a window without gaps an action is the next step's state, the same tensor.
    log_probs: float32 [L][B], mean-reduced, of the stored action.
    """

    steps: StochasticSteps
    states: list[Tensor] = field(default_factory=list)
    actions: list[Tensor] = field(default_factory=list)
    means: list[Tensor] = field(default_factory=list)
    log_probs: list[Tensor] = field(default_factory=list)

    def add(self, step: Step, free: Tensor) -> None:
        """Keep a step, if it is one of the window's."""
        if step.transition is None:
            return
        known = len(self.actions)
        follows = known > 0 and self.steps.steps[known - 1] == step.index - 1
        self.states.append(self.actions[-1] if follows else step.x.to(self.steps.storage_dtype))
        self.actions.append(step.x_next.to(self.steps.storage_dtype))
        self.means.append(step.transition.mean)  # not rounded: a replay's drift from it is exactly 0
        self.log_probs.append(log_prob_mean(step.transition, step.x_next, free))

    def pick(self, keep: Tensor) -> Trajectory:
        """The trajectories of the items `keep` (bool [B] or indices)."""
        return _made_of(self.steps, [self], lambda values: values[0][keep])

    @staticmethod
    def cat(parts: Sequence[Trajectory]) -> Trajectory:
        """Trajectories through one window as one batch."""
        return _made_of(parts[0].steps, parts, torch.cat)


def _made_of(
    steps: StochasticSteps, parts: Sequence[Trajectory], make: Callable[[list[Tensor]], Tensor]
) -> Trajectory:
    """A trajectory of what `make` makes of the parts' tensors; one that is held twice is made once."""
    made: dict[int, Tensor] = {}

    def joined(name: str) -> list[Tensor]:
        out = []
        for values in zip(*(getattr(part, name) for part in parts), strict=True):
            if id(values[0]) not in made:
                made[id(values[0])] = make(list(values))
            out.append(made[id(values[0])])
        return out

    return Trajectory(steps, joined("states"), joined("actions"), joined("means"), joined("log_probs"))


@dataclass(frozen=True, eq=False)
class Rollouts:
    """Some videos of one world as one batch.

    x0: latents at the end of the path, float32 [B, C, T, H, W].
    problems: one a video. group_ids: int64 [B]; equal for the videos that share their credit.
    trajectory: of the stochastic steps; None if the path was the ODE throughout.
    num_forwards: network evaluations that one video took; a mean where some were ended early.
    """

    x0: Tensor
    condition: Condition
    problems: list[Problem]
    group_ids: GroupIds
    videos: Video
    trajectory: Trajectory | None
    num_forwards: float

    def __len__(self) -> int:
        return len(self.problems)

    def pick(self, index: Tensor) -> Rollouts:
        """The videos at these places [K] int64, as a batch."""
        places = index.tolist()
        return Rollouts(
            self.x0[index],
            self.condition.pick(index),
            [self.problems[place] for place in places],
            self.group_ids[places],
            self.videos[places],
            self.trajectory.pick(index) if self.trajectory else None,
            self.num_forwards,
        )

    @staticmethod
    def cat(parts: Sequence[Rollouts]) -> Rollouts:
        """Rollouts of one world and window as one batch; groups keep their ids."""
        trajectories = [part.trajectory for part in parts if part.trajectory is not None]
        return Rollouts(
            torch.cat([part.x0 for part in parts]),
            Condition.cat([part.condition for part in parts]),
            [problem for part in parts for problem in part.problems],
            np.concatenate([part.group_ids for part in parts]),
            np.concatenate([part.videos for part in parts]),
            Trajectory.cat(trajectories) if trajectories else None,
            sum(len(part) * part.num_forwards for part in parts) / sum(len(part) for part in parts),
        )


@dataclass(frozen=True, eq=False)
class Rolling:
    """A batch that the device may still be at work on: what is asked of it is waited for in `finish`.

    pixels: uint8 [B, T, H, W, 3] on the host, bad: how many videos hold numbers that are not finite, once `copied`.
    """

    x0: Tensor
    condition: Condition
    problems: list[Problem]
    group_ids: GroupIds
    trajectory: Trajectory | None
    num_forwards: float
    pixels: Tensor
    bad: Tensor
    copied: torch.cuda.Event | None

    def finish(self) -> Rollouts:
        """The batch, whole.

        Raises:
            FloatingPointError: If the policy answers with what are no numbers: to judge it as a video would be to
                learn from a picture of nothing.
        """
        if self.copied is not None:
            self.copied.synchronize()
        if bad := int(self.bad):
            raise FloatingPointError(
                f"{bad} of {len(self.x0)} rollouts hold numbers that are not finite: the policy has fallen apart; "
                "go on from the last checkpoint with a lower lr, in a new folder"
            )
        return Rollouts(
            self.x0,
            self.condition,
            self.problems,
            self.group_ids,
            self.pixels.numpy(),
            self.trajectory,
            self.num_forwards,
        )


def begin(
    policy: Policy,
    problems: Sequence[Problem],
    *,
    group_ids: GroupIds,
    sampling: Sampling,
    steps: StochasticSteps | None,
    generator: torch.Generator,
    judge: Judge | None = None,
    reject: Rejection | None = None,
) -> Rolling:
    """Sample a video of each problem as one batch; noise and trajectory in the steps of `steps` only.

    Args:
        problems: One a video; those of a group are the same problem, which is conditioned on once.
        judge: Ends a causal policy's videos at their first faulty chunk; None makes every video whole.
        reject: Ends the worst of each group after a step; None makes every video whole.

    Raises:
        ValueError: For `steps` or `reject` with a causal policy, or `reject` at or before a step of `steps`.
    """
    _, first, place = np.unique(group_ids, return_index=True, return_inverse=True)
    condition = condition_of(policy, [problems[number] for number in first])
    condition = condition.pick(torch.from_numpy(place).to(policy.device))
    device = condition.clean.device

    def normal(_: int, shape: torch.Size) -> Tensor:
        return torch.randn(shape, generator=generator, device=device)

    x, num_forwards = normal(0, condition.clean.shape), 0.0
    trajectory = Trajectory(steps) if steps is not None else None
    if reject is not None and steps is not None and reject.at <= max(steps.steps, default=-1):
        raise ValueError(
            f"rejection after step {reject.at} with stochastic steps {steps.steps}: it would change what training "
            "replays; expected a later step"
        )
    if len(policy.chunks(x.shape[2])) > 1:
        if steps is not None:
            raise ValueError(
                "stochastic steps with a causal policy, whose steps are a chunk's: train it on the forward process "
                "(awm, nft, rejection-sft, preference)"
            )
        if reject is not None:
            raise ValueError(
                "rejection after a step with a causal policy, whose steps are a chunk's: leave reject_at out; its "
                "videos are ended at the judge's first fault"
            )
        x, num_forwards = sample_chunks(policy, condition, x, sampling, problems=problems, judge=judge)
    else:
        steer = reject.steer(policy, problems, group_ids) if reject else None
        for step in walk(policy, condition, x, sampling, stochastic=steps, noise_fn=normal, steer=steer):
            x = step.x_next
            cost = 1 if step.transition is not None else evaluations_of(sampling, step.index)
            num_forwards += cost * len(x) / len(problems)
            if trajectory is not None:
                trajectory.add(step, condition.free)
        x = reject.whole(x) if reject else x
    with torch.no_grad():
        pixels, bad = policy.decode(x), (~x.isfinite().flatten(1).all(1)).sum()
    copied = None
    if device.type == "cuda":
        pixels, bad = (_to_host(values) for values in (pixels, bad))
        copied = torch.cuda.Event()  # type: ignore[no-untyped-call]
        copied.record()
    return Rolling(x, condition, list(problems), group_ids, trajectory, num_forwards, pixels, bad, copied)


def _to_host(values: Tensor) -> Tensor:
    """A copy that is there once the device comes to it."""
    return torch.empty(values.shape, dtype=values.dtype, pin_memory=True).copy_(values, non_blocking=True)


def replay(
    policy: Policy, condition: Condition, trajectory: Trajectory, position: int, sigmas: Tensor
) -> Transition:
    """Law of the window's step number `position` under the policy as it is now, with gradient if it is on."""
    return replay_transition(
        lambda x, at: policy.velocity(x, at, condition),
        trajectory.states[position],
        index=trajectory.steps.steps[position],
        sigmas=sigmas,
        stochastic=trajectory.steps,
        free_mask=condition.free,
        clean=condition.clean,
    )


def drift_square(old_mean: Tensor, new: Transition, free: Tensor) -> Tensor:
    """Half the squared drift per free dimension since the rollout, in units of std: [B], no gradient."""
    return kl_mean(Transition(old_mean, new.std), Transition(new.mean.detach(), new.std), free)
