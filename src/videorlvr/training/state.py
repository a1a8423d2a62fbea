"""What training must remember to go on as if it had not stopped. No pickle: safetensors and JSON.

Law: save, load, continue gives bitwise the weights of a run without interruption (on a CPU). All other
randomness is a function of (seed, step), so there are no generator states to keep.
"""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from videorlvr.models.weights import write_tensors
from videorlvr.training.optimizer import Optimizers

STATE, TENSORS = "state.json", "state.safetensors"


class TrainState:
    """Weights, their running average, and the optimizer's moments.

    module: what is trained.  average: its exponential moving average, or None.
    step: how many steps are done.
    """

    def __init__(self, module: nn.Module, optimizer: Optimizers, *, ema: float | None) -> None:
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

    def save(self, folder: Path, *, fingerprint: Mapping[str, Any] | None = None) -> None:
        """Write a checkpoint; a reader meets the old one or the new one, whole.

        Args:
            fingerprint: What the run is judged by (`judge.fingerprint`), for whoever finds the checkpoint.

        Raises:
            FloatingPointError: If a number in it is not finite; the old checkpoint stays.
        """
        tensors: dict[str, Tensor] = {f"module.{k}": v for k, v in self.module.state_dict().items()}
        if self.average is not None:
            tensors |= {f"average.{k}": v for k, v in self.average.state_dict().items()}
        tensors |= {f"optimizer.{key}": value for key, value in self.optimizer.moments().items()}
        self._check_finite(tensors, folder)
        part = folder.with_name(folder.name + ".part")
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        write_tensors(tensors, part / TENSORS)
        (part / STATE).write_text(json.dumps({"step": self.step, "fingerprint": fingerprint}))
        old = folder.with_name(folder.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        part.rename(folder)
        shutil.rmtree(old, ignore_errors=True)

    def _check_finite(self, tensors: dict[str, Tensor], folder: Path) -> None:
        """A run that has gone astray must not cost its last good checkpoint. One look at the device for all."""
        device = next(iter(tensors.values())).device
        finite = torch.stack([tensor.isfinite().all().to(device) for tensor in tensors.values()]).tolist()
        bad = [name for name, fine in zip(tensors, finite, strict=True) if not fine]
        if bad:
            kept = f"'{folder}' keeps the last good one" if folder.exists() else "there is none yet"
            raise FloatingPointError(
                f"at step {self.step} {bad[0]} holds numbers that are not finite ({len(bad)} of {len(tensors)} "
                f"tensors do), so no checkpoint was written; {kept}: lower lr or grad_clip, in a new folder"
            )

    def load(self, folder: Path) -> bool:
        """Go back to a checkpoint; False if there is none.

        Raises:
            ValueError: If it belongs to another model, or is damaged.
        """
        old = folder.with_name(folder.name + ".old")
        if not folder.exists() and old.exists():  # stopped between two renames
            old.rename(folder)
        if not folder.exists():
            return False
        try:
            tensors = load_file(folder / TENSORS)
            step = int(json.loads((folder / STATE).read_text())["step"])
        except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
            raise ValueError(f"the checkpoint in '{folder}' is damaged: {error}; remove it") from None
        try:
            self.module.load_state_dict(_under("module.", tensors))
            if self.average is not None:
                self.average.load_state_dict(_under("average.", tensors))
        except RuntimeError as error:
            raise ValueError(f"the checkpoint in '{folder}' belongs to another model: {error}") from None
        self.optimizer.load_moments(_under("optimizer.", tensors))
        self.step = step
        return True


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
