"""Experience that several ranks made, brought together: after it every rank holds what one process would have.

Law: batches come in the order of one process, whoever made them. Groups lie whole in a batch, so that a rank can judge
and ranks may hold unequal numbers of groups with a signal.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from videorlvr.models.api import Condition
from videorlvr.players.rollouts import Rollouts, Trajectory
from videorlvr.training.ranks import Ranks
from videorlvr.worlds.api import Problem, Verdict

Played = tuple[Rollouts, list[Verdict]]
PATH = ("states", "actions", "means", "log_probs")
"""Of a trajectory, in the order of its fields."""


def check_dealt(num_batches: int, batch: int, group: int, ranks: Ranks) -> None:
    """Raises: ValueError: If a world's batches cannot be dealt out to the ranks with their groups whole."""
    if ranks.size == 1:
        return
    if batch % group:
        raise ValueError(
            f"batch {batch} with groups of {group} on {ranks.size} ranks: a group is judged where it is made, so "
            f"take a multiple of {group}"
        )
    if num_batches % ranks.size:
        raise ValueError(
            f"{num_batches} batches of a world on {ranks.size} ranks: each makes as many, so take problems x group / "
            f"batch as a multiple of {ranks.size}"
        )


def all_played(own: Sequence[Played], problems: Sequence[list[Problem]], ranks: Ranks) -> list[Played]:
    """All batches of a world: number k * size + r is the k-th of rank r. `problems` are those of each of them."""
    out: list[Played] = []
    for rollouts, verdicts in own:
        x0, clean = ranks.everyones(rollouts.x0), ranks.everyones(rollouts.condition.clean)
        extra = {name: ranks.everyones(value) for name, value in rollouts.condition.extra.items()}
        paths = _everyones_paths(rollouts.trajectory, ranks)
        told = ranks.everyones_values(
            (
                rollouts.group_ids,
                rollouts.videos,
                verdicts,
                rollouts.num_forwards,
                rollouts.condition.free.cpu(),
            )
        )
        for rank, (ids, videos, judged, num_forwards, free) in enumerate(told):
            condition = Condition(
                clean[rank],
                free.to(clean[rank].device),
                {name: values[rank] for name, values in extra.items()},
            )
            asked = problems[len(out)]
            assert len(asked) == len(ids)
            out.append(
                (
                    Rollouts(x0[rank], condition, asked, np.asarray(ids), videos, paths[rank], num_forwards),
                    judged,
                )
            )
    return out


def _everyones_paths(own: Trajectory | None, ranks: Ranks) -> list[Trajectory | None]:
    """The ranks' trajectories through one window; a tensor that is held twice is sent and held once."""
    if own is None:
        return [None] * ranks.size
    held = {id(value): value for name in PATH for value in getattr(own, name)}
    sent = {key: ranks.everyones(value) for key, value in held.items()}
    return [
        Trajectory(own.steps, *([sent[id(value)][rank] for value in getattr(own, name)] for name in PATH))
        for rank in range(ranks.size)
    ]
