"""What a study can measure of an arm: numbers read from a run folder and its evaluation, each with a name.

Law: a measure is read from files alone, so a card can be made again from what a study left behind.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from videorlvr.base import runs
from videorlvr.base.records import read_jsonl

Summary = Mapping[str, Any]


@dataclass(frozen=True)
class Measure:
    """title: in words, with its unit. of: (run folder, summary of the evaluation) -> the number, or None where a run
    has no such thing (a player that was not trained took no steps)."""

    name: str
    title: str
    better: Literal["higher", "lower"]
    of: Callable[[Path, Summary], float | None]
    digits: int = 3


def _overall(key: str) -> Callable[[Path, Summary], float | None]:
    return lambda run, summary: float(summary["results"]["overall"][key])


def _column(run: Path, key: str) -> list[float]:
    path = run / runs.METRICS
    lines = read_jsonl(path) if path.is_file() else []
    return [float(line[key]) for line in lines if isinstance(line.get(key), int | float)]


def _median_seconds(run: Path, summary: Summary) -> float | None:
    """The median, since the first step also compiles or fills caches and any step may be disturbed."""
    seconds = _column(run, "seconds")
    return statistics.median(seconds) if seconds else None


def _seconds(run: Path, summary: Summary) -> float | None:
    """`elapsed_s` counts from when a run was taken up, so where it falls a sitting ended."""
    elapsed = _column(run, "elapsed_s")
    ends = [now for now, later in itertools.pairwise(elapsed) if later < now]
    return sum([*ends, elapsed[-1]]) if elapsed else None


def _evaluations_of_an_answer(run: Path, summary: Summary) -> float | None:
    """As the player says it; one sample takes as many as its sampler has steps, Heun's second looks included."""
    settings = summary.get("settings") or {}
    if "network_evaluations" in settings:
        return float(settings["network_evaluations"])
    sampling = settings.get("sampling")
    if sampling is None:
        return None
    return float(sampling["steps"] * 2 - 1 if sampling["solver"] == "heun" else sampling["steps"])


def _last(prefix: str) -> Callable[[Path, Summary], float | None]:
    """The last value of a column, mean over the worlds that end its name."""

    def of(run: Path, summary: Summary) -> float | None:
        path = run / runs.METRICS
        lines = read_jsonl(path) if path.is_file() else []
        for line in reversed(lines):
            values = [float(value) for key, value in line.items() if key.startswith(prefix)]
            if values:
                return statistics.mean(values)
        return None

    return of


def _last_exactly(key: str) -> Callable[[Path, Summary], float | None]:
    """The last value of a column."""
    return lambda run, summary: next(reversed(_column(run, key)), None)


def _spikes(run: Path, summary: Summary) -> float | None:
    """Of steps with a gradient: an iteration of equal rewards has none."""
    norms = [norm for norm in _column(run, "grad_norm") if norm > 0]
    return max(norms) / statistics.median(norms) if norms else None


def _pass_at(run: Path, summary: Summary) -> float | None:
    """At the most samples that there are; None for one, which is success."""
    found = summary["results"]["overall"].get("pass_at") or {}
    most = max((int(k) for k in found), default=1)
    return float(found[str(most)]) if most > 1 else None


def _largest(key: str) -> Callable[[Path, Summary], float | None]:
    return lambda run, summary: max(_column(run, key), default=None)


def _clocked(lines: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The lines with `elapsed_s` counted through all sittings; where it falls a sitting ended."""
    before = last = 0.0
    out = []
    for line in lines:
        now = float(line.get("elapsed_s", last))
        before += last if now < last else 0.0
        last = now
        out.append({**line, "elapsed_s": before + now} if "elapsed_s" in line else line)
    return out


def _until(share: float, column: str) -> Callable[[Path, Summary], float | None]:
    """What `column` had come to when validation success was `share`. A run that never gets there counts with twice what
    it had at the end: a bound from below, so that it is not left out."""

    def measured(run: Path, summary: Summary) -> float | None:
        path = run / runs.METRICS
        lines = _clocked(read_jsonl(path)) if path.is_file() else []
        told = [line for line in lines if "val/success" in line and column in line]
        reached = [float(line[column]) for line in told if line["val/success"] >= share]
        if reached:
            return reached[0]
        return 2 * float(told[-1][column]) if told else None

    return measured


def _said(key: str) -> Callable[[Path, Summary], float | None]:
    """A mean over answers in words, mean over worlds."""

    def of(run: Path, summary: Summary) -> float | None:
        values = [float(part[key]) for part in (summary.get("answers") or {}).values() if key in part]
        return statistics.mean(values) if values else None

    return of


def _found(key: str) -> Callable[[Path, Summary], float | None]:
    """What a player measured of itself on validation boards before it played, as its settings say."""

    def of(run: Path, summary: Summary) -> float | None:
        value = ((summary.get("settings") or {}).get("found") or {}).get(key)
        return None if value is None else float(value)

    return of


def _recovery(run: Path, summary: Summary) -> float | None:
    """Of those with a wrong move; None where there was none."""
    erred, recovered = _said("erred")(run, summary), _said("recovered")(run, summary)
    return recovered / erred if erred and recovered is not None else None


MEASURES: dict[str, Measure] = {
    measure.name: measure
    for measure in (
        Measure("success", "success on the suite", "higher", _overall("success")),
        Measure("process", "share of legal transitions on the suite", "higher", _overall("process")),
        Measure("seconds_a_step", "seconds a training step (median)", "lower", _median_seconds, 2),
        Measure("seconds", "seconds of training, validation included", "lower", _seconds, 1),
        Measure("steps", "training steps", "lower", _largest("step"), 0),
        Measure(
            "network_evaluations",
            "network evaluations of training",
            "lower",
            _largest("network_evaluations"),
            0,
        ),
        Measure(
            "evaluations_an_answer",
            "network evaluations an answer",
            "lower",
            _evaluations_of_an_answer,
            0,
        ),
        Measure("pass_at", "solved by one of a problem's samples", "higher", _pass_at),
        Measure("rank", "effective rank of hidden states, at the end", "higher", _last("val/rank/"), 2),
        Measure(
            "val_success",
            "success on validation boards of its own tasks",
            "higher",
            _last_exactly("val/success"),
        ),
        Measure("generalization", "generalization factor after a cold start", "higher", _last_exactly("gf")),
        Measure("grad_spikes", "largest gradient norm over the median", "lower", _spikes, 2),
        Measure(
            "detection_precision",
            "share of tokens called confounding that are, at the end",
            "higher",
            _last_exactly("precision"),
        ),
        Measure(
            "detection_recall",
            "share of confounding tokens that are called so, at the end",
            "higher",
            _last_exactly("recall"),
        ),
        Measure("alpha", "alpha-ReQ of hidden states, at the end", "higher", _last("val/alpha/")),
        Measure("samples", "passages read in training", "lower", _largest("samples"), 0),
        Measure("tokens", "tokens read or written in training", "lower", _largest("tokens"), 0),
        Measure("flops", "floating-point operations of training, counted", "lower", _largest("flops"), 0),
        Measure(
            "samples_to_90",
            "passages until validation success is 90% (twice all that were read where it never is)",
            "lower",
            _until(0.9, "samples"),
            0,
        ),
        Measure(
            "steps_to_half",
            "steps until validation success is 50% (twice all that were taken where it never is)",
            "lower",
            _until(0.5, "step"),
            0,
        ),
        Measure(
            "seconds_to_half",
            "seconds until validation success is 50% (twice all that were taken where it never is)",
            "lower",
            _until(0.5, "elapsed_s"),
            1,
        ),
        Measure("exact", "share of answers that are the reference solution", "higher", _said("exact")),
        Measure("tokens_an_answer", "tokens written an answer", "lower", _said("tokens"), 1),
        Measure(
            "flops_an_answer", "floating-point operations an answer, counted", "lower", _said("flops"), 0
        ),
        Measure("large_share", "share of steps that the large model writes", "lower", _said("large_share")),
        Measure("first_visible", "tokens before the first that is shown", "lower", _said("first_visible"), 1),
        Measure("thought", "share of answers with a thought", "lower", _said("thought")),
        Measure("answer_tokens", "tokens from the answer's mark on", "lower", _said("answer_tokens"), 1),
        Measure(
            "thought_rises", "rank correlation of thinking and difficulty", "higher", _said("thought_rises")
        ),
        Measure("calls_an_answer", "calls of models an answer", "lower", _said("calls"), 1),
        Measure("trap_1", "share of boards that the first move loses", "lower", _said("trap_1")),
        Measure("before_error", "moves before the first wrong one", "higher", _said("before_error"), 2),
        Measure("recovery", "share of boards solved after a wrong move", "higher", _recovery),
        Measure(
            "worst",
            "the worst of four scores over frozen bounds, on validation boards",
            "higher",
            _found("worst"),
        ),
        Measure("auc", "AUC of a signal, on validation boards", "higher", _found("auc")),
        Measure(
            "correlation",
            "correlation of partial and whole score, on validation boards",
            "higher",
            _found("correlation"),
        ),
        Measure(
            "independent",
            "correlation if tokens were independent: sqrt of the share of the step",
            "higher",
            _found("independent"),
        ),
    )
}
"""Name -> measure. Budgets and criteria of studies name these."""
