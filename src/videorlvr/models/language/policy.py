"""A language policy: a model of `transformers`, its tokenizer, and how it is shown boards.

Law: save and load give the same logits, bit for bit. With LoRA what is trained, kept in checkpoints and saved is the
adapter; the base stays where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, Self

import torch
from torch import Tensor, nn

from videorlvr.base.files import write_text_atomic
from videorlvr.base.records import read_json_object
from videorlvr.models.api import CONFIG
from videorlvr.models.language.build import adapted, built, loaded_base, quiet, with_adapter
from videorlvr.models.language.config import LanguageConfig
from videorlvr.models.language.flops import forward_flops
from videorlvr.models.language.tokens import Tokens, new_tokenizer
from videorlvr.models.module import ModulePolicy

LANGUAGE = "language"


class LanguagePolicy(ModulePolicy):
    """kind: in `policy.json`. form: what it was made from."""

    kind = LANGUAGE

    def __init__(self, module: nn.Module, tokens: Tokens, form: LanguageConfig) -> None:
        super().__init__(module.eval())  # without dropout, so that what is replayed is what was written
        self.tokens, self.form = tokens, form
        self._forward: Callable[..., Any] | None = None

    @property
    def is_masked(self) -> bool:
        """Does it fill in masks, instead of going on from left to right?"""
        return self.form.family == "masked"

    @staticmethod
    def new(form: LanguageConfig, *, seed: int, device: torch.device) -> LanguagePolicy:
        """A model that has learnt nothing of ours: weights drawn from `seed`, or those of `path`.

        Raises:
            ValueError: If there is no model in `path`.
        """
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            if form.family == "pretrained":
                assert form.path is not None
                tokens = Tokens.load(form.path)
                module = (
                    with_adapter(loaded_base(form.path), form) if form.lora_rank else loaded_base(form.path)
                )
            else:
                tokens = Tokens(new_tokenizer(form.worlds))
                module = built(form, tokens)
        return LanguagePolicy(module.to(device), tokens, form)

    @staticmethod
    def load(folder: Path, *, device: torch.device) -> LanguagePolicy:
        """
        Raises:
            ValueError: If the folder holds none, or a damaged one.
        """
        form = _form(read_json_object(folder / CONFIG))
        tokens = Tokens.load(folder)
        module = (
            adapted(folder, form) if form.lora_rank else loaded_base(folder, masked=form.family == "masked")
        )
        return LanguagePolicy(module.to(device), tokens, form)

    @staticmethod
    def empty(form: Mapping[str, Any], *, device: torch.device) -> LanguagePolicy:
        return LanguagePolicy.new(_form(form), seed=0, device=device)

    def with_module(self, module: nn.Module) -> Self:
        other = super().with_module(module)
        other._forward = None
        return other

    def compile(self) -> None:
        """Of training's forward alone: sampling has another shape with each token."""
        self._forward = torch.compile(self.module, dynamic=False)

    @property
    def compute_dtype(self) -> torch.dtype:
        return torch.bfloat16 if self.device.type == "cuda" else torch.float32

    def logits(self, ids_BN: Tensor, seen_BN: Tensor | None = None) -> Tensor:
        """float32 [B, N, V], with gradient if it is on. seen: False for what is not there, such as padding; without it
        all of a row is there."""
        forward = self._forward or self.module
        seen = None if seen_BN is None else seen_BN.long()
        with self.autocast():
            extra = {} if self.is_masked else {"use_cache": False}
            out: Tensor = forward(input_ids=ids_BN, attention_mask=seen, **extra).logits
        return out.float()

    def states(self, ids_BN: Tensor, seen_BN: Tensor | None = None) -> tuple[Tensor, ...]:
        """float32 [B, N, D] behind the embedding and each layer; the last is what the head reads. seen: as `logits` has
        it."""
        seen = None if seen_BN is None else seen_BN.long()
        with self.autocast():
            extra = {} if self.is_masked else {"use_cache": False}
            out: Any = self.module(input_ids=ids_BN, attention_mask=seen, output_hidden_states=True, **extra)
        return tuple(hidden.float() for hidden in out.hidden_states)

    def flops(self, num_tokens: int, *, behind: int = 0) -> int:
        """Operations of reading so many tokens once, with a cache that holds those `behind` which they come: what an
        answer costs with its prompt."""
        form, span = self.form, behind + num_tokens / 2
        return forward_flops(self.module, num_tokens, span, width=form.width, depth=form.depth)

    def autocast(self) -> AbstractContextManager[Any]:
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda")

    def reference(self) -> AbstractContextManager[Self]:
        """The policy that training began with: the adapter off, or a copy as it is now. May be entered again."""
        if self.form.lora_rank:
            return _AdapterOff(self)
        return super().reference()

    def save(self, folder: Path) -> None:
        quiet()
        folder.mkdir(parents=True, exist_ok=True)
        self.module.save_pretrained(folder)  # type: ignore[operator]
        self.tokens.save(folder)
        (folder / "README.md").unlink(missing_ok=True)  # peft's model card, which knows nothing of this one
        form = {"kind": LANGUAGE, **self.form.model_dump()}
        write_text_atomic(folder / CONFIG, json.dumps(form, indent=2) + "\n")


class _AdapterOff(AbstractContextManager[Any]):
    """A policy without its adapter, for as long as it is entered."""

    def __init__(self, policy: LanguagePolicy) -> None:
        self.policy = policy

    def __enter__(self) -> LanguagePolicy:
        module: Any = self.policy.module
        self.off = module.disable_adapter()
        self.off.__enter__()
        return self.policy

    def __exit__(self, *error: Any) -> None:
        self.off.__exit__(*error)


def _form(values: Mapping[str, Any]) -> LanguageConfig:
    return LanguageConfig.model_validate({key: value for key, value in values.items() if key != "kind"})


def padded(
    rows: Sequence[Sequence[int]], fill: int, *, left: bool = False, length: int | None = None
) -> Tensor:
    """Rows of different length as one int64 [B, N]; filled up behind, or before if `left`."""
    longest = max(map(len, rows)) if length is None else length
    out = torch.full((len(rows), longest), fill, dtype=torch.int64)
    for number, row in enumerate(rows):
        place = slice(longest - len(row), longest) if left else slice(0, len(row))
        out[number, place] = torch.as_tensor(row, dtype=torch.int64)
    return out
