"""STeP's learner: golden solutions and corrected trajectories in one batch.

Law: with `acted` 0 and no bound on tokens it is next-token SFT, bit for bit.
"""

from __future__ import annotations

import numpy as np
from torch import Tensor

from videorlvr.base import seeding
from videorlvr.methods.text.step_reflect.act import act
from videorlvr.methods.text.step_reflect.config import StepReflectConfig
from videorlvr.methods.text.step_reflect.math import trajectory_passage
from videorlvr.models.language.policy import LanguagePolicy
from videorlvr.training.config import Task
from videorlvr.training.language.examples import Batch, Examples, Tokenized, tokenized
from videorlvr.training.language.imitation import Imitation, next_token_loss
from videorlvr.training.learner import Bench
from videorlvr.training.problems import first_of_pool
from videorlvr.training.track import Metrics
from videorlvr.worlds import world_of
from videorlvr.worlds.problems import make_problem
from videorlvr.worlds.written.passages import Passage, solved


class StepReflect(Imitation):
    """What it adds to imitation: boards that the policy acted on before training, and their share of each batch."""

    config: StepReflectConfig

    def __init__(self, config: StepReflectConfig, policy: LanguagePolicy, bench: Bench) -> None:
        # Before a checkpoint is loaded: who acts is the policy that training began with.
        self.acted_errors, self.acted_lost, acted = 0.0, 0.0, dict[str, list[Tokenized]]()
        for task in config.tasks if config.acted else []:
            acted[task.world] = tokenized(policy, self._acted(config, policy, task))
        super().__init__(config, policy, bench)
        self.mixed = {world: Mixed(pool, acted.get(world, []), config) for world, pool in self.pools.items()}
        self.pools = self.mixed  # type: ignore[assignment]  # what imitation asks of a pool is its batch

    def loss(self, world: str, batch: Batch, index: int) -> Tensor:
        return next_token_loss(self.policy.logits(batch.ids), batch.ids, batch.weights)

    def _acted(self, config: StepReflectConfig, policy: LanguagePolicy, task: Task) -> list[Passage]:
        """The boards behind those of the golden pool, told."""
        world, first = world_of(task.world), first_of_pool(config.seed) + config.pool_size
        problems = [make_problem(world, task.level, "train", first + place) for place in range(config.acted)]
        form = policy.form.board
        if config.told == "golden":
            return [solved(world, problem, form=form) for problem in problems]
        rows = act(policy, world, problems, temperature=config.acting, seed=config.seed)
        self.acted_errors += float(np.mean([row.errors for row in rows])) / len(config.tasks)
        self.acted_lost += float(np.mean([row.lost for row in rows])) / len(config.tasks)
        return [
            trajectory_passage(
                world,
                row.problem,
                row.said,
                errors=config.errors,
                rng=seeding.rng("step-reflect-mask", config.seed, str(row.problem.address)),
                form=form,
            )
            for row in rows
        ]

    def _figures(self) -> Metrics:
        return super()._figures() | {"acted_errors": self.acted_errors, "acted_lost": self.acted_lost}


class Mixed:
    """A pool of golden solutions, and the acted boards beside it."""

    def __init__(self, golden: Examples, acted: list[Tokenized], config: StepReflectConfig) -> None:
        self.golden, self.acted, self.config = golden, acted, config

    def batch(self, step: int, size: int) -> Batch:
        """The batch of a step: passages in an order by chance, as many as fit into the tokens of a step."""
        golden = self.golden.rows_of(step, size)
        world = self.golden.task.world
        rng = seeding.rng("step-reflect-batch", self.config.seed, world, step)
        rows = golden
        if self.acted:
            from_acted = rng.random(size) < self.config.share
            places = rng.integers(0, len(self.acted), size)
            rows = [
                self.acted[place] if theirs else row
                for row, theirs, place in zip(golden, from_acted, places, strict=True)
            ]
        return self.golden.batched(rows)
