"""LeaF's learner."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.methods.text.leaf.config import LeafConfig
from videorlvr.methods.text.leaf.math import called, confounders, runs_of, taught_loss, told
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.models.load import load_policy
from videorlvr.training.language.examples import Batch, Tell, Tokenized, batch_of
from videorlvr.training.language.imitation import Imitation, next_token_loss
from videorlvr.training.learner import Bench
from videorlvr.training.track import Metrics
from videorlvr.worlds.written.passages import ASK, BOARD, TAG

Span = tuple[int, int]


class Leaf(Imitation):
    """What it adds to imitation: a teacher, and passages without what confuses."""

    config: LeafConfig

    def __init__(self, config: LeafConfig, policy: LanguagePolicy, bench: Bench) -> None:
        super().__init__(config, policy, bench)
        self.teacher = _teacher(config, policy) if config.is_taught else None
        self.marks = {mark: policy.tokens.encode(mark)[0] for mark in (TAG, BOARD, ASK)}
        self._forget()

    def tell_one(self) -> Tell:
        config = self.config
        return partial(
            told,
            form=self.policy.form.board,
            tags=config.tags,
            leak=config.leak,
            distractors=config.distractors,
        )

    def loss(self, world: str, batch: Batch, index: int) -> Tensor:
        if self.teacher is None:
            return next_token_loss(self.policy.logits(batch.ids), batch.ids, batch.weights)
        whole = self._taught(batch)
        if self.config.mask == "none" or self.config.keep == 1:
            return whole
        pruned = self._pruned(batch, world, index)
        if pruned is None:
            return whole
        return self.config.keep * whole + (1 - self.config.keep) * self._taught(pruned)

    def _taught(self, batch: Batch) -> Tensor:
        assert self.teacher is not None
        with torch.no_grad():
            law = self.teacher.logits(batch.ids)
        return taught_loss(self.policy.logits(batch.ids), law, batch.weights)

    def _pruned(self, batch: Batch, world: str, index: int) -> Batch | None:
        """Passages without a run of tokens each; None where none is left out."""
        rng = seeding.rng("leaf-runs", self.config.seed, world, index)
        spans = self._spans(batch, rng)
        rows, behind = list[Tokenized](), list[int]()
        for place, span in enumerate(spans):
            if span is not None:
                kept = np.r_[0 : span[0], span[1] : batch.lengths[place]]
                ids, weights = batch.ids[place].cpu().numpy(), batch.weights[place].cpu().numpy()
                rows.append(Tokenized(ids[kept].astype(np.int32), weights[kept].astype(np.float32)))
                behind.append(place)
        if not rows:
            return None
        pruned = batch_of(self.policy, rows)
        fell = self._answer_loss(pruned) - self._answer_loss(batch)[behind]
        good = [row for row, less in zip(rows, fell.tolist(), strict=True) if less <= self.config.tolerance]
        self.seen["pruned"] += len(good)
        return batch_of(self.policy, good) if good else None

    def _spans(self, batch: Batch, rng: np.random.Generator) -> list[Span | None]:
        """The run that is left out of each passage."""
        first = (batch.weights > 0).int().argmax(1)
        place = torch.arange(batch.ids.shape[1], device=batch.ids.device)
        prompt = (place > 0) & (place < first[:, None] - 1)  # neither the beginning nor the answer's mark
        found = self._called(batch, prompt).cpu().numpy()
        out: list[Span | None] = []
        for row in range(len(batch.lengths)):
            true = confounders(batch.ids[row].tolist(), self.marks)
            runs = runs_of(found[row])
            self._count_found(found[row], true)
            by_run, by_place = rng.random(2)
            listed = true if self.config.mask == "oracle" else runs
            span = listed[int(by_run * len(listed))] if listed else None
            if span is not None and self.config.mask == "random":
                length = span[1] - span[0]
                start = 1 + int(by_place * (int(first[row]) - 1 - length))
                span = (start, start + length)
            out.append(span)
        return out

    def _called(self, batch: Batch, prompt_BN: Tensor) -> Tensor:
        assert self.teacher is not None
        student, teacher = (self._looks(policy, batch) for policy in (self.policy, self.teacher))
        return called(teacher, student, prompt_BN, self.config.tau)

    def _looks(self, policy: LanguagePolicy, batch: Batch) -> Tensor:
        """Norm of the gradient of the answer's loss with respect to each token's embedding, [B, N]."""
        module = policy.module
        embedded: Tensor = module.get_input_embeddings()(batch.ids).detach().requires_grad_()  # type: ignore[operator]
        with policy.autocast(), torch.enable_grad():
            logits = module(inputs_embeds=embedded, use_cache=False).logits.float()
            # A row's gradient is its own, so a sum is as good as a loss each.
            loss = next_token_loss(logits, batch.ids, batch.weights) * batch.weights[:, 1:].sum()
        [gradient] = torch.autograd.grad(loss, embedded)
        norms: Tensor = gradient.norm(dim=-1)
        return norms

    @torch.no_grad()
    def _answer_loss(self, batch: Batch) -> Tensor:
        """The teacher's mean loss a token of each answer, [B]."""
        assert self.teacher is not None
        law = torch.log_softmax(self.teacher.logits(batch.ids)[:, :-1], -1)
        logs = law.gather(-1, batch.ids[:, 1:, None])[..., 0]
        weights = batch.weights[:, 1:]
        return -(logs * weights).sum(1) / weights.sum(1)

    def _count_found(self, found_N: np.ndarray[tuple[int], np.dtype[np.bool_]], true: list[Span]) -> None:
        truth = np.zeros(len(found_N), bool)
        for first, behind in true:
            truth[first:behind] = True
        self.seen["called"] += int(found_N.sum())
        self.seen["right"] += int((found_N & truth).sum())
        self.seen["true"] += int(truth.sum())
        self.seen["tags"] += int(found_N[slice(*true[0])].any())
        self.seen["rows"] += 1

    def _forget(self) -> None:
        self.seen = dict.fromkeys(("called", "right", "true", "tags", "rows", "pruned"), 0)

    def _figures(self) -> Metrics:
        line, seen = super()._figures(), self.seen
        if seen["rows"]:
            line["precision"] = seen["right"] / max(seen["called"], 1)
            line["recall"] = seen["right"] / max(seen["true"], 1)
            line["recall_tag"] = seen["tags"] / seen["rows"]
            line["pruned"] = seen["pruned"] / seen["rows"]
        self._forget()
        return line


def _teacher(config: LeafConfig, policy: LanguagePolicy) -> LanguagePolicy:
    """The teacher, frozen, on the learner's device."""
    if config.teacher is not None:
        teacher = load_policy(Path(config.teacher), device=policy.device)
    else:
        assert config.teacher_model is not None
        seed = seeding.seed_of("leaf-teacher", config.seed)
        teacher = LanguagePolicy.new(config.teacher_model, seed=seed, device=policy.device)
    policy.tokens.check_same(getattr(teacher, "tokens", None), f"teacher '{config.teacher}'")
    teacher.module.requires_grad_(False)
    found: LanguagePolicy = teacher
    return found
