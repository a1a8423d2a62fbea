"""What a study runs: a job for each run and seed, which trains and then measures the arms that the run is for."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from videorlvr.base import runs
from videorlvr.base.jobs import Job
from videorlvr.evaluation.study import Arm, Setting, Study

_POLICY = re.compile(r"policy:([a-z0-9-]+)")


@dataclass(frozen=True)
class Trial:
    """What one call runs: the study itself, or its pilot on other seeds and another suite."""

    study: Study
    pilot: bool = False

    @property
    def seeds(self) -> tuple[int, ...]:
        return self.study.pilot_seeds if self.pilot else self.study.seeds

    @property
    def suite(self) -> str:
        return self.study.pilot_suite if self.pilot else self.study.suite

    def arms_of(self, run: str) -> dict[str, Arm]:
        return {name: arm for name, arm in self.study.arms.items() if arm.run == run}


def run_dir(run: str, seed: int) -> Path:
    """Within the study's folder."""
    return Path(f"seed-{seed}") / "runs" / run


def arm_dir(arm: str, seed: int) -> Path:
    """Within the study's folder: a player's folder, with its evaluation."""
    return Path(f"seed-{seed}") / "arms" / arm


def commands(trial: Trial, run: str, seed: int) -> list[list[str]]:
    """Arguments of `videorlvr`, to be called in the study's folder: whoever wants to can call them by hand."""
    stated, out = trial.study.runs[run], run_dir(run, seed)
    train = ["train", stated.recipe, "--out", str(out), "--seed", str(seed)]
    if stated.after is not None:
        train += ["--init", str(run_dir(stated.after, seed) / runs.POLICY)]
    policies = {name: str(run_dir(name, seed) / runs.POLICY) for name in stated.needs}
    lines = [train + _options(_with_policies(stated.settings, policies))]
    for name, arm in trial.arms_of(run).items():
        line = ["evaluate", str(out), "--suite", trial.suite, "--samples", str(trial.study.samples)]
        options = _options(_with_policies(arm.options, policies))
        lines.append([*line, "--out", str(arm_dir(name, seed)), *options])
    return lines


def _with_policies(settings: Mapping[str, Setting], policies: Mapping[str, str]) -> dict[str, Setting]:
    """The settings with the folder of each run's policy in the place of `policy:NAME`, a whole value or a part of one
    (`--player glimp-router:large=policy:large`)."""
    out = dict(settings)
    for key, value in settings.items():
        if isinstance(value, str):
            out[key] = _POLICY.sub(lambda found: policies.get(found[1], found[0]), value)
    return out


def _options(settings: Mapping[str, Setting]) -> list[str]:
    words = []
    for key, value in settings.items():
        words += [f"--{key}", str(value).lower() if isinstance(value, bool) else str(value)]
    return words


def needed(study: Study) -> list[str]:
    """The runs that arms are measured of, and those that these start from, each after what it starts from."""
    out: list[str] = []
    for arm in study.arms.values():
        for run in (*reversed(study.ancestors(arm.run)), arm.run):
            if run not in out:
                out.append(run)
    return out


def job_name(run: str, seed: int) -> str:
    return f"{run}, seed {seed}"


def jobs_of(trial: Trial, out: Path, program: Sequence[str], skip: set[tuple[str, int]]) -> list[Job]:
    """Jobs in the order of seeds, so that an early end leaves whole seeds; those of `skip` count as done.

    program: what runs a JSON list of commands, see `cli.child`.
    """
    listed = []
    for seed in trial.seeds:
        for run in needed(trial.study):
            if (run, seed) in skip:
                continue
            before = trial.study.runs[run].before
            after = tuple(job_name(name, seed) for name in before if (name, seed) not in skip)
            command = (*program, json.dumps(commands(trial, run, seed)))
            log = out / "logs" / f"seed-{seed}-{run}.log"
            listed.append(Job(job_name(run, seed), command, log, after, out))
    return listed
