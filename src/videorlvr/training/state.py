"""What training must remember to go on as if it had not stopped. No pickle: safetensors and JSON.

Law: save, load, continue gives bitwise the weights of a run without interruption (on a CPU). All other
randomness is a function of (seed, step), so there are no generator states to keep.

A checkpoint holds parts by name, and in a part weights by name: only those that training changes, so that the
checkpoint of an adapter is an adapter.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from videorlvr.models.module import frozen_copy, load_trainable, trainable_state
from videorlvr.models.shards import is_spread, own_part, spread_as
from videorlvr.models.weights import write_tensors
from videorlvr.training.optimizer import Optimizers
from videorlvr.training.ranks import ALONE, Ranks
from videorlvr.training.sharded import is_sharded, read_sharded, write_sharded

STATE, TENSORS = "state.json", "state.safetensors"


class Part:
    """Something that is trained.

    module: its weights. optimizer: None where they follow another part. average: the exponential moving average of
    what is trained of the weights, None without `ema`; what is not trained it shares with the module.
    """

    def __init__(
        self, module: nn.Module, optimizer: Optimizers | None = None, *, ema: float | None = None
    ) -> None:
        self.module, self.optimizer, self.ema = module, optimizer, ema
        self.average = frozen_copy(module) if ema is not None else None

    @torch.no_grad()
    def update_average(self, steps_done: int) -> None:
        """average <- d average + (1 - d) module, d rising to `ema` so that early weights are forgotten."""
        if self.average is None or self.ema is None:
            return
        decay = min(self.ema, (1 + steps_done) / (10 + steps_done))
        pairs = zip(self.average.parameters(), self.module.parameters(), strict=True)
        trained = [(own_part(average), own_part(now)) for average, now in pairs if now.requires_grad]
        torch._foreach_lerp_([average for average, _ in trained], [now for _, now in trained], 1 - decay)

    def tensors(self) -> dict[str, Tensor]:
        """All that it must remember, by name."""
        out = {f"weights/{name}": value for name, value in trainable_state(self.module).items()}
        if self.average is not None:
            changing = trainable_state(self.module)
            out |= {f"average/{k}": v for k, v in self.average.state_dict().items() if k in changing}
        if self.optimizer is not None:
            out |= {f"optimizer/{key}": value for key, value in self.optimizer.moments().items()}
        return out

    def pattern(self, key: str) -> Tensor | None:
        """The weight that a tensor of that name is, or is the average or a moment of; None if there is none."""
        return dict(self.module.named_parameters()).get(key.rpartition("/")[2])

    def load(self, tensors: dict[str, Tensor]) -> None:
        """Inverse of `tensors`.

        Raises:
            ValueError: If they are of another part.
        """
        load_trainable(self.module, _under("weights/", tensors))
        if self.average is not None:
            average = _under("average/", tensors)
            missing = trainable_state(self.module).keys() - average.keys()
            if missing:
                raise ValueError(f"it has no running average of {min(missing)}")
            self.average.load_state_dict(average, strict=False)
        if self.optimizer is not None:
            self.optimizer.load_moments(_under("optimizer/", tensors))


class TrainState:
    """The parts of a run and how far it has come.

    step: how many steps are done. counts: what is counted over the whole run.
    """

    def __init__(self, parts: Mapping[str, Part]) -> None:
        self.parts = dict(parts)
        self.step = 0
        self.counts: dict[str, int] = {}

    def update_averages(self) -> None:
        for part in self.parts.values():
            part.update_average(self.step)

    @property
    def is_spread(self) -> bool:
        """Whether all ranks must save it together."""
        return any(is_spread(part.module) for part in self.parts.values())

    def save(
        self, folder: Path, *, fingerprint: Mapping[str, Any] | None = None, ranks: Ranks = ALONE
    ) -> None:
        """Write a checkpoint; a reader meets the old one or the new one, whole. Where weights are spread, all ranks
        must call it, each writes its parts, and the first one does the rest.

        Args:
            fingerprint: What the run is judged by (`judge.fingerprint`), for whoever finds the checkpoint.

        Raises:
            FloatingPointError: If a number in it is not finite; the old checkpoint stays.
        """
        tensors = {
            f"{name}/{key}": value
            for name, part in self.parts.items()
            for key, value in part.tensors().items()
        }
        self._check_finite(tensors, folder, ranks if self.is_spread else ALONE)
        new = folder.with_name(folder.name + ".part")
        if ranks.leads:
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(parents=True)
        if self.is_spread:
            ranks.wait()
            write_sharded(tensors, new)
        else:
            write_tensors(tensors, new / TENSORS)
        if ranks.leads:
            self._replace(folder, new, fingerprint)

    def _replace(self, folder: Path, new: Path, fingerprint: Mapping[str, Any] | None) -> None:
        state = {"step": self.step, "counts": self.counts, "fingerprint": fingerprint}
        (new / STATE).write_text(json.dumps(state))
        old = folder.with_name(folder.name + ".old")
        shutil.rmtree(old, ignore_errors=True)
        if folder.exists():
            folder.rename(old)
        new.rename(folder)
        shutil.rmtree(old, ignore_errors=True)

    def _check_finite(self, tensors: dict[str, Tensor], folder: Path, ranks: Ranks) -> None:
        """A run that has gone astray must not cost its last good checkpoint. One look at the device for all."""
        device = next(iter(tensors.values())).device
        parts = [own_part(tensor) for tensor in tensors.values()]
        finite = torch.stack([part.isfinite().all().to(device) for part in parts]).tolist()
        own = [name for name, fine in zip(tensors, finite, strict=True) if not fine]
        bad = sorted({name for one in ranks.everyones_values(own) for name in one})
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
            tensors = self._read(folder)
            state = json.loads((folder / STATE).read_text())
            step, counts = int(state["step"]), dict(state.get("counts", {}))
        except (OSError, KeyError, TypeError, ValueError, SafetensorError) as error:
            raise ValueError(f"the checkpoint in '{folder}' is damaged: {error}; remove it") from None
        if any("/" not in name for name in tensors):
            raise ValueError(
                f"the checkpoint in '{folder}' was written by an earlier release, which kept weights without "
                "their parts: finish the run with that release, or begin it again in another --out"
            )
        try:
            for name, part in self.parts.items():
                part.load(_under(f"{name}/", tensors))
        except ValueError as error:
            raise ValueError(f"the checkpoint in '{folder}' belongs to another model: {error}") from None
        self.step, self.counts = step, counts
        return True

    def _read(self, folder: Path) -> dict[str, Tensor]:
        """A checkpoint's tensors, each spread as this run's are, whatever the run was that wrote them."""
        if is_sharded(folder):
            return read_sharded(folder, self._pattern)
        if not self.is_spread:
            return load_file(folder / TENSORS)
        return {
            name: spread_as(value, self._pattern(name)) for name, value in load_file(folder / TENSORS).items()
        }

    def _pattern(self, name: str) -> Tensor | None:
        part, _, key = name.partition("/")
        return self.parts[part].pattern(key) if part in self.parts else None


def _under(prefix: str, tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    return {k.removeprefix(prefix): v for k, v in tensors.items() if k.startswith(prefix)}
