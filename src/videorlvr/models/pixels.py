"""The built-in policy: a `DiT` on pixels, saved as safetensors with its config beside."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from torch import Tensor, nn

from videorlvr.base.files import write_text_atomic
from videorlvr.base.records import read_json_object
from videorlvr.flow.at import At
from videorlvr.models.api import CONFIG, Condition
from videorlvr.models.codec import condition_pixels, decode_pixels, encode_pixels
from videorlvr.models.config import DiTConfig
from videorlvr.models.dit import DiT
from videorlvr.models.module import ModulePolicy
from videorlvr.models.weights import write_tensors

WEIGHTS = "policy.safetensors"


class BuiltinPolicy(ModulePolicy):
    """The Policy protocol over a DiT. On CUDA the network runs in bf16; states and laws stay float32."""

    kind: Final = "builtin"
    module: DiT

    def __init__(self, module: DiT) -> None:
        super().__init__(module)

    @staticmethod
    def new(config: DiTConfig, *, seed: int, device: torch.device) -> BuiltinPolicy:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = DiT(config)
        return BuiltinPolicy(module.to(device))

    @staticmethod
    def load(folder: Path, *, device: torch.device) -> BuiltinPolicy:
        """The policy saved in `folder`.

        Raises:
            ValueError: If the folder holds none, or weights of another form than its config.
        """
        if not (folder / CONFIG).is_file() or not (folder / WEIGHTS).is_file():
            raise ValueError(f"no policy in '{folder}': expected {CONFIG} and {WEIGHTS} there")
        try:
            values = read_json_object(folder / CONFIG)
            values.pop("kind", None)  # policies of the first release do not name it
            config = DiTConfig.model_validate(values)
            _check_form(config, folder / WEIGHTS)
            module = DiT(config)
            # Released weights may be stored in bf16; the master copy is float32.
            tensors = {k: v.float() for k, v in load_file(folder / WEIGHTS).items()}
        except (ValueError, SafetensorError) as error:
            raise ValueError(f"the policy in '{folder}' is damaged: {error}") from None
        try:
            module.load_state_dict(tensors)
        except RuntimeError as error:
            raise ValueError(f"the weights in '{folder}' do not fit their config: {error}") from None
        return BuiltinPolicy(module.to(device))

    @staticmethod
    def empty(form: Mapping[str, Any], *, device: torch.device) -> BuiltinPolicy:
        """A policy of a saved form, its weights yet to be loaded; raises ValueError for an unfit one."""
        config = DiTConfig.model_validate({key: value for key, value in form.items() if key != "kind"})
        return BuiltinPolicy.new(config, seed=0, device=device)

    def save(self, folder: Path, *, dtype: torch.dtype = torch.float32) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        write_tensors(
            {k: v.detach().to("cpu", dtype) for k, v in self.module.state_dict().items()}, folder / WEIGHTS
        )
        values = {"kind": self.kind, **self.module.config.model_dump()}
        write_text_atomic(folder / CONFIG, json.dumps(values, indent=2) + "\n")

    def compile(self) -> None:
        """Compile each block once and share the code among blocks: seconds, where the whole net takes a minute."""
        for block in self.module.blocks:
            assert isinstance(block, nn.Module)
            block.compile(dynamic=False)

    @property
    def compute_dtype(self) -> torch.dtype:
        return torch.bfloat16 if self.device.type == "cuda" else torch.float32

    def condition(self, first_BHWC: Tensor, prompts: Sequence[str], num_frames: int) -> Condition:
        """The first frame alone: a world's rules are learnt, not read, so prompts are not looked at."""
        return condition_pixels(first_BHWC.to(self.device), num_frames)

    def encode(self, video_BTHWC: Tensor) -> Tensor:
        return encode_pixels(video_BTHWC.to(self.device))

    def decode(self, x_BCTHW: Tensor) -> Tensor:
        return decode_pixels(x_BCTHW)

    def velocity(self, x_BCTHW: Tensor, at: At, condition: Condition) -> Tensor:
        half = self.compute_dtype is torch.bfloat16
        with torch.autocast(self.device.type, torch.bfloat16, enabled=half):
            out: Tensor = self.module(x_BCTHW, at.sigma, condition.clean[:, :, 0])
        return out


def _check_form(config: DiTConfig, weights: Path) -> None:
    """Refuse a config that is not the weights' own before a network of its size is made: a few bytes of JSON
    could ask for more memory than there is.

    Raises:
        ValueError: Naming the first tensor that differs.
    """
    with safe_open(weights, framework="pt") as file:
        stored = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    if config.depth > len(stored):
        raise ValueError(f"{CONFIG} has depth {config.depth}, and {WEIGHTS} only {len(stored)} tensors")
    try:
        with torch.device("meta"):
            wanted = {name: tuple(tensor.shape) for name, tensor in DiT(config).state_dict().items()}
    except (RuntimeError, TypeError, OverflowError) as error:
        raise ValueError(
            f"{CONFIG} asks for a network that cannot be made ({str(error).splitlines()[0]})"
        ) from None
    for name in dict.fromkeys([*wanted, *stored]):
        if wanted.get(name) != stored.get(name):
            raise ValueError(
                f"{name} has shape {stored.get(name)} in {WEIGHTS}; {CONFIG} expects {wanted.get(name)}"
            )
