"""What training asks of a method that trains: parts to keep, steps to take, a policy that comes of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from videorlvr.judge.pool import Judge
from videorlvr.models.api import Trainable
from videorlvr.training.ranks import ALONE, Ranks
from videorlvr.training.state import Part
from videorlvr.training.track import Metrics


class Learner(Protocol):
    """Made by `(config, policy, bench)`; its state is its parts and `network_evaluations`, nothing else: what
    else a step needs is a function of the configuration and the step's index, so that a resumed run is the run.

    parts: what is trained, by name. A checkpoint holds their weights, averages and optimizers.
    result: the policy that is saved and validated.
    network_evaluations: forward 1 and backward 2 for each video since the run began, validation left out: what
        methods are compared at equal cost by.
    counts: where it has that, what else is counted over the whole run, such as tokens; told with every line.
    """

    parts: Mapping[str, Part]
    result: Trainable
    network_evaluations: int

    def step(self, index: int) -> Metrics:
        """Take step `index`, counted from 0; its metrics, {} where it has none to tell."""
        ...

    def close(self) -> None:
        """Let go of processes; called once, also after a failure."""
        ...


@dataclass(frozen=True)
class Bench:
    """What a run lends its learner.

    judge: judges videos in processes beside the trainer.
    ranks: the processes that train together, this one among them.
    pool: folder in which problems that were made may be kept for a resumed run; None to keep none.
    """

    judge: Judge
    pool: Path | None = None
    ranks: Ranks = ALONE


MakeLearner = Callable[[Any, Any, Bench], Learner]
"""(configuration, policy, bench) -> learner."""
