"""Prompts to embeddings: each prompt once, and the encoder in memory only as long as that takes.

Worlds ask in a few sentences each, so the encoder, twice as large as the network that is trained, is soon not needed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from videorlvr.models.wan.pipeline import Pipeline

CONTEXT = 512
"""Tokens that the network attends to; what a prompt leaves of them is zeros, which are not masked."""

Encode = Callable[[Sequence[str]], list[Tensor]]
"""Prompts -> embeddings [n, D], a row a token, without padding."""


class Texts:
    """Embeddings [B, keep, D] of prompts, cached by their text. keep: tokens kept of each."""

    def __init__(self, encode: Encode, *, keep: int) -> None:
        self.encode, self.keep = encode, keep
        self.known: dict[str, Tensor] = {}

    def __call__(self, prompts: Sequence[str]) -> Tensor:
        """
        Raises:
            ValueError: For a prompt of more tokens than are kept.
        """
        new = [prompt for prompt in dict.fromkeys(prompts) if prompt not in self.known]
        for prompt, embedded in zip(new, self.encode(new) if new else [], strict=True):
            if len(embedded) > self.keep:
                raise ValueError(
                    f"the prompt '{prompt:.60}...' has {len(embedded)} tokens and prompt_tokens is {self.keep}: raise "
                    f"it, to at most {CONTEXT}"
                )
            self.known[prompt] = functional.pad(embedded, (0, 0, 0, self.keep - len(embedded)))
        return torch.stack([self.known[prompt] for prompt in prompts])


def as_context(embedded_BND: Tensor) -> Tensor:
    """What the network attends to, [B, 512, D]."""
    return functional.pad(embedded_BND, (0, 0, 0, CONTEXT - embedded_BND.shape[1]))


def encoder_of(pipeline: Pipeline, dtype: torch.dtype, device: torch.device) -> Encode:
    """The pipeline's own way from prompts to embeddings; its encoder is loaded for every call, and dropped."""

    @torch.no_grad()
    def encode(prompts: Sequence[str]) -> list[Tensor]:
        from diffusers import WanPipeline
        from diffusers.pipelines.wan.pipeline_wan import prompt_clean

        tokenizer, encoder = pipeline.text_encoder(dtype)
        pipeline_of: Any = WanPipeline
        clean: Any = prompt_clean
        asked = pipeline_of(
            tokenizer=tokenizer, text_encoder=encoder.to(device), vae=None, scheduler=None, transformer=None
        )
        embedded, _ = asked.encode_prompt(
            list(prompts), do_classifier_free_guidance=False, device=device, max_sequence_length=CONTEXT
        )
        cleaned = [clean(prompt) for prompt in prompts]
        tokens = tokenizer(cleaned, truncation=True, max_length=CONTEXT).input_ids
        # Behind a prompt's own tokens the pipeline has zeros, which need not be kept.
        return [row[: len(ids)].clone() for row, ids in zip(embedded, tokens, strict=True)]

    return encode
