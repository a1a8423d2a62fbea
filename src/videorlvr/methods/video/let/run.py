"""LET's learner on videos: the regression, and a teacher that looks at the same noisy videos until it is gone.

Law: with weight 0, and from the step on at which the teacher is gone, it is the regression, bit for bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.flow.at import At, Field
from videorlvr.methods.video.let.config import LETVideoConfig
from videorlvr.methods.video.let.math import state_loss
from videorlvr.models.api import Condition, Policy
from videorlvr.models.load import load_policy, new_policy
from videorlvr.models.seam import Site, attached
from videorlvr.training.device import prepare
from videorlvr.training.learner import Bench
from videorlvr.training.supervised import Supervised
from videorlvr.training.teacher import teacher_weight
from videorlvr.training.track import Metrics


class LETVideo(Supervised):
    """What it adds to the regression: a block's states are drawn to the teacher's."""

    config: LETVideoConfig

    def __init__(self, config: LETVideoConfig, policy: Policy, bench: Bench) -> None:
        super().__init__(config, policy, bench)
        self.stop = round(config.until * config.num_steps)
        self.teacher: Policy | None = _teacher(config, policy) if config.weight and self.stop else None
        self.align: Tensor | None = None  # of the videos that were last looked at

    def step(self, index: int) -> Metrics:
        if self._weight(index) == 0:
            self.teacher = None  # its memory is given back
        line = super().step(index)
        if self.teacher is not None:
            # A forward pass of the teacher counts as one, though its network is smaller.
            self.network_evaluations += self.config.batch * len(self.pools)
        return line

    def field(self, index: int, condition: Condition, video: Tensor, prompts: Sequence[str]) -> Field:
        teacher, plain = self.teacher, super().field(index, condition, video, prompts)
        self.align = None
        if teacher is None:
            return plain
        taught = teacher.condition(video[:, 0], prompts, video.shape[1])

        def looked_at(x: Tensor, at: At) -> Tensor:
            own, theirs = _States(), _States()
            with attached(self.policy.module, tap=own):
                velocity = plain(x, at)
            with torch.no_grad(), attached(teacher.module, tap=theirs):
                teacher.velocity(x, at, taught)
            config = self.config
            drawn, to = own.of(config.layer, "layer"), theirs.of(config.teacher_layer, "teacher_layer")
            self.align = state_loss(drawn, to)
            return velocity

        return looked_at

    def objective(self, loss: Tensor, index: int) -> Tensor:
        if self.align is None:
            return loss
        self._add("align", self.align.detach() / len(self.pools))
        return loss + self._weight(index) * self.align

    def _weight(self, index: int) -> float:
        return teacher_weight(index, weight=self.config.weight, stop=self.stop)


class _States:
    """A tap that keeps what it is shown, in order."""

    def __init__(self) -> None:
        self.shown: list[Tensor] = []

    def __call__(self, site: Site, hidden: Tensor) -> None:
        self.shown.append(hidden)

    def of(self, layer: int | None, name: str) -> Tensor:
        """The states behind a block, counted from 1; the last for None.

        Raises:
            ValueError: If there are fewer blocks.
        """
        if layer is not None and layer > len(self.shown):
            raise ValueError(f"{name}={layer} of {len(self.shown)} blocks: take one of those")
        return self.shown[-1 if layer is None else layer - 1]


def _teacher(config: LETVideoConfig, policy: Policy) -> Policy:
    """The teacher, frozen, on the learner's device.

    Raises:
        ValueError: If it is no policy of videos.
    """
    if config.teacher_model is not None:
        seed = seeding.seed_of("let-teacher", config.seed)
        teacher: Any = new_policy(config.teacher_model, seed=seed, device=policy.device)
    else:
        teacher = load_policy(Path(str(config.teacher)), device=policy.device)
    if not hasattr(teacher, "condition"):
        raise ValueError(f"teacher '{config.teacher}' writes: expected a policy that makes videos")
    teacher.module.requires_grad_(False)
    prepare(config, teacher)
    found: Policy = teacher
    return found
