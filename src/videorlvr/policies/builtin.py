"""The built-in policy: a `DiT` on pixels, saved as safetensors with its config beside."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from videorlvr.base.files import write_text_atomic
from videorlvr.policies.codec import decode_pixels, encode_pixels
from videorlvr.policies.dit import DiT, DiTConfig

WEIGHTS, CONFIG = "policy.safetensors", "policy.json"


class BuiltinPolicy:
    """The Policy protocol over a DiT. On CUDA the network runs in bf16; the process stays float32."""

    def __init__(self, module: DiT) -> None:
        self.module = module

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
            module = DiT(DiTConfig.model_validate_json((folder / CONFIG).read_text()))
            # Released weights may be stored in bf16; the master copy is float32.
            tensors = {k: v.float() for k, v in load_file(folder / WEIGHTS).items()}
        except (ValueError, SafetensorError) as error:
            raise ValueError(f"the policy in '{folder}' is damaged: {error}") from None
        try:
            module.load_state_dict(tensors)
        except RuntimeError as error:
            raise ValueError(f"the weights in '{folder}' do not fit their config: {error}") from None
        return BuiltinPolicy(module.to(device))

    def save(self, folder: Path, *, dtype: torch.dtype = torch.float32) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {k: v.detach().to("cpu", dtype).contiguous() for k, v in self.module.state_dict().items()}
        temporary = folder / (WEIGHTS + ".part")
        save_file(tensors, temporary)
        temporary.replace(folder / WEIGHTS)
        write_text_atomic(folder / CONFIG, self.module.config.model_dump_json(indent=2) + "\n")

    def compile(self) -> None:
        """Compile each block once and share the code among blocks: seconds, where the whole net takes a minute."""
        for block in self.module.blocks:
            assert isinstance(block, nn.Module)
            block.compile(dynamic=False)

    @property
    def device(self) -> torch.device:
        return self.module.patch_in.weight.device

    def encode(self, video_BTHWC: Tensor) -> Tensor:
        return encode_pixels(video_BTHWC.to(self.device))

    def decode(self, x_BCTHW: Tensor) -> Tensor:
        return decode_pixels(x_BCTHW)

    def velocity(self, x_BCTHW: Tensor, sigma_B: Tensor, clean_BCTHW: Tensor) -> Tensor:
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            out: Tensor = self.module(x_BCTHW, sigma_B, clean_BCTHW[:, :, 0])
        return out

    def free_mask(self, x_BCTHW: Tensor) -> Tensor:
        mask = torch.ones((1, 1, x_BCTHW.shape[2], 1, 1), dtype=torch.bool, device=x_BCTHW.device)
        mask[:, :, 0] = False
        return mask


def weights_hash(folder: Path) -> str:
    """Sixteen hexadecimal digits that stand for a saved policy: its weights and its config."""
    digest = hashlib.sha256((folder / CONFIG).read_bytes())
    digest.update((folder / WEIGHTS).read_bytes())
    return digest.hexdigest()[:16]
