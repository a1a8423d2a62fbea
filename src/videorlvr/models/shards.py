"""Weights spread over ranks: each holds its part of every one, and a block's are together only while it computes.

Law: what a network computes is what it computes whole. Inputs reach it as they are (a timestep of 921.05 would be 920
in bfloat16), gradients are summed in float32, and come as sums over ranks, not means.

Source: torch's `fully_shard`.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn
from torch.distributed.fsdp import FSDPModule, MixedPrecisionPolicy, fully_shard
from torch.distributed.tensor import DTensor, distribute_tensor

Spread = TypeVar("Spread", bound=nn.Module)

_forms: WeakKeyDictionary[nn.Module, tuple[nn.Module, torch.dtype | None]] = WeakKeyDictionary()
"""Of a module that is spread: its like without numbers, to make copies of, and what its weights are gathered in."""


def spread(module: Spread, *, gathered_in: torch.dtype | None = None) -> Spread:
    """Spread a module's weights, in place, over the ranks of this process group; each repeated block is gathered by
    itself.

    Args:
        gathered_in: Number type of the weights while they compute; None for their own.
    """
    form = copy.deepcopy(module).to("meta")
    precision = MixedPrecisionPolicy(
        param_dtype=gathered_in, reduce_dtype=torch.float32, cast_forward_inputs=False
    )
    blocks = [block for part in module.modules() if isinstance(part, nn.ModuleList) for block in part]
    parts: list[nn.Module] = [*blocks, module]
    for block in parts:
        # Gathered weights are never left in place: who looks at them between passes finds this rank's parts.
        fully_shard(block, mp_policy=precision, reshard_after_forward=True)
        assert isinstance(block, FSDPModule)
        block.set_gradient_divide_factor(1.0)
        block.set_force_sum_reduction_for_comms(True)  # gloo knows no other
    _forms[module] = form, gathered_in
    return module


def is_spread(module: nn.Module) -> bool:
    return module in _forms


def spread_copy(module: Spread) -> Spread:
    """A frozen copy of a module that is spread, spread as well."""
    form, gathered_in = _forms[module]
    other = copy.deepcopy(form).requires_grad_(False)
    other = spread(other, gathered_in=gathered_in).to_empty(device=next(module.parameters()).device)
    with torch.no_grad():
        for of in (nn.Module.parameters, nn.Module.buffers):
            for old, new in zip(of(module), of(other), strict=True):
                own_part(new).copy_(own_part(old))
    return other  # type: ignore[return-value]


def whole(policy: Any) -> Any:
    """The policy with all of its weights in one place, on the CPU, to be saved; all ranks must call it."""
    module = policy.module
    if not is_spread(module):
        return policy
    other = copy.deepcopy(_forms[module][0]).to_empty(device="cpu")
    other.load_state_dict({name: together(value).cpu() for name, value in module.state_dict().items()})
    return policy.with_module(other)


def together(value: Tensor) -> Tensor:
    """A tensor of all ranks' parts; all ranks must call it."""
    return value.full_tensor() if isinstance(value, DTensor) else value


def own_part(value: Tensor) -> Tensor:
    """This rank's part of a tensor, sharing its memory; all of one that is not spread."""
    return value.to_local() if isinstance(value, DTensor) else value


def spread_as(value: Tensor, pattern: Tensor | None) -> Tensor:
    """A whole tensor, the same on all ranks, spread as `pattern` is; all ranks must call it."""
    if not isinstance(pattern, DTensor) or isinstance(value, DTensor) or value.shape != pattern.shape:
        return value
    return distribute_tensor(
        value.to(pattern.device), pattern.device_mesh, pattern.placements, src_data_rank=None
    )


def empty_as(shape: torch.Size, dtype: torch.dtype, pattern: Tensor | None) -> Tensor:
    """Room for a tensor, spread as `pattern` is where that has this shape."""
    if isinstance(pattern, DTensor) and pattern.shape == shape:
        return torch.zeros_like(pattern.detach(), dtype=dtype)
    return torch.zeros(shape, dtype=dtype)


def any_spread(tensors: Iterable[Tensor]) -> bool:
    return any(isinstance(value, DTensor) for value in tensors)


def clip_gradients(module: nn.Module, limit: float) -> Tensor:
    """Shorten the gradient to `limit`; its norm before, a scalar."""
    return together(torch.nn.utils.clip_grad_norm_(module.parameters(), limit))
