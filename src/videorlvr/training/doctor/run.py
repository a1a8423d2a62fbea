"""All checks of a configuration, in the order in which they are worth reading."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from videorlvr.judge.pool import Judge
from videorlvr.judge.tolerance import EXACT
from videorlvr.training.config import RunConfig
from videorlvr.training.device import workers_of
from videorlvr.training.doctor.check import Check
from videorlvr.training.doctor.cost import cost_checks
from videorlvr.training.doctor.learning import learning_checks, weights
from videorlvr.training.doctor.seeing import seeing_checks
from videorlvr.training.doctor.tiny import tiny
from videorlvr.training.doctor.trial import NotingJudge, Trial, trial_of
from videorlvr.training.folder import RunFolder
from videorlvr.training.method import Method
from videorlvr.training.origin import first_policy
from videorlvr.training.ranks import ranks_of_process


def diagnose(method: Method, config: RunConfig, out: Path, *, price: float | None = None) -> list[Check]:
    """The checks of a run that `out` would hold; nothing is written there.

    Args:
        price: Of an hour of this machine, in whatever currency.

    Raises:
        ValueError: If there is no policy to begin with.
    """
    policy = first_policy(config, RunFolder(out))
    on_gpu = policy.device.type == "cuda"
    with Judge(EXACT, workers_of(config) if on_gpu else 0) as judge:
        return examine(method, config, policy, judge, out, price=price)


def examine(
    method: Method, config: RunConfig, policy: Any, judge: Judge, out: Path, *, price: float | None = None
) -> list[Check]:
    """`diagnose` for a policy and a judge at hand."""
    ranks = ranks_of_process()
    checks = seeing_checks(policy, config, judge)
    if not any(parameter.requires_grad for parameter in policy.module.parameters()):
        return [*checks, *weights(Trial(), policy.module)]  # an iteration would train nothing
    small, noting = tiny(config, num_ranks=ranks.size), NotingJudge(judge)
    trial = trial_of(method, small, policy, noting, ranks)
    checks += learning_checks(method, small, trial, noting, ranks, policy.module)
    return [*checks, *cost_checks(config, small, trial, policy, out, price)]
