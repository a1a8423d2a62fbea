"""One run of one method: its policy, its folder, its learner, the loop."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from videorlvr.base import runs
from videorlvr.judge.pool import Judge
from videorlvr.judge.reward import describe
from videorlvr.judge.tolerance import EXACT
from videorlvr.models.api import Trainable
from videorlvr.models.dit import num_parameters
from videorlvr.models.shards import spread
from videorlvr.training.config import RunConfig, VideoConfig
from videorlvr.training.device import workers_of
from videorlvr.training.folder import RunFolder
from videorlvr.training.learner import Bench, Learner
from videorlvr.training.loop import EVALUATIONS, recall_counts, run_steps
from videorlvr.training.method import Method
from videorlvr.training.origin import check_beside, first_policy, origin_of
from videorlvr.training.ranks import Ranks, ranks_of_process
from videorlvr.training.state import TrainState
from videorlvr.training.track import check_installed
from videorlvr.training.validate import Validate, validation_of


def run(method: Method, config: RunConfig, out: Path) -> Path:
    """Train, or continue training, in the run folder `out`; returns the folder of the resulting policy.

    Raises:
        ValueError: If `out` holds another run, or the configuration's `init` no policy.
        Interrupted: If stopped; the same call continues.
    """
    folder = RunFolder(out)
    if folder.is_done:
        return train(method, config, None, out)
    check_installed(config.tracker)
    check_beside(config, folder)
    policy = first_policy(config, folder)
    begun = (out / runs.ABOUT).exists()
    return train(method, config, policy, out, provenance={} if begun else origin_of(config))


def train(
    method: Method,
    config: RunConfig,
    policy: Trainable | None,
    out: Path,
    *,
    provenance: Mapping[str, Any] | None = None,
) -> Path:
    """`run` for a policy at hand: of any class, whatever the configuration says of its origin.

    Args:
        policy: None only where the run is finished.
        provenance: What else `about.json` is to say, where the run begins.
    """
    check_installed(config.tracker)
    folder = RunFolder(out)
    ranks = ranks_of_process()
    if not ranks.leads:
        ranks.wait()  # until the leader has the folder
        return folder.policy if folder.is_done else _train(method, config, policy, folder, ranks)
    rewards = {name: describe([task.world for task in config.tasks], name) for name in config.reward_names}
    with folder.open(config, {**(provenance or {}), **({"rewards": rewards} if rewards else {})}):
        ranks.wait()
        return folder.policy if folder.is_done else _train(method, config, policy, folder, ranks)


def _train(
    method: Method, config: RunConfig, policy: Trainable | None, folder: RunFolder, ranks: Ranks
) -> Path:
    assert policy is not None
    if isinstance(config, VideoConfig):
        for task in config.tasks:
            policy.check_video(*task.video_shape)  # type: ignore[attr-defined]
    on_gpu = policy.device.type == "cuda"
    with Judge(EXACT, workers_of(config) if on_gpu else 0) as judge:
        pool = folder.pool if ranks.leads else None
        spread_weights(config, policy, ranks)
        learner = method.make_learner(config, policy, Bench(judge, pool, ranks))
        try:
            if ranks.size > 1 and not getattr(learner, "on_ranks", False):
                raise ValueError(
                    f"{method.name} on {ranks.size} ranks: its learner does not share its work; start it "
                    "without torchrun"
                )
            _steps(method, config, learner, folder, validation_of(config, judge), ranks)
        finally:
            learner.close()
    if not ranks.leads:
        ranks.wait()
        return folder.policy
    shutil.rmtree(folder.pool, ignore_errors=True)  # a finished run is not resumed
    folder.finish({"steps": config.num_steps, "parameters": num_parameters(policy.module)})
    ranks.wait()
    return folder.policy


def spread_weights(config: RunConfig, policy: Trainable, ranks: Ranks) -> None:
    """Spread the policy's weights over the ranks, where the run says so and there are several.

    Raises:
        ValueError: For a policy whose network is not run as a whole, or a run that compiles.
    """
    if ranks.size == 1 or not isinstance(config, VideoConfig) or not config.shard_weights:
        return
    if config.compile:
        raise ValueError(
            "shard_weights with compile: a compiled network holds its weights whole; set compile to false"
        )
    if len(policy.chunks(9)) > 1:  # type: ignore[attr-defined]
        raise ValueError(
            "shard_weights with a causal policy: its blocks are run in parts, which cannot gather weights; set "
            "shard_weights to false"
        )
    if all(weight.requires_grad for weight in policy.module.parameters()):
        spread(policy.module)
        return
    raise ValueError(
        "shard_weights with an adapter: what is trained is small, and each rank holds it whole; set shard_weights to "
        "false"
    )


def _steps(
    method: Method,
    config: RunConfig,
    learner: Learner,
    folder: RunFolder,
    validation: Validate,
    ranks: Ranks,
) -> None:
    state = TrainState(learner.parts)
    state.load(folder.checkpoint)
    learner.network_evaluations = state.counts.get(EVALUATIONS, 0)
    recall_counts(learner, state)
    ranks.wait()  # all have read before one writes
    if ranks.leads:
        folder.rewind(state.step)
    run_steps(
        learner,
        state,
        folder,
        config,
        validate_every=getattr(config, "validate_every", 0),
        validate=lambda: validation(learner.result),
        label=f"{method.title} {folder.path.name}",
        shown=method.shown,
        ranks=ranks,
    )
