"""Two iterations of the trial's configuration, by the method's own learner, and what was seen on the way.

The first begins at the policy as it was given, the second after one update: its seconds are those of a run under way.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

import psutil
import torch
from torch import Tensor

from videorlvr.judge.pool import Judge
from videorlvr.training.config import RunConfig
from videorlvr.training.learner import Bench, Learner
from videorlvr.training.method import Method
from videorlvr.training.ranks import Ranks
from videorlvr.training.state import Part
from videorlvr.training.track import Metrics
from videorlvr.worlds.api import Problem, Verdict, Video

STEPS = 2


class NotingJudge(Judge):
    """Another judge, whose errors and verdicts are remembered."""

    def __init__(self, judge: Judge) -> None:
        super().__init__(judge.tolerance)
        self.judge, self.errors, self.verdicts = judge, list[str](), list[Verdict]()

    def submit(self, problems: Sequence[Problem], videos: Video) -> list[Future[list[Verdict]]]:
        try:
            return self.judge.submit(problems, videos)
        except Exception as error:
            self.errors.append(f"{type(error).__name__}: {error}")
            raise

    def collect(self, parts: Sequence[Future[list[Verdict]]]) -> list[Verdict]:  # type: ignore[override]
        try:
            found = self.judge.collect(parts)
        except Exception as error:
            self.errors.append(f"{type(error).__name__}: {error}")
            raise
        self.verdicts += found
        return found


@dataclass
class Weights:
    """What one step did to the trained weights of a part. asked: elements whose optimizer has a moment, so that a
    gradient came; moved: those of them that changed; steps: their median change, in units of their last place."""

    trained: int
    asked: int
    moved: int
    steps: float


@dataclass
class Trial:
    """lines, seconds: of each iteration that was finished. error: what ended it, "" if nothing. digest: of weights
    and moments after the first step. kept_bytes: of a checkpoint."""

    lines: list[Metrics] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    weights: dict[str, Weights] = field(default_factory=dict)
    error: str = ""
    digest: str = ""
    kept_bytes: int = 0
    peak_bytes: int = 0


def trial_of(method: Method, config: RunConfig, policy: Any, judge: Judge, ranks: Ranks) -> Trial:
    """Never raises for what the run itself would raise: that is what it is here to find."""
    trial = Trial()
    cuda = policy.device.type == "cuda"
    if cuda:
        torch.cuda.reset_peak_memory_stats(policy.device)
    try:
        learner = method.make_learner(config, policy, Bench(judge, None, ranks))
    except Exception as error:
        trial.error = _told(error)
        return trial
    try:
        if ranks.size > 1 and not getattr(learner, "on_ranks", False):
            raise ValueError(f"{method.name} does not share its work over ranks: start it without torchrun")
        _steps(learner, trial)
    except Exception as error:
        trial.error = _told(error)
    finally:
        learner.close()
    trial.peak_bytes = (
        torch.cuda.max_memory_reserved(policy.device) if cuda else int(psutil.Process().memory_info().rss)
    )
    return trial


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _steps(learner: Learner, trial: Trial) -> None:
    parts = {name: part for name, part in learner.parts.items() if part.optimizer is not None}
    before = {name: _copies(part) for name, part in parts.items()}
    for index in range(STEPS):
        began = time.monotonic()
        line = learner.step(index)
        trial.seconds.append(time.monotonic() - began)
        trial.lines.append(line)
        if index == 0:
            trial.weights = {name: weights_moved(part, before[name]) for name, part in parts.items()}
            trial.digest = digest_of(list(parts.values()))
    kept = [value for part in learner.parts.values() for value in part.tensors().values()]
    trial.kept_bytes = sum(value.numel() * value.element_size() for value in kept)


def _copies(part: Part) -> dict[str, Tensor]:
    return {name: p.detach().clone() for name, p in part.module.named_parameters() if p.requires_grad}


def weights_moved(part: Part, before: dict[str, Tensor]) -> Weights:
    """Of a part after one step. A last place is that of the dtype in which the weight is stored."""
    assert part.optimizer is not None
    moments: dict[str, Tensor] = {}
    for key, value in part.optimizer.moments().items():
        name = key.partition("/")[2]
        if name in before and value.shape == before[name].shape:
            moments[name] = moments.get(name, torch.zeros_like(value)) + value.abs()
    asked = moved = trained = 0
    medians: list[tuple[float, int]] = []
    now = dict(part.module.named_parameters())
    for name, old in before.items():
        trained += old.numel()
        wanted = moments[name] != 0 if name in moments else torch.zeros_like(old, dtype=torch.bool)
        count = int(wanted.sum())
        new = now[name].detach().float()
        change = (new - old.float()).abs()
        moved += int(((change > 0) & wanted).sum())
        if count:
            asked += count
            info = torch.finfo(old.dtype)
            place = (info.eps * torch.maximum(old.float().abs(), new.abs())).clamp_min(info.tiny)
            medians.append((float((change / place)[wanted].median()), count))
    return Weights(trained, asked, moved, _weighted_median(medians))


def _weighted_median(values: list[tuple[float, int]]) -> float:
    half, seen = sum(count for _, count in values) / 2, 0
    for value, count in sorted(values):
        seen += count
        if seen >= half:
            return value
    return 0.0


def digest_of(parts: Sequence[Part]) -> str:
    """Sixteen digits that stand for trained weights and their moments, so for the gradient that made them."""
    digest = hashlib.sha256()
    for part in parts:
        assert part.optimizer is not None
        values = {**part.optimizer.moments(), **_copies(part)}
        for name in sorted(values):
            digest.update(name.encode())
            digest.update(
                values[name].detach().cpu().contiguous().view(-1).view(torch.uint8).numpy().tobytes()
            )
    return digest.hexdigest()[:16]
