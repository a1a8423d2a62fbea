"""How often do the 95% intervals hold the truth, and how often does the test cry wolf?

    python benchmarks/coverage.py [--draws 2000] [--markdown FILE]

Success of problems is simulated where the truth is known: puzzles with the sizes of clusters that a suite has (`micro`:
the measured sizes of `micro-v2:maze`), solved with a chance of their own (beta-distributed; `icc` is the correlation
of two images of one puzzle), each problem played by one or several samples. Beside each method stands the one it
replaced: Wilson's interval over problems, or a bootstrap over problems where samples disagree; the bootstrap of paired
differences; McNemar's test over problems. A column of coverage should say 95%, one of false alarms at most 5%.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from videorlvr.base import clusters, paired, seeding, stats
from videorlvr.evaluation.puzzles import puzzle_of
from videorlvr.evaluation.suites import problems, suite_of

Floats = npt.NDArray[np.float64]
Truth = tuple[float, float]
"""Chances that A alone, and that B alone, solves a problem."""


@dataclass(frozen=True)
class Case:
    """labels: the puzzle of each outcome. icc: how alike images of one puzzle are."""

    name: str
    labels: npt.NDArray[np.int64]
    samples: int
    icc: float


def cases() -> list[Case]:
    found: dict[str, int] = {}
    micro = [
        found.setdefault(puzzle_of(problem), len(found)) for problem in problems(suite_of("micro-v2:maze"))
    ]
    distinct, images, triples = np.arange(200), np.array(micro), np.repeat(np.arange(67), 3)[:200]
    return [
        Case("200 puzzles, 1 sample", distinct, 1, 0.0),
        Case("1,000 puzzles, 1 sample", np.arange(1000), 1, 0.0),
        Case("60 puzzles, 4 samples, icc .3", np.repeat(np.arange(60), 4), 4, 0.3),
        Case("200 puzzles, 2 samples, icc .5", np.repeat(distinct, 2), 2, 0.5),
        Case("micro maze, icc 0", images, 1, 0.0),
        Case("micro maze, icc .2", images, 1, 0.2),
        Case("micro maze, icc .5", images, 1, 0.5),
        Case("triples, all alike", triples, 1, 1.0),
    ]


def chances(case: Case, means: list[float], rng: np.random.Generator) -> Floats:
    """Chance of each of several kinds of outcome, for each outcome [N, kinds]: Dirichlet by puzzle."""
    if case.icc == 0:
        return np.broadcast_to(means, (len(case.labels), len(means)))
    weight = (1 - case.icc) / case.icc
    drawn = rng.gamma(np.maximum(np.array(means) * weight, 1e-9), size=(case.labels.max() + 1, len(means)))
    drawn = np.maximum(drawn, 1e-300)
    return (drawn / drawn.sum(1, keepdims=True))[case.labels]


def outcomes(case: Case, means: list[float], rng: np.random.Generator) -> npt.NDArray[np.int64]:
    """The kind of each outcome [N]."""
    if case.icc == 1:
        return rng.choice(len(means), case.labels.max() + 1, p=means)[case.labels]
    below = np.cumsum(chances(case, means, rng), axis=1)
    return (rng.random((len(case.labels), 1)) > below[:, :-1]).sum(1)


def bootstrap(values: Floats, rng: np.random.Generator) -> tuple[float, float]:
    means = values[rng.integers(len(values), size=(1000, len(values)))].mean(1)
    low, high = np.quantile(means, [0.025, 0.975])
    return float(low), float(high)


def new_rate(x: Floats, case: Case, _: np.random.Generator) -> tuple[float, float]:
    number = clusters.effective_number(x, case.labels)
    return stats.wilson(float(x.mean()) * number, number)


def old_rate(x: Floats, case: Case, rng: np.random.Generator) -> tuple[float, float]:
    rates = x.reshape(-1, case.samples).mean(1)
    if np.isin(rates, (0, 1)).all():
        return stats.wilson(round(rates.sum()), len(rates))
    return bootstrap(rates, rng)


def new_difference(d: Floats, case: Case, _: np.random.Generator) -> tuple[float, float]:
    number = clusters.effective_number(d, case.labels)
    return paired.tango(float((d < 0).mean()) * number, float((d > 0).mean()) * number, number)


def old_difference(d: Floats, case: Case, rng: np.random.Generator) -> tuple[float, float]:
    return bootstrap(d.reshape(-1, case.samples).mean(1), rng)


def coverage(
    case: Case,
    means: list[float],
    values: list[float],
    intervals: list[Callable[[Floats, Case, np.random.Generator], tuple[float, float]]],
    draws: int,
) -> list[float]:
    truth = float(np.dot(means, values))
    hits = np.zeros(len(intervals))
    for draw in range(draws):
        rng = seeding.rng("coverage", case.name, *map(str, means), draw)
        x = np.array(values)[outcomes(case, means, rng)]
        for index, interval in enumerate(intervals):
            low, high = interval(x, case, rng)
            hits[index] += low <= truth <= high
    return list(hits / draws)


def false_alarms(case: Case, discordant: float, draws: int) -> list[float]:
    """Share of p < .05 where A and B are equally good: by puzzle, and by problem."""
    fired = np.zeros(2)
    means = [discordant / 2, discordant / 2, 1 - discordant]
    for draw in range(draws):
        rng = seeding.rng("false-alarms", case.name, str(discordant), draw)
        d = np.array([-1.0, 1.0, 0.0])[outcomes(case, means, rng)]
        by_problem = d.reshape(-1, case.samples).sum(1)
        old = paired.mcnemar_exact(int((by_problem < 0).sum()), int((by_problem > 0).sum()))
        fired += [clusters.sign_flip(d, case.labels) < 0.05, old < 0.05]
    return list(fired / draws)


def table(draws: int) -> str:
    rows = ["| case | truth | coverage now | before |", "|---|---|---|---|"]
    for case in cases():
        for rate in (0.01, 0.1, 0.5, 0.97):
            now, before = coverage(case, [rate, 1 - rate], [1.0, 0.0], [new_rate, old_rate], draws)
            rows.append(f"| {case.name} | rate {rate:g} | {100 * now:.1f} | {100 * before:.1f} |")
    for case in cases():
        for only_a, only_b in ((0.005, 0.005), (0.002, 0.001), (0.03, 0.1), (0.2, 0.25)):
            now, before = coverage(
                case,
                [only_a, only_b, 1 - only_a - only_b],
                [-1.0, 1.0, 0.0],
                [new_difference, old_difference],
                draws // 4,
            )
            truth = f"difference, {only_a:g} and {only_b:g} discordant"
            rows.append(f"| {case.name} | {truth} | {100 * now:.1f} | {100 * before:.1f} |")
    rows += ["", "| case | discordant | false alarms now | before |", "|---|---|---|---|"]
    for case in cases():
        for share in (0.05, 0.3):
            now, before = false_alarms(case, share, draws)
            rows.append(f"| {case.name} | {share:g} | {100 * now:.1f} | {100 * before:.1f} |")
    return "\n".join(rows)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--draws", type=int, default=2000)
    parser.add_argument("--markdown", type=Path)
    args = parser.parse_args()
    text = table(args.draws)
    print(text)
    if args.markdown:
        args.markdown.write_text(text + "\n")
