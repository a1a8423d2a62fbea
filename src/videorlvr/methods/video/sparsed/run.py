"""SparseD as a player: attention is exchanged in the sparse steps, and patterns are forgotten with the batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from videorlvr.flow.sampler import Step
from videorlvr.methods.video.sparsed.config import SparseDConfig
from videorlvr.methods.video.sparsed.math import block_weights, chosen, nearest, spread
from videorlvr.models.api import Policy
from videorlvr.models.seam import Site, attached, full_attention
from videorlvr.players.policy import PolicyPlayer, condition_of, named_noise, roll
from videorlvr.players.sampling import Sampling
from videorlvr.worlds.api import Problem, Video, World


class Patterns:
    """The attention of one batch: knows the step, and what each block of the network saw.

    num_frames: of which the first is given. seen: patterns that were computed, by (step, site), for who studies them.
    """

    def __init__(self, config: SparseDConfig, steps: int, num_frames: int) -> None:
        self.config, self.num_frames, self.step = config, num_frames, 0
        num_full = int(config.full * steps + 1e-9)
        full = range(steps - num_full, steps) if config.when == "sparse-then-full" else range(num_full)
        self.full = frozenset(full)
        self.kept: dict[Site, Tensor] = {}
        self.pairs_seen = self.pairs = 0.0

    def after(self, step: Step) -> None:
        """To be asked after each step; drops nothing."""
        self.step = step.index + 1

    def attend(self, site: Site, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        tokens, config = q.shape[-2], self.config
        self.pairs += tokens * tokens
        if self.step in self.full:
            self.pairs_seen += tokens * tokens
            return full_attention(q, k, v)
        if site not in self.kept or config.when == "anew":
            self.kept[site] = self._pattern(q, k)
        mask = spread(self.kept[site], config.block, tokens)
        self.pairs_seen += float(mask.float().mean()) * tokens * tokens
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask)

    def _pattern(self, q: Tensor, k: Tensor) -> Tensor:
        config, tokens = self.config, q.shape[-2]
        if config.pattern == "window":
            return nearest(-(-tokens // config.block), config.density, q.device)
        weights = block_weights(q, k, config.block)
        if config.pattern == "shared":
            weights = weights.mean(dim=1, keepdim=True)
        given = -(-(tokens // self.num_frames) // config.block)
        return chosen(weights, config.density, given, isolated=config.isolated)

    @property
    def density(self) -> float:
        """Share of pairs of tokens that were looked at, over all steps."""
        return self.pairs_seen / max(self.pairs, 1)


class SparseD:
    """(world, problems of one shape, sample number) -> uint8 videos. With density 1 the plain player, bit for bit."""

    def __init__(self, config: SparseDConfig, policy: Policy, sampling: Sampling, batch_size: int) -> None:
        self.config, self.policy, self.sampling = config, policy, sampling
        self.plain = PolicyPlayer(policy, sampling, batch_size=batch_size)
        self.density = 1.0

    @property
    def identity(self) -> dict[str, Any]:
        """What its videos depend on besides the weights."""
        return {**self.plain.identity, "play": self.config.model_dump()}

    @torch.no_grad()
    def __call__(self, world: World, problems: list[Problem], sample_index: int) -> Video:
        if self.config.density == 1:
            return self.plain(world, problems, sample_index)
        size = self.plain.batch_size
        parts = [problems[start : start + size] for start in range(0, len(problems), size)]
        return np.concatenate([self._videos(part, sample_index) for part in parts])

    def _videos(self, problems: list[Problem], sample_index: int) -> Video:
        condition = condition_of(self.policy, problems)
        noise = named_noise(problems, sample_index, condition.clean)
        patterns = Patterns(self.config, self.sampling.steps, problems[0].num_frames)
        with attached(self.policy.module, attend=patterns.attend):
            x = roll(self.policy, condition, noise, self.sampling, steer=patterns.after)
        self.density = patterns.density
        videos: Video = self.policy.decode(x).cpu().numpy()
        return videos
