"""MLM-U's learner."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import pad

from videorlvr.base import seeding
from videorlvr.methods.text.mlm_u.config import MLMUConfig
from videorlvr.methods.text.mlm_u.math import hidden, masked_loss, regions
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.players.language import room_for
from videorlvr.training.language.examples import Batch
from videorlvr.training.language.imitation import Imitation
from videorlvr.training.learner import Bench
from videorlvr.worlds import world_of


class MLMU(Imitation):
    """What it adds to imitation: masks, and their loss."""

    config: MLMUConfig

    def __init__(self, config: MLMUConfig, policy: LanguagePolicy, bench: Bench) -> None:
        super().__init__(config, policy, bench)
        self.rooms = {
            task.world: room_for(policy, world_of(task.world), task.level, config.writing)
            for task in config.tasks
        }

    def loss(self, world: str, batch: Batch, index: int) -> Tensor:
        config, room, mask = self.config, self.rooms[world], self.policy.tokens.mask
        assert mask is not None
        first = (batch.weights > 0).int().argmax(1)
        wanted = int(first.max()) + room
        wanted = -(-wanted // 32) * 32 if config.compile else wanted
        more = wanted - batch.ids.shape[1]  # below zero where only answers longer than the room are cut
        ids, weights = (pad(values, (0, more)) for values in (batch.ids, batch.weights))
        region, answer = regions(weights, room)
        chance = seeding.rng("mlm-u", config.seed, world, index)
        uniform_B = torch.from_numpy(chance.random(len(ids))).to(ids.device)
        uniform_BN = torch.from_numpy(chance.random(tuple(ids.shape))).to(ids.device)
        masked = hidden(uniform_B, uniform_BN, answer, config.masking, config.mask_rate)
        shown = ids.masked_fill(region & ~(answer & ~masked), mask)
        place = torch.arange(wanted, device=ids.device)
        seen = place < first[:, None] + room
        return masked_loss(self.policy.logits(shown, None if bool(seen.all()) else seen), ids, masked)
