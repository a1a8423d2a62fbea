"""What is read of a diffusers pipeline, part by part, so that nothing is in memory that is not needed."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from videorlvr.base.records import read_json_object

INDEX = "model_index.json"
PIPELINES = ("WanPipeline", "WanImageToVideoPipeline")


@dataclass(frozen=True)
class Pipeline:
    """folder: where it lies on this machine. index: its `model_index.json`."""

    folder: Path
    index: dict[str, Any]

    @staticmethod
    def find(path: str | Path) -> Pipeline:
        """The pipeline in a folder, or of a hub id, which is downloaded if it is not there yet.

        Raises:
            ValueError: If there is none, or one that cannot be trained here.
        """
        folder = Path(path)
        if not folder.is_dir():
            folder = _downloaded(str(path))
        if not (folder / INDEX).is_file():
            raise ValueError(
                f"'{path}' holds no {INDEX}: expected a Wan pipeline in the form of diffusers, as in the hub's "
                "repositories that end in -Diffusers"
            )
        index = read_json_object(folder / INDEX)
        name = index.get("_class_name")
        if name not in PIPELINES:
            raise ValueError(f"'{path}' holds a {name}; expected one of {', '.join(PIPELINES)}")
        if (index.get("transformer_2") or [None])[0] is not None:
            raise ValueError(
                f"'{path}' has two transformers, one for high noise and one for low: one policy is one network; take "
                "Wan2.2-TI2V-5B or a Wan2.1 model"
            )
        return Pipeline(folder, index)

    @property
    def num_train_timesteps(self) -> int:
        """The timestep that the network is told at noise level 1."""
        scheduler = self.folder / "scheduler" / "scheduler_config.json"
        return int(read_json_object(scheduler).get("num_train_timesteps", 1000))

    def transformer(self, dtype: torch.dtype) -> nn.Module:
        from diffusers import WanTransformer3DModel

        return self._part(WanTransformer3DModel, "transformer", dtype=dtype)

    def vae(self, dtype: torch.dtype) -> nn.Module:
        from diffusers import AutoencoderKLWan

        return self._part(AutoencoderKLWan, "vae", dtype=dtype)

    def text_encoder(self, dtype: torch.dtype) -> tuple[Any, nn.Module]:
        """The tokenizer and its encoder."""
        from transformers import AutoTokenizer, UMT5EncoderModel

        encoder = self._part(UMT5EncoderModel, "text_encoder", dtype=dtype)
        return AutoTokenizer.from_pretrained(self.folder / "tokenizer"), encoder

    def picture_encoder(self, dtype: torch.dtype) -> tuple[Any, nn.Module]:
        """The picture's preparation and its encoder, of an image-to-video model of Wan2.1."""
        from transformers import CLIPImageProcessor, CLIPVisionModel

        encoder = self._part(CLIPVisionModel, "image_encoder", dtype=dtype)
        return CLIPImageProcessor.from_pretrained(self.folder / "image_processor"), encoder

    def _part(self, kind: Any, name: str, **how: Any) -> nn.Module:
        try:
            module: nn.Module = kind.from_pretrained(self.folder, subfolder=name, **how)
        except (OSError, ValueError, RuntimeError) as error:
            first = str(error).strip().splitlines()[0]
            raise ValueError(
                f"the {name} of the pipeline in '{self.folder}' cannot be loaded: {first}"
            ) from None
        return module.eval().requires_grad_(False)


def _downloaded(name: str) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name))
    except (
        Exception
    ) as error:  # the hub's errors have no common class: no such name, no network, no permission
        first = str(error).strip().splitlines()[0]
        raise ValueError(f"'{name}' is no folder here, and the hub does not give it: {first}") from None
