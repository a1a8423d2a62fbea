"""A Wan pipeline as a policy: first frame and prompt in, latents of a video out, by the library's own transformer.

The first latent frame is the given picture's: it enters clean, at timestep 0, and is in no loss, log-probability or
KL. That is what Wan2.2-TI2V-5B was made for; a text-to-video model learns it. An image-to-video model of Wan2.1 is told
of the picture by further channels and makes all frames.

B batch, C channel, T H W latent frames and positions.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from videorlvr.base.files import write_text_atomic
from videorlvr.base.records import read_json_object
from videorlvr.flow.at import At
from videorlvr.models.api import CONFIG, Condition
from videorlvr.models.module import ModulePolicy
from videorlvr.models.wan.adapter import is_fresh, load_adapter, make_trainable, save_adapter
from videorlvr.models.wan.codec import LatentCodec, channels_last
from videorlvr.models.wan.config import WanConfig
from videorlvr.models.wan.network import two_level_velocity, with_two_levels
from videorlvr.models.wan.pictures import Remembered, seen_by
from videorlvr.models.wan.pipeline import INDEX, Pipeline
from videorlvr.models.wan.texts import Texts, as_context, encoder_of

WAN = "wan"


class WanPolicy(ModulePolicy):
    """module: a `WanTransformer3DModel`, with an adapter unless all of it is trained. form: what it was made from.
    timesteps: the timestep that the network is told at noise level 1. picture: embeds first frames, for an
    image-to-video model of Wan2.1; None for others."""

    kind = WAN

    def __init__(
        self,
        module: nn.Module,
        codec: LatentCodec,
        texts: Texts,
        form: WanConfig,
        *,
        timesteps: int = 1000,
        picture: Remembered | None = None,
    ) -> None:
        super().__init__(
            with_two_levels(module.eval())
        )  # without dropout: what is replayed is what was rolled out
        self.codec, self.texts, self.form, self.timesteps = codec, texts, form, timesteps
        self.picture = picture
        self.firsts = Remembered(lambda pictures: codec.encode(pictures[:, None]))
        network: Any = module
        if form.checkpointing and (picture is not None or not form.two_levels):
            network.enable_gradient_checkpointing()
        wanted = codec.channels + (codec.time + codec.channels if picture is not None else 0)
        if network.config.in_channels != wanted:
            raise ValueError(
                f"the transformer takes {network.config.in_channels} channels; expected {wanted} with the pipeline's "
                "VAE: it is neither Wan2.2-TI2V-5B nor a text-to-video or image-to-video model of Wan2.1"
            )

    @staticmethod
    def new(form: WanConfig, *, seed: int, device: torch.device) -> WanPolicy:
        """The pipeline's policy, and an adapter that changes nothing yet.

        Raises:
            ValueError: If there is no such pipeline, or none that can be trained.
        """
        pipeline = Pipeline.find(form.path)
        dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
        transformer = pipeline.transformer(dtype)
        make_trainable(transformer, form, seed=seed)
        vae = pipeline.vae(dtype).to(device)
        codec = LatentCodec(
            channels_last(vae) if device.type == "cuda" else vae,
            transformer.config.patch_size,  # type: ignore[union-attr, arg-type]
            batch=form.vae_batch,
        )
        texts = Texts(encoder_of(pipeline, dtype, device), keep=form.prompt_tokens)
        by_picture = transformer.config.image_dim is not None  # type: ignore[union-attr]
        return WanPolicy(
            transformer.to(device),
            codec,
            texts,
            form,
            timesteps=pipeline.num_train_timesteps,
            picture=Remembered(seen_by(pipeline, dtype, device)) if by_picture else None,
        )

    @staticmethod
    def load(folder: Path, *, device: torch.device) -> WanPolicy:
        """
        Raises:
            ValueError: If the folder holds none, or a damaged one.
        """
        form = _form(read_json_object(folder / CONFIG))
        if form.rank == 0:  # a whole pipeline, wherever it has been moved to
            return WanPolicy.new(form.model_copy(update={"path": str(folder)}), seed=0, device=device)
        policy = WanPolicy.new(form, seed=0, device=device)
        load_adapter(policy.module, folder)
        return policy

    @staticmethod
    def empty(form: Mapping[str, Any], *, device: torch.device) -> WanPolicy:
        return WanPolicy.new(_form(form), seed=0, device=device)

    def save(self, folder: Path) -> None:
        """An adapter for `load_lora_weights`, or a pipeline for `from_pretrained`; `policy.json` beside it."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.form.rank:
            save_adapter(self.module, folder)
        else:
            base = Pipeline.find(self.form.path).folder
            self.module.save_pretrained(folder / "transformer")  # type: ignore[operator]
            for part in sorted(base.iterdir()):
                if part.name == INDEX or (part.is_dir() and part.name not in ("transformer", ".cache")):
                    _take_over(part, folder / part.name)
        values = {"kind": WAN, **self.form.model_dump()}
        write_text_atomic(folder / CONFIG, json.dumps(values, indent=2) + "\n")

    def compile(self) -> None:
        """Each block once, its code shared among blocks."""
        for block in self.module.blocks:  # type: ignore[union-attr]
            assert isinstance(block, nn.Module)
            block.compile(dynamic=False)

    @property
    def compute_dtype(self) -> torch.dtype:
        return torch.bfloat16 if self.device.type == "cuda" else torch.float32

    def check_video(self, height: int, width: int, num_frames: int) -> None:
        self.codec.check_video(height, width, num_frames)

    def condition(self, first_BHWC: Tensor, prompts: Sequence[str], num_frames: int) -> Condition:
        height, width = first_BHWC.shape[1:3]
        self.check_video(height, width, num_frames)
        shape = self.codec.shape(height, width, num_frames)
        clean = torch.zeros((len(first_BHWC), *shape), device=self.device)
        free = torch.ones((1, 1, shape[1], 1, 1), dtype=torch.bool, device=self.device)
        extra = {"text": self.texts(list(prompts))}
        if self.picture is not None:  # the model makes the first frame, too
            given = self.codec.encode_given(first_BHWC.to(self.device), num_frames)
            return Condition(
                clean, free, extra | {"given": given, "seen": self.picture(first_BHWC, self.device)}
            )
        clean[:, :, :1] = self.firsts(first_BHWC, self.device)
        free[:, :, 0] = False
        return Condition(clean, free, extra)

    def encode(self, video_BTHWC: Tensor) -> Tensor:
        return self.codec.encode(video_BTHWC.to(self.device))

    def decode(self, x_BCTHW: Tensor) -> Tensor:
        return self.codec.decode(x_BCTHW)

    def velocity(self, x_BCTHW: Tensor, at: At, condition: Condition) -> Tensor:
        level_B = at.sigma.reshape(len(x_BCTHW), -1)[:, -1] * self.timesteps
        timestep_B2 = torch.stack([torch.zeros_like(level_B), level_B], dim=1)
        dtype = self._stored_dtype()
        x = torch.where(condition.free, x_BCTHW, condition.clean).to(dtype)
        text = as_context(condition.extra["text"]).to(dtype)
        autocast = torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.compute_dtype is torch.bfloat16
        )
        if self.picture is not None:
            x = torch.cat([x, condition.extra["given"].to(dtype)], dim=1)
            network: Any = self.module
            seen = condition.extra["seen"].to(dtype)
            with autocast:
                return network(x, level_B, text, seen, return_dict=False)[0].float()  # type: ignore[no-any-return]
        if self.form.two_levels:
            out = two_level_velocity(
                self.module, x, timestep_B2, text, autocast=autocast, checkpointing=self.form.checkpointing
            )
            return out.float()
        return self._library_velocity(x, timestep_B2, text, autocast).float()

    def _library_velocity(
        self, x_BCTHW: Tensor, timestep_B2: Tensor, text_BND: Tensor, autocast: torch.autocast
    ) -> Tensor:
        """The library's forward, with a timestep for each token."""
        network: Any = self.module
        frames, (rows, cols) = x_BCTHW.shape[2], (side // 2 for side in x_BCTHW.shape[3:])
        of_frame = torch.tensor([0] + [1] * (frames - 1), device=self.device)
        of_token = timestep_B2[:, of_frame.repeat_interleave(rows * cols)]
        with autocast:
            out: Tensor = network(x_BCTHW, of_token, text_BND, return_dict=False)[0]
        return out

    def _stored_dtype(self) -> torch.dtype:
        """Of the weights that the adapter stands beside: what the network computes in, or float32 where all is
        trained."""
        network: Any = self.module
        dtype: torch.dtype = network.patch_embedding.weight.dtype
        return dtype

    def reference(self) -> AbstractContextManager[Self]:
        """The policy as it is now: the adapter off while it changes nothing, else a copy that shares the base."""
        if self.form.rank and is_fresh(self.module):
            return _AdapterOff(self)
        return super().reference()


class _AdapterOff(AbstractContextManager[Any]):
    """A policy without its adapter, for as long as it is entered."""

    def __init__(self, policy: WanPolicy) -> None:
        self.policy = policy

    def __enter__(self) -> WanPolicy:
        self.policy.module.disable_adapters()  # type: ignore[operator]
        return self.policy

    def __exit__(self, *error: Any) -> None:
        self.policy.module.enable_adapters()  # type: ignore[operator]


def _form(values: Mapping[str, Any]) -> WanConfig:
    return WanConfig.model_validate({key: value for key, value in values.items() if key != "kind"})


def _take_over(source: Path, target: Path) -> None:
    """A part of a pipeline that was not trained, its files linked where the file system can, else copied."""
    if source.is_dir():
        target.mkdir(exist_ok=True)
        for inner in source.iterdir():
            _take_over(inner, target / inner.name)
        return
    target.unlink(missing_ok=True)
    try:
        os.link(source.resolve(), target)
    except OSError:
        shutil.copyfile(source, target)
