"""What rollout, training and evaluation ask of a policy. Adding one means a file with these methods.

B batch, C channel, T frame, H W; for a policy with a VAE, T H W count latent frames and positions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Protocol, Self

import torch
from torch import Tensor, nn

from videorlvr.flow.at import At

CONFIG = "policy.json"
"""A saved policy's configuration; its `kind` says whose it is (`models.load`)."""


@dataclass(frozen=True, eq=False)
class Condition:
    """What is given of some videos, and whatever else their velocity depends on: made by a policy, for itself.

    Attributes:
        clean: float32 [B, C, T, H, W], latents whose given part holds the given values; the rest is not looked at.
        free: bool, broadcastable to `clean`: False where the first frame is given, so where nothing is sampled.
        extra: Further tensors by name, each with the batch as its first axis: embedded prompts, cached latents.
    """

    clean: Tensor
    free: Tensor
    extra: Mapping[str, Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.clean)

    def pick(self, keep: Tensor) -> Condition:
        """The condition of the items `keep` (bool [B] or indices)."""
        free = self.free if len(self.free) == 1 else self.free[keep]
        return Condition(self.clean[keep], free, {name: value[keep] for name, value in self.extra.items()})

    def repeat(self, n: int) -> Condition:
        """Each item `n` times, its copies side by side: the condition of a group."""
        free = self.free if len(self.free) == 1 else self.free.repeat_interleave(n, dim=0)
        extra = {name: value.repeat_interleave(n, dim=0) for name, value in self.extra.items()}
        return Condition(self.clean.repeat_interleave(n, dim=0), free, extra)

    @staticmethod
    def cat(parts: Sequence[Condition]) -> Condition:
        """Conditions of one shape as one batch."""
        first = parts[0]
        shared = all(len(part.free) == 1 for part in parts)
        free = first.free if shared else torch.cat([p.free.expand(len(p), *p.free.shape[1:]) for p in parts])
        extra = {name: torch.cat([part.extra[name] for part in parts]) for name in first.extra}
        return Condition(torch.cat([part.clean for part in parts]), free, extra)

    @cached_property
    def num_free(self) -> int:
        """D, the free dimensions of one item; on a GPU waited for once."""
        return int(self.free[:1].expand(self.clean[:1].shape).sum())


@dataclass(frozen=True, eq=False)
class Chunk:
    """Some frames of videos on their way: their condition, in which the past may be remembered, and, once they are
    made, their latents [B, C, T', H, W]."""

    frames: slice
    condition: Condition
    made: Tensor | None = None

    def with_made(self, made: Tensor) -> Chunk:
        return Chunk(self.frames, self.condition, made)

    def pick(self, keep: Tensor) -> Chunk:
        """The chunk of the items `keep` (bool [B] or indices)."""
        made = None if self.made is None else self.made[keep]
        return Chunk(self.frames, self.condition.pick(keep), made)


class Trainable(Protocol):
    """What a run trains and saves, a policy of whatever host.

    module: what is trained and averaged; parameters that require no grad stay as they are, and are not in
    checkpoints.
    """

    @property
    def module(self) -> nn.Module: ...

    @property
    def device(self) -> torch.device: ...

    def compile(self) -> None:
        """Compile what is worth it, once; to do nothing is allowed."""
        ...

    def save(self, folder: Path) -> None:
        """Write `policy.json`, which names the policy's `kind`, and the weights beside it."""
        ...


class Policy(Trainable, Protocol):
    """A flow model of video given its first frame."""

    @property
    def compute_dtype(self) -> torch.dtype:
        """What the network computes in; states, losses and laws are float32 whatever it is."""
        ...

    def with_module(self, module: nn.Module) -> Self:
        """The same policy over another module of the same form: its running average, or a frozen copy."""
        ...

    def check_video(self, height: int, width: int, num_frames: int) -> None:
        """
        Raises:
            ValueError: If it makes no videos of this size and length; the nearest ones that it makes are named.
        """
        ...

    def condition(self, first_BHWC: Tensor, prompts: Sequence[str], num_frames: int) -> Condition:
        """The condition of videos of `num_frames` frames that begin with these uint8 pictures [B, H, W, 3]."""
        ...

    def encode(self, video_BTHWC: Tensor) -> Tensor:
        """uint8 videos [B, T, H, W, 3] -> float32 latents [B, C, T, H, W] of about unit variance."""
        ...

    def decode(self, x_BCTHW: Tensor) -> Tensor:
        """Latents -> uint8 videos [B, T, H, W, 3]."""
        ...

    def chunks(self, num_frames: int) -> tuple[slice, ...]:
        """The frames that are made together, in order: one slice of all, or several where a policy is causal."""
        ...

    def taught(self, condition: Condition, x0_BCTHW: Tensor) -> Condition:
        """The condition for a regression on whole videos: with the clean chunks that each chunk comes after."""
        ...

    def next_chunk(self, condition: Condition, done: Chunk | None) -> Chunk:
        """What chunk follows `done`, or begins a video (None), under the whole video's condition."""
        ...

    def velocity(self, x_BCTHW: Tensor, at: At, condition: Condition) -> Tensor:
        """dx/dsigma at `x`, float32 and differentiable. Of `condition.clean` only the given part is looked at."""
        ...

    def trainable_state(self) -> dict[str, Tensor]:
        """The weights that training changes, by name: all of a network, or an adapter."""
        ...

    def load_trainable(self, state: Mapping[str, Tensor]) -> None:
        """Inverse of `trainable_state`.

        Raises:
            ValueError: If it is of another form.
        """
        ...

    def reference(self) -> AbstractContextManager[Self]:
        """The policy as it is now, whatever training does to it later: a frozen copy, or an adapter off."""
        ...
