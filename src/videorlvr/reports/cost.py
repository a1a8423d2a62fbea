"""What a run cost: network evaluations and seconds, by which methods are compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videorlvr.base.records import read_jsonl
from videorlvr.base.runs import METRICS


@dataclass(frozen=True)
class Cost:
    """evaluations: of the network, a forward pass 1 and a backward pass 2 a video; 0 if an older release did not
    count. seconds: of training, validation included; of all parts of a run that was taken up again."""

    evaluations: int
    seconds: float


def cost_of(run: Path) -> Cost:
    """The cost of a run folder, so far if it is not done."""
    path = run / METRICS
    return cost_in(read_jsonl(path) if path.is_file() else [])


def cost_in(metrics: Iterable[Mapping[str, Any]]) -> Cost:
    """The clock of `elapsed_s` begins anew where a run is taken up again."""
    evaluations, before, last = 0, 0.0, 0.0
    for line in metrics:
        evaluations = max(evaluations, int(line.get("network_evaluations") or 0))
        elapsed = float(line.get("elapsed_s") or 0.0)
        if elapsed < last:
            before += last
        last = elapsed
    return Cost(evaluations, before + last)
