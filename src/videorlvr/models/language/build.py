"""Models of `transformers` classes: made anew in a given form, loaded from a folder, with a LoRA adapter."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn

from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.tokens import Tokens

ROPE = {"rope_type": "default", "rope_theta": 10_000.0}
"""Llama's; ModernBERT's own is for texts of thousands of tokens."""


def built(form: LanguageConfig, tokens: Tokens) -> nn.Module:
    """A model with weights from torch's generator."""
    size = {"vocab_size": len(tokens), "pad_token_id": tokens.pad, "eos_token_id": tokens.end}
    begin = tokens.begin[0] if tokens.begin else None
    match form.family:
        case "llama":
            return _llama(form, bos_token_id=begin, **size)
        case "gpt2":
            return _gpt2(form, bos_token_id=begin, **size)
        case "masked":
            return _masked(form, bos_token_id=begin, mask_token_id=tokens.mask, **size)
    raise AssertionError(f"{form.family} is not made anew")


def _llama(form: LanguageConfig, **size: Any) -> nn.Module:
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        hidden_size=form.width,
        intermediate_size=form.hidden,
        num_hidden_layers=form.depth,
        num_attention_heads=form.heads,
        max_position_embeddings=form.context,
        tie_word_embeddings=True,
        **size,
    )
    return LlamaForCausalLM(config)


def _gpt2(form: LanguageConfig, **size: Any) -> nn.Module:
    from transformers import GPT2Config, GPT2LMHeadModel

    config = GPT2Config(
        n_embd=form.width,
        n_layer=form.depth,
        n_head=form.heads,
        n_positions=form.context,
        resid_pdrop=0.0,
        embd_pdrop=0.0,
        attn_pdrop=0.0,
        **size,
    )
    return GPT2LMHeadModel(config)


def _masked(form: LanguageConfig, **size: Any) -> nn.Module:
    """ModernBERT with global attention in every layer: rotary positions and a gated MLP as in Llama, both ways."""
    from transformers import ModernBertConfig, ModernBertForMaskedLM

    config = ModernBertConfig(
        hidden_size=form.width,
        intermediate_size=form.hidden,
        num_hidden_layers=form.depth,
        num_attention_heads=form.heads,
        max_position_embeddings=form.context,
        layer_types=["full_attention"] * form.depth,
        rope_parameters={kind: dict(ROPE) for kind in ("full_attention", "sliding_attention")},
        cls_token_id=size["bos_token_id"],
        sep_token_id=size["eos_token_id"],
        **size,
    )
    return ModernBertForMaskedLM(config)


def loaded_base(path: str | Path, *, masked: bool = False) -> nn.Module:
    """The model in a folder, or of a hub name, in float32.

    Raises:
        ValueError: If there is none.
    """
    from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

    quiet()
    kind = AutoModelForMaskedLM if masked else AutoModelForCausalLM
    try:
        module: nn.Module = kind.from_pretrained(path, dtype=torch.float32)
    except (OSError, ValueError, RuntimeError) as error:
        raise ValueError(f"no language model in '{path}': {str(error).splitlines()[0]}") from None
    return module


def with_adapter(base: nn.Module, form: LanguageConfig) -> nn.Module:
    """The model with a new LoRA adapter on all its linear layers; the base is frozen."""
    from peft import LoraConfig, get_peft_model
    from transformers.pytorch_utils import Conv1D

    rank = form.lora_rank
    turned = any(
        isinstance(part, Conv1D) for part in base.modules()
    )  # GPT-2 has its weights the other way round
    config = LoraConfig(
        r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM", fan_in_fan_out=turned
    )
    module: nn.Module = get_peft_model(base, config)
    return module


def adapted(folder: Path, form: LanguageConfig) -> nn.Module:
    """A saved adapter on its base, which is where it was when it was trained.

    Raises:
        ValueError: If one of the two is missing.
    """
    from peft import PeftModel

    assert form.path is not None
    base = loaded_base(form.path)
    try:
        module: nn.Module = PeftModel.from_pretrained(base, folder, is_trainable=True)
    except (OSError, ValueError, RuntimeError) as error:
        raise ValueError(
            f"no adapter for '{form.path}' in '{folder}': {str(error).splitlines()[0]}"
        ) from None
    return module


def quiet() -> None:
    """transformers shows a bar for every file that it reads or writes; runs have their own."""
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
