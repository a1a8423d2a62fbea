"""The optimizers of both stages.

SFT uses Muon for the matrices of the repeated blocks and AdamW for everything else (embeddings, first and last
layers, vectors). On Maze 6x6 it reached after 154,000 samples what AdamW did not reach in twice as many (docs/log.md).

Source: Muon, Keller Jordan, 2024, as in `torch.optim.Muon`, with the step size of arXiv:2502.16982 (its rms is that of
AdamW, so one learning rate serves both).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import torch
from torch import nn

OptimizerName = Literal["adamw", "muon"]


class Optimizers:
    """Several optimizers as one, each for parameters of its own."""

    def __init__(self, parts: Sequence[torch.optim.Optimizer]) -> None:
        self.parts = list(parts)

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
        """What must be remembered to go on, by `part.parameter.name`."""
        return {
            f"{number}.{index}.{name}": value
            for number, part in enumerate(self.parts)
            for index, values in part.state_dict()["state"].items()
            for name, value in values.items()
        }

    def load_moments(self, moments: dict[str, torch.Tensor]) -> None:
        """Inverse of `moments`.

        Raises:
            ValueError: If they are of other optimizers.
        """
        states: list[dict[int, dict[str, torch.Tensor]]] = [{} for _ in self.parts]
        try:
            for key, value in moments.items():
                number, index, name = key.split(".")
                states[int(number)].setdefault(int(index), {})[name] = value
            for part, state in zip(self.parts, states, strict=True):
                part.load_state_dict({"state": state, "param_groups": part.state_dict()["param_groups"]})
        except (ValueError, IndexError, KeyError) as error:
            raise ValueError(f"the optimizer's moments are of another optimizer: {error}") from None


def make_optimizer(module: nn.Module, name: OptimizerName, *, lr: float, weight_decay: float) -> Optimizers:
    """The optimizer of a module's trainable parameters."""
    parameters = [parameter for parameter in module.parameters() if parameter.requires_grad]
    matrices = block_matrices(module) if name == "muon" else []
    apart = {id(matrix) for matrix in matrices}
    rest = [parameter for parameter in parameters if id(parameter) not in apart]
    parts: list[torch.optim.Optimizer] = [
        torch.optim.AdamW(
            rest, lr=lr, betas=(0.9, 0.95), weight_decay=weight_decay, fused=rest[0].device.type == "cuda"
        )
    ]
    if matrices:
        parts.append(
            torch.optim.Muon(matrices, lr=lr, weight_decay=weight_decay, adjust_lr_fn="match_rms_adamw")
        )
    return Optimizers(parts)


def block_matrices(module: nn.Module) -> list[torch.Tensor]:
    """Weights of the linear layers inside lists of modules: a network's repeated blocks."""
    lists = [part for part in module.modules() if isinstance(part, nn.ModuleList)]
    layers = dict.fromkeys(
        layer for part in lists for layer in part.modules() if isinstance(layer, nn.Linear)
    )
    return [layer.weight for layer in layers if layer.weight.requires_grad]
