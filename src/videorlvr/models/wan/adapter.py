"""What is trained of a transformer: a LoRA adapter by peft, or all of it. Trained weights are float32.

An adapter made on a bf16 model would be bf16, and lose updates of a small learning rate to rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from videorlvr.models.wan.config import WanConfig
from videorlvr.models.weights import read_tensors

WEIGHTS = "pytorch_lora_weights.safetensors"
"""As diffusers' `load_lora_weights` looks for it."""
PREFIX = "transformer."


def make_trainable(transformer: nn.Module, form: WanConfig, *, seed: int) -> None:
    """Give it a new adapter, or let all of it be trained, as `form` says.

    Raises:
        ValueError: If no layer has the name of a target.
    """
    if form.rank == 0:
        transformer.float().requires_grad_(True)
        return
    from peft import LoraConfig

    names = [name for name, part in transformer.named_modules() if isinstance(part, nn.Linear)]
    lost = [end for end in form.targets if not any(name.endswith(f".{end}") for name in names)]
    if lost:
        ends = ", ".join(sorted({name.partition("blocks.0.")[2] for name in names} - {""}))
        raise ValueError(f"no layer is called {', '.join(lost)}; a block's layers are {ends}")
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        adapter: Any = transformer
        adapter.add_adapter(
            LoraConfig(r=form.rank, lora_alpha=form.alpha or form.rank, target_modules=list(form.targets))
        )
    for parameter in transformer.parameters():
        if parameter.requires_grad:
            parameter.data = parameter.data.float()


def is_fresh(transformer: nn.Module) -> bool:
    """Does its adapter change nothing yet? One side of each pair begins as zeros."""
    second = [value for name, value in transformer.named_parameters() if ".lora_B." in name]
    return bool(second) and not any(bool(value.any()) for value in second)


def save_adapter(transformer: nn.Module, folder: Path) -> None:
    """As `load_lora_weights` of the pipelines reads it, rank and scale in the file's metadata."""
    from diffusers import WanPipeline
    from peft.utils import get_peft_model_state_dict

    part = f"{WEIGHTS}.part"
    adapter: Any = transformer
    WanPipeline.save_lora_weights(
        folder,
        transformer_lora_layers={
            name: value.detach().cpu() for name, value in get_peft_model_state_dict(transformer).items()
        },
        weight_name=part,
        transformer_lora_adapter_metadata=adapter.peft_config["default"].to_dict(),
    )
    (folder / part).replace(folder / WEIGHTS)


def load_adapter(transformer: nn.Module, folder: Path) -> None:
    """
    Raises:
        ValueError: If the folder holds none, or one of another form.
    """
    from peft.utils import get_peft_model_state_dict, set_peft_model_state_dict

    if not (folder / WEIGHTS).is_file():
        raise ValueError(f"no adapter in '{folder}': expected {WEIGHTS} there")
    tensors = read_tensors([folder / WEIGHTS])
    stored = {name.removeprefix(PREFIX): value for name, value in tensors.items()}
    own: Mapping[str, Tensor] = get_peft_model_state_dict(transformer)
    odd = [name for name in {**own, **stored} if name not in own or name not in stored]
    odd = odd or [name for name in own if own[name].shape != stored[name].shape]
    if odd:
        raise ValueError(f"the adapter in '{folder}' is of another form than its policy.json says: {odd[0]}")
    set_peft_model_state_dict(transformer, stored)
