"""The policies on pixels, a `DiT` or a `LoopedDiT`, saved as safetensors with their config beside."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Self

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from videorlvr.base.files import write_text_atomic
from videorlvr.base.records import read_json_object
from videorlvr.flow.at import At
from videorlvr.models.api import CONFIG, Condition
from videorlvr.models.config import DiTConfig, LoopedConfig
from videorlvr.models.dit import DiT
from videorlvr.models.looped import LoopedDiT
from videorlvr.models.module import ModulePolicy
from videorlvr.models.weights import read_tensors, weight_files, write_shards

WEIGHTS = "policy.safetensors"


class PixelPolicy(ModulePolicy):
    """The Policy protocol over a transformer on pixels. On CUDA it runs in bf16; states and laws stay float32."""

    kind: ClassVar[str]
    config_type: ClassVar[type[DiTConfig] | type[LoopedConfig]]
    network: ClassVar[type[DiT] | type[LoopedDiT]]

    @classmethod
    def new(cls, config: DiTConfig | LoopedConfig, *, seed: int, device: torch.device) -> Self:
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            module = cls._network(config)
        return cls(module.to(device))

    @classmethod
    def load(cls, folder: Path, *, device: torch.device) -> Self:
        """The policy saved in `folder`.

        Raises:
            ValueError: If the folder holds none, or weights of another form than its config.
        """
        files = _files(folder)
        try:
            config = cls._config(read_json_object(folder / CONFIG))
            _check_form(cls._network, config, files)
            module = cls._network(config)
            # Released weights may be stored in bf16; the master copy is float32.
            tensors = {k: v.float() for k, v in read_tensors(files).items()}
        except (ValueError, SafetensorError) as error:
            raise ValueError(f"the policy in '{folder}' is damaged: {error}") from None
        try:
            module.load_state_dict(tensors)
        except RuntimeError as error:
            raise ValueError(f"the weights in '{folder}' do not fit their config: {error}") from None
        return cls(module.to(device))

    @classmethod
    def empty(cls, form: Mapping[str, Any], *, device: torch.device) -> Self:
        """A policy of a saved form, its weights yet to be loaded; raises ValueError for an unfit one."""
        return cls.new(cls._config(form), seed=0, device=device)

    @classmethod
    def _network(cls, config: Any) -> nn.Module:
        return cls.network(config)

    @classmethod
    def _config(cls, form: Mapping[str, Any]) -> DiTConfig | LoopedConfig:
        """Policies of the first release do not name their kind."""
        return cls.config_type.model_validate({key: value for key, value in form.items() if key != "kind"})

    def save(
        self, folder: Path, *, dtype: torch.dtype = torch.float32, most_bytes: int | None = None
    ) -> None:
        """most_bytes: of a file; weights that need more are written in several. None for one file."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {k: v.detach().to("cpu", dtype) for k, v in self.module.state_dict().items()}
        write_shards(tensors, folder / WEIGHTS, most_bytes=most_bytes or sys.maxsize)
        config: DiTConfig | LoopedConfig = self.module.config  # type: ignore[assignment]
        values = {"kind": self.kind, **config.model_dump(exclude_none=True)}
        write_text_atomic(folder / CONFIG, json.dumps(values, indent=2) + "\n")

    @property
    def compute_dtype(self) -> torch.dtype:
        return torch.bfloat16 if self.device.type == "cuda" else torch.float32

    def check_video(self, height: int, width: int, num_frames: int) -> None:
        check_patches(height, width, self.module.config.patch_px)  # type: ignore[union-attr, arg-type]

    def condition(self, first_BHWC: Tensor, prompts: Sequence[str], num_frames: int) -> Condition:
        """The first frame alone: a world's rules are learnt, not read, so prompts are not looked at."""
        return condition_pixels(to_device(first_BHWC, self.device), num_frames)

    def encode(self, video_BTHWC: Tensor) -> Tensor:
        return encode_pixels(video_BTHWC.to(self.device))

    def decode(self, x_BCTHW: Tensor) -> Tensor:
        return decode_pixels(x_BCTHW)

    def velocity(self, x_BCTHW: Tensor, at: At, condition: Condition) -> Tensor:
        with self._autocast():
            out: Tensor = self.module(x_BCTHW, at.sigma, condition.clean[:, :, 0])
        return out

    def _autocast(self) -> torch.autocast:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.compute_dtype is torch.bfloat16)


class BuiltinPolicy(PixelPolicy):
    """The plain transformer, every frame of a cell a token."""

    kind = "builtin"
    config_type = DiTConfig
    network = DiT
    module: DiT

    def compile(self) -> None:
        """Compile each block once and share the code among blocks: seconds, where the whole net takes a minute."""
        for block in self.module.blocks:
            assert isinstance(block, nn.Module)
            block.compile(dynamic=False)


class LoopedPolicy(PixelPolicy):
    """The looped transformer, several frames of a cell a token."""

    kind = "looped"
    config_type = LoopedConfig
    network = LoopedDiT
    module: LoopedDiT

    def compile(self) -> None:
        self.module.compile_parts()


def _files(folder: Path) -> list[Path]:
    """The weights' files.

    Raises:
        ValueError: If there is no policy, or a part of its weights is missing.
    """
    try:
        files = weight_files(folder / WEIGHTS)
    except ValueError as error:
        raise ValueError(f"the policy in '{folder}' is damaged: {error}") from None
    if not (folder / CONFIG).is_file() or not files:
        raise ValueError(f"no policy in '{folder}': expected {CONFIG} and {WEIGHTS} there")
    return files


def check_patches(height: int, width: int, patch_px: int) -> None:
    """
    Raises:
        ValueError: If frames are not made of whole patches.
    """
    if height % patch_px or width % patch_px:
        near = [max(1, round(side / patch_px)) * patch_px for side in (height, width)]
        raise ValueError(
            f"videos of {height}x{width} px for a policy of {patch_px} px patches: expected sides that are multiples "
            f"of {patch_px}; the nearest size is {near[0]}x{near[1]}"
        )


def to_device(values: Tensor, device: torch.device) -> Tensor:
    """A copy on the device that the host does not wait for."""
    if device.type == "cuda" and values.device.type == "cpu":
        values = values.pin_memory()
    return values.to(device, non_blocking=True)


def _check_form(
    network: Callable[[Any], nn.Module], config: DiTConfig | LoopedConfig, weights: Sequence[Path]
) -> None:
    """Refuse a config that is not the weights' own before a network of its size is made: a few bytes of JSON
    could ask for more memory than there is.

    Raises:
        ValueError: Naming the first tensor that differs.
    """
    stored: dict[str, tuple[int, ...]] = {}
    for path in weights:
        with safe_open(path, framework="pt") as file:
            stored |= {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
    if config.depth > len(stored):
        raise ValueError(f"{CONFIG} has depth {config.depth}, and {WEIGHTS} only {len(stored)} tensors")
    try:
        with torch.device("meta"):
            wanted = {name: tuple(tensor.shape) for name, tensor in network(config).state_dict().items()}
    except (RuntimeError, TypeError, OverflowError) as error:
        raise ValueError(
            f"{CONFIG} asks for a network that cannot be made ({str(error).splitlines()[0]})"
        ) from None
    for name in dict.fromkeys([*wanted, *stored]):
        if wanted.get(name) != stored.get(name):
            raise ValueError(
                f"{name} has shape {stored.get(name)} in {WEIGHTS}; {CONFIG} expects {wanted.get(name)}"
            )


def encode_pixels(video_BTHWC: Tensor) -> Tensor:
    """uint8 [B, T, H, W, 3] -> float32 [B, 3, T, H, W] in [-1, 1]."""
    return (video_BTHWC.permute(0, 4, 1, 2, 3).float() / 127.5 - 1).contiguous()


def decode_pixels(x_BCTHW: Tensor) -> Tensor:
    """float [B, 3, T, H, W] -> uint8 [B, T, H, W, 3], clamped to what a screen can show."""
    video = ((x_BCTHW.float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)
    return video.permute(0, 2, 3, 4, 1).contiguous()


def condition_pixels(first_BHWC: Tensor, num_frames: int) -> Condition:
    """The first frame, held for all frames, of which only frame 0 is given."""
    clean = encode_pixels(first_BHWC[:, None].expand(-1, num_frames, -1, -1, -1))
    free = torch.ones((1, 1, num_frames, 1, 1), dtype=torch.bool, device=clean.device)
    free[:, :, 0] = False
    return Condition(clean, free)
