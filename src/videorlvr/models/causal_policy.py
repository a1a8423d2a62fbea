"""The causal transformer as a policy: what its conditions hold in training and in sampling."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from videorlvr.flow.at import At
from videorlvr.models.api import Chunk, Condition
from videorlvr.models.causal import Cache, CausalDiT
from videorlvr.models.chunks import chunks_of
from videorlvr.models.config import DiTConfig
from videorlvr.models.pixels import PixelPolicy

PAST, HINT, KEYS, VALUES = "past", "hint", "keys", "values"
"""What a condition holds beside the given frame: the whole clean video in training; in sampling the last frame before
a chunk, and the cache."""


class CausalPolicy(PixelPolicy):
    """A `DiT` whose config has `chunk_frames`."""

    kind = "causal"
    config_type = DiTConfig
    network = CausalDiT
    module: CausalDiT

    def compile(self) -> None:
        self.module.compile_parts()

    def chunks(self, num_frames: int) -> tuple[slice, ...]:
        return chunks_of(num_frames, self.module.config.chunk_frames)

    def taught(self, condition: Condition, x0_BCTHW: Tensor) -> Condition:
        past = torch.where(condition.free, x0_BCTHW, condition.clean)
        return Condition(condition.clean, condition.free, {**condition.extra, PAST: past})

    def next_chunk(self, condition: Condition, done: Chunk | None) -> Chunk:
        chunks = self.chunks(condition.clean.shape[2])
        if done is None:
            frames, extra = chunks[0], {HINT: condition.clean[:, :, 0]}
        else:
            assert done.made is not None
            known = done.condition.extra
            with self._autocast():
                cache = self.module.remember(done.made, known[HINT], _cache_of(known))
            frames = chunks[chunks.index(done.frames) + 1]
            extra = {HINT: done.made[:, :, -1], KEYS: cache.keys, VALUES: cache.values}
        return Chunk(frames, Condition(condition.clean[:, :, frames], condition.free[:, :, frames], extra))

    def velocity(self, x_BCTHW: Tensor, at: At, condition: Condition) -> Tensor:
        known, sigma = condition.extra, at.sigma
        with self._autocast():
            if HINT in known:
                return self.module.extend(x_BCTHW, sigma, known[HINT], _cache_of(known))
            if len(self.chunks(x_BCTHW.shape[2])) == 1:
                return self.module.extend(x_BCTHW, sigma, condition.clean[:, :, 0], None)
            if PAST not in known:
                raise ValueError(
                    f"a causal policy (chunk_frames={self.module.config.chunk_frames}) was asked for a whole video "
                    "without its past; expected a condition of `taught` in training, or of `next_chunk` in sampling"
                )
            levels = sigma[:, None] if sigma.ndim == 1 else sigma[:, 0, :, 0, 0]
            return self.module.teach(x_BCTHW, levels.expand(-1, x_BCTHW.shape[2]), known[PAST])


def _cache_of(known: Mapping[str, Tensor]) -> Cache | None:
    return Cache(known[KEYS], known[VALUES]) if KEYS in known else None
