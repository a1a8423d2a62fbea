"""Muon for weights that are spread over ranks.

Law: its step is that of `torch.optim.Muon` on whole matrices. That class takes spread ones, too, but then adds partial
sums in bfloat16, and five iterations make much of the difference. Here momentum stays spread, and a matrix's update is
brought together to be made orthogonal, one matrix at a time.

Source: `torch.optim.Muon`, whose numbers and moments' names it keeps.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.optim._muon import _adjust_lr, _zeropower_via_newtonschulz

from videorlvr.models.shards import spread_as, together


class Muon(torch.optim.Muon):
    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        assert closure is None
        for group in self.param_groups:
            for weight in group["params"]:
                if weight.grad is not None:
                    self._move(weight, weight.grad, group)

    def _move(self, weight: Tensor, grad: Tensor, group: dict[str, Any]) -> None:
        state = self.state[weight]
        if "momentum_buffer" not in state:
            state["momentum_buffer"] = torch.zeros_like(grad)
        momentum = state["momentum_buffer"]
        momentum.lerp_(grad, 1 - group["momentum"])
        update = grad.lerp(momentum, group["momentum"]) if group["nesterov"] else momentum
        whole = _zeropower_via_newtonschulz(
            together(update), group["ns_coefficients"], group["ns_steps"], group["eps"]
        )
        weight.mul_(1 - group["lr"] * group["weight_decay"])
        lr = _adjust_lr(group["lr"], group["adjust_lr_fn"], weight.shape)
        weight.add_(spread_as(whole, weight), alpha=-lr)
