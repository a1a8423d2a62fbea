"""RAS as a player: in regional steps only some tokens go through the network, the others keep their velocity.

Laws: what a regional step computes at the state of the last dense one is what the dense step computed there. An item's
tokens are chosen by that item alone. The given frame is computed in dense steps only.
"""

from __future__ import annotations

from typing import Any, Protocol, cast

import numpy as np
import torch
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.flow.at import At, Field
from videorlvr.methods.video.ras.config import RASConfig
from videorlvr.methods.video.ras.math import chosen, equivalents, importance, is_dense, moving, starved
from videorlvr.models.api import Condition, Policy
from videorlvr.models.seam import Site, attached, full_attention
from videorlvr.players.meter import Meter
from videorlvr.players.policy import PolicyPlayer, condition_of, named_noise, roll
from videorlvr.players.sampling import Sampling, evaluations_of
from videorlvr.worlds.api import Problem, Video, World
from videorlvr.worlds.render import oracle_video


class Tokens(Protocol):
    """A network that says what its tokens are of, as `models.dit.DiT` does."""

    def as_tokens(self, x_BCTHW: Tensor) -> Tensor: ...
    def from_tokens(self, tokens_BNP: Tensor, like_BCTHW: Tensor) -> Tensor: ...


class Regions:
    """What one batch remembers: keys, values and velocities of the last time, and how long each token was left out.

    bias: importance [B, N] of a step that does not look at the velocity; None for one that does.
    """

    def __init__(self, config: RASConfig, network: Tokens, condition: Condition, bias: Any = None) -> None:
        self.config, self.network, self.bias = config, network, bias
        free = condition.free[:1].expand(condition.clean[:1].shape)
        self.free_N = network.as_tokens(free.float())[0].amax(-1) > 0
        self.skipped = torch.zeros(
            len(condition), len(self.free_N), dtype=torch.float32, device=condition.clean.device
        )
        self.index, self.chosen, self.mask = -1, cast(Tensor | None, None), cast(Tensor | None, None)
        self.velocity: Tensor | None = None
        self.kept: dict[Site, tuple[Tensor, Tensor]] = {}
        self.history: list[Tensor | None] = []

    def around(self, field: Field) -> Field:
        """The velocity that is in part remembered."""

        def velocity_of(x: Tensor, at: At) -> Tensor:
            assert isinstance(at.index, Tensor | int)
            index = int(at.index) if isinstance(at.index, int) else int(at.index.flatten()[0])
            if index != self.index:  # the second look of a Heun step is at the same tokens
                self._turn(index)
            velocity = field(x, at)
            if self.mask is not None:
                assert self.velocity is not None
                velocity = torch.where(self.mask, velocity, self.velocity)
            self.velocity = velocity
            return velocity

        return velocity_of

    def choose(self, num_tokens: int) -> Tensor | None:
        return self.chosen

    def attend(self, site: Site, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        if not self.config.cache:
            return full_attention(q, k, v)
        if self.chosen is not None:
            places = self.chosen[:, None, :, None].expand_as(k)
            all_k, all_v = self.kept[site]
            k, v = all_k.scatter(2, places, k), all_v.scatter(2, places.expand_as(v), v)
        self.kept[site] = (k, v)
        return full_attention(q, k, v)

    def _turn(self, index: int) -> None:
        """Choose the tokens of a step, by what the last one said."""
        config, self.index = self.config, index
        if self.velocity is None or is_dense(index, config.dense, config.reset_every):
            self.chosen = self.mask = None
            self.skipped.zero_()
        else:
            values = (
                importance(self.network.as_tokens(self.velocity), config.focus)
                if self.bias is None
                else self.bias(index).to(self.velocity.device)
            )
            self.chosen = chosen(starved(values, self.skipped, config.starvation), self.free_N, config.ratio)
            self.skipped = (self.skipped + 1).scatter(1, self.chosen, 0.0)
            computed = self.network.as_tokens(self.velocity).new_zeros(len(self.skipped), len(self.free_N), 1)
            computed = computed.scatter(1, self.chosen[..., None], 1.0)
            width = self.network.as_tokens(self.velocity[:1]).shape[-1]
            whole = computed.expand(-1, -1, width)
            self.mask = self.network.from_tokens(whole, self.velocity) > 0
        self.history.append(self.chosen)


class RAS:
    """(world, problems of one shape, sample number) -> uint8 videos. With ratio 1 the plain player, bit for bit."""

    def __init__(self, config: RASConfig, policy: Policy, sampling: Sampling, batch_size: int) -> None:
        self.config, self.policy = config, policy
        self.sampling = (
            sampling if config.steps is None else sampling.model_copy(update={"steps": config.steps})
        )
        self.plain = PolicyPlayer(policy, self.sampling, batch_size=batch_size)
        self.meter = Meter()
        if config.ratio < 1 and not hasattr(policy.module, "as_tokens"):
            raise ValueError(
                f"ras needs a network that says what its tokens are of, and a {type(policy.module).__name__} does not: "
                "expected as_tokens, from_tokens and a seam that chooses, as models.dit.DiT has them; take ratio 1"
            )
        costs = [evaluations_of(self.sampling, step) for step in range(self.sampling.steps)]
        self.cost = equivalents(costs, config.ratio, config.dense, config.reset_every)

    @property
    def identity(self) -> dict[str, Any]:
        """What its videos depend on besides the weights, and what one of its answers costs."""
        return {**self.plain.identity, "play": self.config.model_dump(), "network_evaluations": self.cost}

    @torch.no_grad()
    def __call__(self, world: World, problems: list[Problem], sample_index: int) -> Video:
        if self.config.ratio == 1:
            return self.plain(world, problems, sample_index)
        size = self.plain.batch_size
        parts = [problems[start : start + size] for start in range(0, len(problems), size)]
        return np.concatenate([self.videos(world, part, sample_index)[0] for part in parts])

    @torch.no_grad()
    def videos(self, world: World, problems: list[Problem], sample_index: int) -> tuple[Video, Regions]:
        """The videos of one batch, and which tokens were computed for them."""
        condition = condition_of(self.policy, problems)
        noise = named_noise(problems, sample_index, condition.clean)
        network = cast(Tokens, self.policy.module)
        regions = Regions(self.config, network, condition, self._unlooked(world, problems, sample_index))
        with attached(self.policy.module, attend=regions.attend, choose=regions.choose):
            x = roll(self.policy, condition, noise, self.sampling, meter=self.meter, around=regions.around)
        videos: Video = self.policy.decode(x).cpu().numpy()
        return videos, regions

    def _unlooked(self, world: World, problems: list[Problem], sample_index: int) -> Any:
        """Importance by step where it is not of the velocity; named by address, so that batches may be cut anywhere."""
        network = cast(Tokens, self.policy.module)
        if self.config.focus == "oracle":
            solved = torch.from_numpy(np.stack([oracle_video(world, problem) for problem in problems]))
            x0 = self.policy.encode(solved)
            first = x0[:, :, :1].expand_as(x0)
            moves = moving(network.as_tokens(first), network.as_tokens(x0))
            return lambda index: moves
        if self.config.focus == "random":
            num_tokens = network.as_tokens(condition_of(self.policy, problems[:1]).clean).shape[1]

            def drawn(index: int) -> Tensor:
                rows = [
                    seeding.rng("ras", str(problem.address), sample_index, index).random(num_tokens)
                    for problem in problems
                ]
                return torch.from_numpy(np.stack(rows)).float()

            return drawn
        return None
