"""What a policy that is one torch module has by that alone; a class of one's own inherits it and says the rest."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Self

import torch
from torch import Tensor, nn

from videorlvr.models.api import Chunk, Condition
from videorlvr.models.shards import is_spread, spread_copy


class ModulePolicy:
    """module: what is trained. A subclass adds `condition`, `encode`, `decode`, `velocity` and `save`. It
    makes a video at once, unless a subclass says otherwise."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module

    def with_module(self, module: nn.Module) -> Self:
        other = copy.copy(self)
        other.module = module
        return other

    @property
    def device(self) -> torch.device:
        return next(self.module.parameters()).device

    @property
    def compute_dtype(self) -> torch.dtype:
        return next(self.module.parameters()).dtype

    def compile(self) -> None:
        pass

    def chunks(self, num_frames: int) -> tuple[slice, ...]:
        return (slice(0, num_frames),)

    def taught(self, condition: Condition, x0_BCTHW: Tensor) -> Condition:
        return condition

    def next_chunk(self, condition: Condition, done: Chunk | None) -> Chunk:
        return Chunk(slice(0, condition.clean.shape[2]), condition)

    def trainable_state(self) -> dict[str, Tensor]:
        return trainable_state(self.module)

    def load_trainable(self, state: Mapping[str, Tensor]) -> None:
        load_trainable(self.module, state)

    def reference(self) -> AbstractContextManager[Self]:
        return nullcontext(self.with_module(frozen_copy(self.module)))

    def check_video(self, height: int, width: int, num_frames: int) -> None:
        """Any size will do, unless a subclass says otherwise."""


def frozen_copy(module: nn.Module) -> nn.Module:
    """A copy that nothing trains. Parameters that are not trained are shared with it: beside an adapter the base is
    held once. One that is spread has a copy that is spread."""
    if is_spread(module):
        return spread_copy(module)
    fixed = {id(value): value for value in module.parameters() if not value.requires_grad}
    return copy.deepcopy(module, fixed).requires_grad_(False)


def trainable_state(module: nn.Module) -> dict[str, Tensor]:
    """Parameters that require grad, and buffers, by name: what tells this module from the one it began as."""
    parameters = module.named_parameters(remove_duplicate=False)  # a tied weight has two names
    names = {name for name, parameter in parameters if not parameter.requires_grad}
    return {name: value for name, value in module.state_dict().items() if name not in names}


def load_trainable(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Inverse of `trainable_state`.

    Raises:
        ValueError: If names or shapes are of another module.
    """
    own = trainable_state(module)
    odd = [
        name
        for name in dict.fromkeys([*own, *state])
        if name not in state or name not in own or own[name].shape != state[name].shape
    ]
    if odd:
        mine = tuple(own[odd[0]].shape) if odd[0] in own else "nothing"
        theirs = tuple(state[odd[0]].shape) if odd[0] in state else "nothing"
        raise ValueError(f"{odd[0]} is {theirs} there and {mine} in this model ({len(odd)} such)")
    module.load_state_dict(dict(state), strict=False)
