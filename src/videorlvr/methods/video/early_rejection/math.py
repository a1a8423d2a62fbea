"""Who goes on and what it costs: pure functions, no torch.

S solver steps, M starts of a problem, K of them that go on to the end, P problems. A video that is judged at step
`at` has paid for that step, for its data estimate takes the step's velocity.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def spent(starts: int, keep: int, costs: Sequence[int], at: int) -> int:
    """Network evaluations of a problem: all M starts up to and with step `at`, K of them from there on.

    costs: [S] network evaluations of each step, 1 for Euler.
    """
    return starts * sum(costs[: at + 1]) + keep * sum(costs[at + 1 :])


def starts_for(evaluations: int, keep: int, costs: Sequence[int], at: int) -> int:
    """The most starts whose cost is within `evaluations`: what is freed by dropping goes to others.

    Raises:
        ValueError: If not even the kept ones can be afforded.
    """
    starts = (evaluations - keep * sum(costs[at + 1 :])) // sum(costs[: at + 1])
    if starts < keep:
        raise ValueError(
            f"{evaluations} network evaluations are less than the {keep * sum(costs)} that {keep} whole videos take: "
            "keep fewer, or spend more"
        )
    return starts


def best(scores_M: Floats, keep: int) -> npt.NDArray[np.int64]:
    """The `keep` places of the highest scores, best first; of equals the earlier start."""
    return np.argsort(-np.asarray(scores_M, dtype=np.float64), kind="stable")[:keep].astype(np.int64)


def solved_by(partial_PM: Floats, success_PM: Floats, keep: int) -> Floats:
    """Whether each problem is solved by one of its `keep` starts of best partial score: [P], 0 or 1. It says what
    the judge as chooser gets, since a video that went on is judged exactly."""
    return np.array(
        [success[best(scores, keep)].max() for scores, success in zip(partial_PM, success_PM, strict=True)]
    )


def correlation(partial_PM: Floats, final_PM: Floats, *, within: bool) -> float:
    """Pearson's between partial and final score, over all starts; `within`: after each problem's mean is taken away,
    so that knowing which problems are easy counts for nothing. 0 where one of them does not vary."""
    a, b = np.asarray(partial_PM, dtype=np.float64), np.asarray(final_PM, dtype=np.float64)
    if within:
        a, b = a - a.mean(axis=1, keepdims=True), b - b.mean(axis=1, keepdims=True)
    else:
        a, b = a - a.mean(), b - b.mean()
    size = float(np.sqrt((a**2).sum() * (b**2).sum()))
    return float((a * b).sum() / size) if size > 0 else 0.0


def misled(partial_PM: Floats, success_PM: Floats, keep: int) -> Floats:
    """Whether a problem had a start that would have solved it, and all such were dropped: [P], 0 or 1."""
    lost: Floats = success_PM.max(axis=1) - solved_by(partial_PM, success_PM, keep)
    return lost


def ranking(partial_PM: Floats, success_PM: Floats) -> float:
    """How often a start that will solve its problem has a better partial score than one that will not, over pairs of
    one problem's starts; ties count half. 1 where the score knows, 0.5 where it knows nothing, less where it misleads.
    NaN where no problem has both."""
    wins = pairs = 0.0
    for scores, success in zip(partial_PM, success_PM > 0, strict=True):
        apart = scores[success][:, None] - scores[~success]
        wins += float((apart > 0).sum() + 0.5 * (apart == 0).sum())
        pairs += apart.size
    return wins / pairs if pairs else float("nan")
