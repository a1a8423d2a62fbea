"""What an iteration's update is worth: is there a signal in the gradient, and what does the update do with it.

`signal`: cosine between the gradients of two halves of the groups. Two halves see unlike problems and unlike noise,
so what they share is signal: with signal s and independent noise n in each half, its mean is s^2 / (s^2 + n^2).
`clipped`: share of the gradient's length that the clip took. `change`: how far velocities moved since the start.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor, nn

from videorlvr.judge.read import read
from videorlvr.models.shards import any_spread, together
from videorlvr.players.rollouts import Rollouts
from videorlvr.training.ranks import Ranks
from videorlvr.training.track import Metrics
from videorlvr.worlds import world_of
from videorlvr.worlds.api import Problem, Verdict
from videorlvr.worlds.problems import theme_of

LENGTHS = ("short", "middle", "long")
NUM_READ = 4
"""Groups whose solutions are told apart, an iteration and world: reading costs a millisecond a video."""


class HalfGradients:
    """The gradient of the first half, remembered while the second is added to it."""

    def __init__(self, module: nn.Module) -> None:
        self.parameters = [p for p in module.parameters() if p.requires_grad]
        self.first: list[Tensor] | None = None

    def halfway(self) -> None:
        self.first = [torch.zeros_like(p) if p.grad is None else p.grad.clone() for p in self.parameters]

    def add_up(self, ranks: Ranks) -> None:
        """The first half's gradient, of all ranks; what was added since is summed by the learner."""
        if self.first is not None and not any_spread(self.first):
            ranks.add_up(self.first)

    def cosine(self) -> Tensor | None:
        """Of both halves, a scalar; None if there was no half or one of them is zero. Call before the clip."""
        if self.first is None:
            return None
        dot = one = two = torch.zeros((), device=self.first[0].device)
        for before, parameter in zip(self.first, self.parameters, strict=True):
            after = (torch.zeros_like(before) if parameter.grad is None else parameter.grad) - before
            dot, one, two = (
                dot + together((before * after).sum()),
                one + together(before.square().sum()),
                two + together(after.square().sum()),
            )
        self.first = None
        length = (one * two).sqrt()
        return dot / length if float(length) > 0 else None


def clipped_share(norm: float, limit: float) -> float:
    """1 - limit / norm where the clip acts, else 0."""
    return 1 - limit / norm if norm > limit else 0.0


def success_by_length(problems: Sequence[Problem], verdicts: Sequence[Verdict]) -> dict[str, float]:
    """Success of the thirds of problems with the shortest, middling and longest solutions, by length in moves."""
    moves = np.array([len(problem.solution) for problem in problems])
    success = np.array([verdict.success for verdict in verdicts], float)
    low, high = np.quantile(moves, [1 / 3, 2 / 3])
    third = (moves > low).astype(int) + (moves > high)
    return {name: float(success[third == k].mean()) for k, name in enumerate(LENGTHS) if (third == k).any()}


def solution_key(figure_TRC: npt.NDArray[np.uint8]) -> bytes:
    """Which cells ever show which figure: equal for two videos that go one way at different paces."""
    shown = [(figure_TRC == code).any(axis=0) for code in range(int(figure_TRC.max(initial=0)) + 1)]
    return np.packbits(np.stack(shown)).tobytes()


def distinct_solutions(keys: Sequence[Sequence[bytes]]) -> float:
    """Mean number of different solutions a problem, of problems with one: `keys` are those of each problem's
    successes. 1 means that a policy knows one way; more, that it explores."""
    found = [len(set(of_problem)) for of_problem in keys if len(of_problem)]
    return float(np.mean(found)) if found else 0.0


def signal_figures(world: str, rollouts: Rollouts, verdicts: Sequence[Verdict]) -> Metrics:
    """Success by length, and the different solutions of the first groups."""
    thirds = success_by_length(rollouts.problems, verdicts)
    line: Metrics = {f"by_length/{world}/{third}": success for third, success in thirds.items()}
    line[f"distinct/{world}"] = distinct_solutions(
        [_keys(rollouts, group, verdicts) for group in np.unique(rollouts.group_ids)[:NUM_READ]]
    )
    return line


def _keys(rollouts: Rollouts, group: int, verdicts: Sequence[Verdict]) -> list[bytes]:
    """What tells a group's successes apart."""
    own = np.flatnonzero(rollouts.group_ids == group).tolist()
    good = [i for i in own if verdicts[i].success]
    if not good:
        return []
    problem = rollouts.problems[good[0]]
    theme = theme_of(world_of(problem.address.world), problem)
    traces = read(rollouts.videos[good], layout=problem.layout, theme=theme)
    return [solution_key(trace.figure) for trace in traces]
