"""Reading run folders for a report.

A run folder holds `config.json`, `about.json`, `metrics.jsonl` and `evaluations/`; a baseline's holds
evaluations only. Whatever is missing is left out of the report; whatever is there must be readable.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videorlvr.base.records import read_json_object, read_jsonl
from videorlvr.base.runs import ABOUT, CONFIG, METRICS, is_run
from videorlvr.evaluation.folders import Evaluation, load_evaluation, suites_in
from videorlvr.methods import METHODS
from videorlvr.players.baselines import BASELINES
from videorlvr.training.folder import renamed

MAX_NUMBER = 1e300
"""Larger ones are no metrics of any run, and drawing has no room for their margins."""
LabelledRun = tuple[str, Path]
Series = tuple[list[float], list[float]]


@dataclass(frozen=True)
class Run:
    """A run folder in memory. config and about are {} for a baseline."""

    label: str
    folder: Path
    config: dict[str, Any]
    about: dict[str, Any]
    metrics: list[dict[str, Any]]
    evaluations: dict[str, Evaluation]

    @property
    def method(self) -> str:
        """The method's name, "" for a baseline."""
        return str(self.config.get("method", ""))

    def series(self, key: str) -> Series:
        """(steps, values) of one metric over training; gaps are left out."""
        found = [line for line in self.metrics if line.get(key) is not None]
        return [self._number(line, "step") for line in found], [self._number(line, key) for line in found]

    def _number(self, line: dict[str, Any], key: str) -> float:
        value = line.get(key)
        if not isinstance(value, int | float) or abs(value) > MAX_NUMBER:
            raise ValueError(
                f"{self.folder / 'metrics.jsonl'}: {key!r:.80} is {value!r:.80}; expected a number that a "
                "figure can show"
            )
        return float(value)

    def names_under(self, prefix: str) -> list[str]:
        """What follows `prefix` in the metrics' names, in order of appearance: worlds, components."""
        names = dict.fromkeys(key for line in self.metrics for key in line)
        return [key.removeprefix(prefix) for key in names if key.startswith(prefix)]


def load_run(label: str, folder: Path) -> Run:
    """Read a run folder.

    Raises:
        ValueError: If the folder is no run's, or a file in it is damaged.
    """
    if not is_run(folder):
        raise ValueError(f"{folder} is no run: expected a folder with config.json or evaluations/")
    metrics = folder / METRICS
    return Run(
        label=label,
        folder=folder,
        config=config_of(folder),
        about=_json_or_empty(folder / ABOUT),
        metrics=read_jsonl(metrics) if metrics.is_file() else [],
        evaluations={suite: load_evaluation(folder, suite) for suite in suites_in(folder)},
    )


def find_runs(paths: Iterable[Path]) -> list[Path]:
    """The run folders named by `paths`; a folder of runs stands for the runs in it.

    Raises:
        ValueError: If a path holds no run.
    """
    runs: list[Path] = []
    for path in paths:
        inside = sorted(folder for folder in path.glob("**/") if folder != path and is_run(folder))
        found = [path] if is_run(path) else inside
        if not found:
            raise ValueError(f"'{path}' holds no run: expected config.json or evaluations/ in it or below it")
        runs += [folder for folder in found if folder not in runs]
    return sorted(runs, key=_rank)


def _rank(folder: Path) -> tuple[int, int]:
    """Baselines in the order of their list, then methods in the order of theirs; the order given otherwise."""
    method = config_of(folder).get("method")
    if method is not None:
        order = list(METHODS)
        return 1, order.index(method) if method in order else len(order)
    names = list(BASELINES)
    return 0, names.index(folder.name) if folder.name in names else len(names)


def labelled(folders: Sequence[Path]) -> list[LabelledRun]:
    """Names for people: the method where it is unique, else the folder's name, else its whole path."""
    methods = [config_of(folder).get("method", "") for folder in folders]
    titles = {name: METHODS[name].title for name in set(methods) & set(METHODS)}
    short, whole = [shown(folder.name) for folder in folders], [shown(folder) for folder in folders]
    names = [titles.get(name, other) for name, other in zip(methods, short, strict=True)]
    for fallback in (short, whole):
        names = [
            name if names.count(name) == 1 else other for name, other in zip(names, fallback, strict=True)
        ]
    return list(zip(names, folders, strict=True))


def shown(path: str | Path) -> str:
    """A path as people spell it, also where the locale of this process does not know its letters."""
    return os.fsencode(path).decode("utf-8", "replace")


def parents(runs: Sequence[LabelledRun]) -> list[tuple[str, str]]:
    """(parent, child) labels: a run is compared with the run it began from, if that is among them."""
    by_folder = {folder.resolve(): label for label, folder in runs}
    pairs = []
    for label, folder in runs:
        init = config_of(folder).get("init")
        if init is None:
            continue
        # `init` may name a checkpoint inside the parent's folder.
        ancestors = [Path(init).resolve(), *Path(init).resolve().parents]
        parent = next((by_folder[path] for path in ancestors if path in by_folder), None)
        if parent is not None:
            pairs.append((parent, label))
    return pairs


def siblings(runs: Sequence[LabelledRun]) -> list[tuple[str, str]]:
    """(control, run) labels: runs that went on from one policy by different methods, in the order of the table.

    What a run gained can only be told beside what another method gains from the same policy at the same cost.
    """
    known = [(label, config_of(folder)) for label, folder in runs]
    begun = [
        (label, str(Path(config["init"]).resolve()), config.get("method"))
        for label, config in known
        if config.get("init")
    ]
    return [
        (a, b)
        for index, (a, origin_a, method_a) in enumerate(begun)
        for b, origin_b, method_b in begun[index + 1 :]
        if origin_a == origin_b and method_a != method_b
    ]


def config_of(folder: Path) -> dict[str, Any]:
    """A run's configuration, in today's words if an earlier release wrote it; {} for a baseline.

    Raises:
        ValueError: If what the report goes by, its method and its parent, are no names.
    """
    config = renamed(_json_or_empty(folder / CONFIG))
    for key in ("method", "init"):
        if not isinstance(config.get(key), str | None):
            raise ValueError(f"{folder / 'config.json'}: {key} is {config[key]!r:.80}; expected a name")
    return config


def _json_or_empty(path: Path) -> dict[str, Any]:
    return read_json_object(path) if path.is_file() else {}
