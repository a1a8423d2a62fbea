"""What training must remember to go on as if it had not stopped. No pickle: safetensors and JSON.

Law: save, load, continue gives bitwise the weights of a run without interruption (on a CPU). All other
randomness is a function of (seed, step), so there are no generator states to keep.
"""

from __future__ import annotations

import copy
import json
import shutil
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

STATE, TENSORS = "state.json", "state.safetensors"


class TrainState:
    """Weights, their running average, and the optimizer's moments.

    module: what is trained.  average: its exponential moving average, or None.
    step: how many steps are done.
    """

    def __init__(self, module: nn.Module, optimizer: torch.optim.AdamW, *, ema: float | None) -> None:
        self.module = module
        self.optimizer = optimizer
        self.ema = ema
        self.average = copy.deepcopy(module).requires_grad_(False) if ema is not None else None
        self.step = 0

    @torch.no_grad()
    def update_average(self) -> None:
        """average <- d average + (1 - d) module, d rising to `ema` so that early weights are forgotten."""
        if self.average is None or self.ema is None:
            return
        decay = min(self.ema, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(list(self.average.parameters()), list(self.module.parameters()), 1 - decay)

    def save(self, folder: Path) -> None:
        """Write a checkpoint; a reader meets the old one or the new one, whole."""
        tensors: dict[str, Tensor] = {f"module.{k}": v for k, v in self.module.state_dict().items()}
        if self.average is not None:
            tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        for index, moments in self.optimizer.state_dict()["state"].items():
            tensors |= {f"optimizer.{index}.{name}": value for name, value in moments.items()}
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        save_file({k: v.detach().to("cpu").contiguous().clone() for k, v in tensors.items()}, part / TENSORS)
        (part / STATE).write_text(json.dumps({"step": self.step}))
        old = folder.with_name(folder.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
        shutil.rmtree(old, ignore_errors=True)

    def load(self, folder: Path) -> bool:
        """Go back to a checkpoint; False if there is none.

        Raises:
            ValueError: If it belongs to another model.
        """
        old = folder.with_name(folder.name + ".old")
        if not folder.exists() and old.exists():  # stopped between two renames
            old.rename(folder)
        if not folder.exists():
            return False
        tensors = load_file(folder / TENSORS)
        try:
            self.module.load_state_dict(_under("module.", tensors))
            if self.average is not None:
                self.average.load_state_dict(_under("average.", tensors))
        except RuntimeError as error:
            raise ValueError(f"the checkpoint in '{folder}' belongs to another model: {error}") from None
        moments: dict[int, dict[str, Tensor]] = {}
        for name, value in _under("optimizer.", tensors).items():
            index, _, moment = name.partition(".")
            moments.setdefault(int(index), {})[moment] = value
        groups = self.optimizer.state_dict()["param_groups"]
        self.optimizer.load_state_dict({"state": moments, "param_groups": groups})
        self.step = int(json.loads((folder / STATE).read_text())["step"])
        return True


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
