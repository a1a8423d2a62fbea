"""DisBack's learner: record how the teacher's score degrades to the student's, then pass those stations backwards.

Laws: with no nodes it is distribution matching with the teacher, and the regression neither records nor scores. All
chance is a function of seed and step; stations are parts, so a resumed run is the run.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from videorlvr.base import seeding
from videorlvr.flow.at import At, Field
from videorlvr.flow.path import data_estimate
from videorlvr.flow.regression import mean_over_free, noisy, square_error
from videorlvr.methods.video.disback.config import DisBackConfig
from videorlvr.methods.video.disback.math import mismatch, pull, saves, score_loss, stations, target_at
from videorlvr.models.api import Condition, Policy
from videorlvr.players.policy import roll
from videorlvr.players.sampling import Sampling
from videorlvr.training.data import OracleVideos
from videorlvr.training.device import generator_on, prepare
from videorlvr.training.finite import check_finite
from videorlvr.training.learner import Bench
from videorlvr.training.optimizer import Optimizers, make_optimizer
from videorlvr.training.state import Part
from videorlvr.training.supervised_math import shifted_uniform
from videorlvr.training.track import Metrics


class DisBack:
    """A step of the recording, or one of the student and some of its score."""

    def __init__(self, config: DisBackConfig, policy: Policy, bench: Bench) -> None:
        if len(policy.chunks(2 * 64)) > 1:
            raise ValueError(
                "disback of a causal policy: a student of one step makes whole videos; take another init"
            )
        self.config, self.policy = config, policy
        self.teacher = policy.with_module(copy.deepcopy(policy.module).requires_grad_(False))
        self.fake = policy.with_module(copy.deepcopy(policy.module))
        prepare(config, policy)
        prepare(config, self.teacher)
        prepare(config, self.fake)
        self.optimizers = {
            "policy": self._optimizer(policy.module, config.lr),
            "fake": self._optimizer(self.fake.module, config.fake_lr),
        }
        student = Part(policy.module, self.optimizers["policy"], ema=config.ema)
        assert student.average is not None
        self.parts = {"policy": student, "fake": Part(self.fake.module, self.optimizers["fake"])}
        num_nodes = config.nodes if config.recorded else 0
        self.nodes = {k: policy.with_module(copy.deepcopy(policy.module)) for k in range(1, num_nodes + 1)}
        self.parts |= {f"node-{k}": Part(node.module) for k, node in self.nodes.items()}
        self.way = stations(num_nodes, config.order, config.seed) if num_nodes else [0]
        self.result, self.network_evaluations = policy.with_module(student.average), 0
        pool = {"seed": config.seed, "start": config.pool_size, "grow": 0.0, "size": config.pool_size}
        self.pools = {
            task.world: OracleVideos(task, **pool, workers=None, num_workers=0, device=policy.device)  # type: ignore[arg-type]
            for task in config.tasks
        }

    def _optimizer(self, module: nn.Module, lr: float) -> Optimizers:
        return make_optimizer(module, self.config.optimizer, lr=lr, weight_decay=0.0)

    def step(self, index: int) -> Metrics:
        config, told = self.config, dict[str, Tensor]()
        if config.objective == "regression":
            told = self._regression(index)
        elif index < config.recorded:
            told = self._score(index, 0)
            station = saves(index, record=config.recorded, nodes=config.nodes)
            if station is not None:
                self.nodes[station].module.load_state_dict(self.fake.module.state_dict())
        else:
            for turn in range(config.fake_steps):
                told = self._score(index, turn)
            told |= self._student(index)
        values = check_finite(f"step {index}", **told)
        line: Metrics = dict(zip(told, values, strict=True))
        if index >= config.recorded and config.objective == "score":
            line["station"] = target_at(index - config.recorded, self.way, config.hold)
        at_end = (index + 1) % config.log_every == 0 or index + 1 == config.num_steps
        return line if at_end or self._switches(index) else {}

    def _switches(self, index: int) -> bool:
        """Whether this step is the first at a station: its mismatch is told whatever `log_every`."""
        past = index - self.config.recorded
        return (
            self.config.objective == "score"
            and past >= 0
            and past % self.config.hold == 0
            and (past // self.config.hold < len(self.way))
        )

    def _score(self, index: int, turn: int) -> dict[str, Tensor]:
        """The student's own score learns from what the student makes."""
        losses = []
        for world, condition in self._conditions(index).items():
            chance = self._chance(world, index, "score", turn)
            with torch.no_grad():
                x = self._made(self.policy, condition, chance)
            sigma, noise = self._noise(x, chance)
            error = square_error(
                _field(self.fake, condition),
                x,
                sigma,
                noise,
                free=condition.free,
                clean=condition.clean,
            )
            losses.append(mean_over_free(error, condition.free))
            self.network_evaluations += 4 * self.config.batch
        return {"score_loss": self._update("fake", torch.stack(losses).mean())[0]}

    def _student(self, index: int) -> dict[str, Tensor]:
        """The student goes where the target's score and its own differ."""
        target = target_at(index - self.config.recorded, self.way, self.config.hold)
        teacher = self.nodes[target] if target else self.teacher
        losses, apart = [], []
        for world, condition in self._conditions(index).items():
            chance = self._chance(world, index, "student", 0)
            x = self._made(self.policy, condition, chance)
            sigma, noise = self._noise(x, chance)
            with torch.no_grad():
                point = noisy(x, sigma, noise, condition.free, condition.clean)
                wanted, own = (
                    data_estimate(point, one.velocity(point, At(sigma), condition), sigma)
                    for one in (teacher, self.fake)
                )
                pulled = pull(x, wanted, own, condition.free)
                apart.append(mismatch(wanted, own, condition.free))
            losses.append(score_loss(x, pulled, condition.free))
            self.network_evaluations += 5 * self.config.batch
        loss, norm = self._update("policy", torch.stack(losses).mean())
        return {"loss": loss, "grad_norm": norm, "mismatch": torch.stack(apart).mean()}

    def _regression(self, index: int) -> dict[str, Tensor]:
        """The student is taught the teacher's sample from the same noise."""
        config, losses = self.config, []
        sampling = Sampling(steps=config.teacher_steps, shift=config.shift)
        for world, condition in self._conditions(index).items():
            z = _normal(condition.clean, self._chance(world, index, "student", 0))
            wanted = roll(self.teacher, condition, z, sampling)
            made = self._made(self.policy, condition, self._chance(world, index, "student", 0))
            error = torch.where(condition.free, (made - wanted) ** 2, 0.0)
            losses.append(mean_over_free(error, condition.free))
            self.network_evaluations += (3 + config.teacher_steps) * config.batch
        loss, norm = self._update("policy", torch.stack(losses).mean())
        return {"loss": loss, "grad_norm": norm}

    def _made(self, policy: Policy, condition: Condition, chance: torch.Generator) -> Tensor:
        """What one Euler step from pure noise makes, differentiable; clean where it is given."""
        z = torch.where(condition.free, _normal(condition.clean, chance), condition.clean)
        sigma = torch.ones(len(z), device=z.device)
        made = data_estimate(z, policy.velocity(z, At(sigma, 0), condition), sigma)
        return torch.where(condition.free, made, condition.clean)

    def _noise(self, x: Tensor, chance: torch.Generator) -> tuple[Tensor, Tensor]:
        uniform = torch.rand(len(x), generator=chance, device=x.device)
        sigma = (shifted_uniform(uniform, self.config.shift) * self.config.highest).clamp_min(0.02)
        return sigma, _normal(x, chance)

    def _chance(self, world: str, index: int, what: str, turn: int) -> torch.Generator:
        seed = seeding.seed_of("disback", self.config.seed, world, index, what, turn)
        return generator_on(self.policy.device, seed)

    def _conditions(self, index: int) -> Mapping[str, Condition]:
        out = {}
        for world, pool in self.pools.items():
            video = pool.batch(index, self.config.batch)
            prompts = pool.prompts(index, self.config.batch)
            out[world] = self.policy.condition(video[:, 0], prompts, video.shape[1])
        return out

    def _update(self, name: str, loss: Tensor) -> tuple[Tensor, Tensor]:
        module = self.parts[name].module
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(module.parameters(), self.config.grad_clip)
        self.optimizers[name].step()
        return loss.detach(), norm

    def close(self) -> None:
        pass


def _field(policy: Policy, condition: Condition) -> Field:
    return lambda x, at: policy.velocity(x, at, condition)


def _normal(like: Tensor, chance: torch.Generator) -> Tensor:
    return torch.randn(like.shape, generator=chance, device=like.device)
