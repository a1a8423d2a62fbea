"""LET's learner."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.methods.text.let.config import LETConfig
from videorlvr.methods.text.let.math import law_loss, state_loss
from videorlvr.models.language.flops import forward_flops
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.load import load_policy
from videorlvr.training.language.examples import Batch
from videorlvr.training.language.imitation import Imitation, next_token_loss
from videorlvr.training.learner import Bench
from videorlvr.training.teacher import teacher_weight


class LET(Imitation):
    """What it adds to imitation: the loss of the next token, and a teacher until it is gone."""

    config: LETConfig

    def __init__(self, config: LETConfig, policy: LanguagePolicy, bench: Bench) -> None:
        super().__init__(config, policy, bench)
        self.stop = round(config.until * config.num_steps)
        self.teacher: LanguagePolicy | None = (
            _teacher(config, policy) if config.weight and self.stop else None
        )

    def loss(self, world: str, batch: Batch, index: int) -> Tensor:
        weight = teacher_weight(index, weight=self.config.weight, stop=self.stop)
        if self.teacher is None or weight == 0:
            self.teacher = None  # its memory is given back
            return next_token_loss(self.policy.logits(batch.ids), batch.ids, batch.weights)
        own, theirs = self._looked(self.policy, batch), self._taught(self.teacher, batch)
        if self.config.target == "hidden":
            last = -1 if self.config.teacher_layer is None else self.config.teacher_layer
            lengths = torch.tensor(batch.lengths, device=batch.ids.device)
            seen = torch.arange(batch.ids.shape[1], device=batch.ids.device) < lengths[:, None]
            align = state_loss(own.hidden_states[self.config.layer], theirs.hidden_states[last], seen)
        else:
            align = law_loss(own.logits.float(), theirs.logits.float(), batch.weights)
        self._add("align", align.detach() / len(self.pools))
        return next_token_loss(own.logits.float(), batch.ids, batch.weights) + weight * align

    @torch.no_grad()
    def _taught(self, teacher: LanguagePolicy, batch: Batch) -> Any:
        form = teacher.form
        mean = batch.num_tokens / len(batch.lengths)
        self.counts["flops"] += forward_flops(
            teacher.module, batch.num_tokens, mean / 2, width=form.width, depth=form.depth
        )
        return self._looked(teacher, batch)

    @staticmethod
    def _looked(policy: LanguagePolicy, batch: Batch) -> Any:
        """Logits and the states behind each layer."""
        with policy.autocast():
            return policy.module(input_ids=batch.ids, output_hidden_states=True, use_cache=False)


def _teacher(config: LETConfig, policy: LanguagePolicy) -> LanguagePolicy:
    """The teacher, frozen, on the learner's device.

    Raises:
        ValueError: If it reads other tokens.
    """
    if config.teacher is not None:
        teacher = load_policy(Path(config.teacher), device=policy.device)
    else:
        assert config.teacher_model is not None
        seed = seeding.seed_of("let-teacher", config.seed)
        teacher = LanguagePolicy.new(config.teacher_model, seed=seed, device=policy.device)
    policy.tokens.check_same(getattr(teacher, "tokens", None), f"teacher '{config.teacher}'")
    teacher.module.requires_grad_(False)
    found: LanguagePolicy = teacher
    return found
