"""Optimizers, and the step that all methods take with them.

Muon for the matrices of the repeated blocks and AdamW for everything else (embeddings, first and last layers,
vectors). On Maze 6x6 SFT reached with it after 154,000 samples what AdamW did not reach in twice as many
(docs/log.md).

Source: Muon, Keller Jordan, 2024, as in `torch.optim.Muon`, with the step size of arXiv:2502.16982 (its rms is that of
AdamW, so one learning rate serves both).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import nn

from videorlvr.models.shards import is_spread
from videorlvr.training.config import OptimizerName
from videorlvr.training.muon import Muon


class Optimizers:
    """Several optimizers as one, each for parameters of its own; `names` gives every parameter its name."""

    def __init__(self, parts: Sequence[torch.optim.Optimizer], names: dict[int, str]) -> None:
        self.parts, self.names = list(parts), names

    @property
    def param_groups(self) -> list[dict[str, Any]]:
        return [group for part in self.parts for group in part.param_groups]

    def set_lr(self, lr: float) -> None:
        for group in self.param_groups:
            group["lr"] = lr

    def step(self) -> None:
        for part in self.parts:
            part.step()
            part.zero_grad(set_to_none=True)

    def moments(self) -> dict[str, torch.Tensor]:
        """What must be remembered to go on, by `optimizer.moment/parameter`, `AdamW.exp_avg/patch_in.bias`."""
        return {
            f"{type(part).__name__}.{moment}/{self.names[id(parameter)]}": value
            for part in self.parts
            for parameter, values in part.state.items()
            for moment, value in values.items()
        }

    def load_moments(self, moments: dict[str, torch.Tensor]) -> None:
        """Inverse of `moments`.

        Raises:
            ValueError: If they are of another optimizer, or of other parameters.
        """
        left = dict(moments)
        for part in self.parts:
            order = [self.names[id(value)] for group in part.param_groups for value in group["params"]]
            state: dict[int, dict[str, torch.Tensor]] = {}
            for key in list(left):
                moment, _, name = key.partition("/")
                kind, _, moment = moment.partition(".")
                if kind == type(part).__name__ and name in order:
                    state.setdefault(order.index(name), {})[moment] = left.pop(key)
            part.load_state_dict({"state": state, "param_groups": part.state_dict()["param_groups"]})
        if left:
            raise ValueError(
                f"the optimizer's moments are of another optimizer: {min(left)} has no place here"
            )


def make_optimizer(module: nn.Module, name: OptimizerName, *, lr: float, weight_decay: float) -> Optimizers:
    """The optimizer of a module's trainable parameters."""
    names = {id(value): key for key, value in module.named_parameters() if value.requires_grad}
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    matrices = block_matrices(module) if name == "muon" else []
    apart = {id(matrix) for matrix in matrices}
    rest = [parameter for parameter in parameters if id(parameter) not in apart]
    parts: list[torch.optim.Optimizer] = []
    if rest:
        fused = rest[0].device.type == "cuda"
        parts.append(
            torch.optim.AdamW(rest, lr=lr, betas=(0.9, 0.95), weight_decay=weight_decay, fused=fused)
        )
    if matrices:
        kind = Muon if is_spread(module) else torch.optim.Muon
        parts.append(kind(matrices, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw"))
    return Optimizers(parts, names)


def block_matrices(module: nn.Module) -> list[torch.Tensor]:
    """Weights of the linear layers inside lists of modules: a network's repeated blocks."""
    lists = [part for part in module.modules() if isinstance(part, nn.ModuleList)]
    layers = dict.fromkeys(
        layer for part in lists for layer in part.modules() if isinstance(layer, nn.Linear)
    )
    return [layer.weight for layer in layers if layer.weight.requires_grad]
